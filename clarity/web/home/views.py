"""The first page: the pairs of everyone one works for, and the pairs of one tenant."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from clarity.web.access import may_operate, member_required, sign_in_first, signed_in
from clarity.web.fragments import whole_page
from clarity.web.home.cards import card, pairs_of
from tenants.models import Membership
from tenants.services.members import memberships_of


@login_required
def home(request: HttpRequest) -> HttpResponse:
    """The user's pairs; with a single one, straight to its live page."""
    user = signed_in(request)
    if user is None:
        return sign_in_first(request)
    memberships = memberships_of(user)
    pairs = [(membership, pair) for membership in memberships for pair in pairs_of(membership)]
    if len(pairs) == 1 and "list" not in request.GET:
        membership, pair = pairs[0]
        return redirect("live", slug=membership.tenant.slug, pair_id=pair.pk)
    cards = [card(membership, pair) for membership, pair in pairs]
    tenants = [membership.tenant for membership in memberships]
    return render(request, "home/home.html", {"cards": cards, "tenants": tenants})


@member_required()
def pairs(request: HttpRequest, membership: Membership) -> HttpResponse:
    """The pairs of one tenant."""
    context = {
        "tenant": membership.tenant,
        "membership": membership,
        "may_operate": may_operate(membership),
        "cards": [card(membership, pair) for pair in pairs_of(membership)],
    }
    return whole_page(request, "home/pairs.html", context)
