"""The first page: the pairs of everyone one works for, and the pairs of one tenant."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from clarity.web.access import (
    may_administer,
    may_operate,
    member_required,
    sign_in_first,
    signed_in,
)
from clarity.web.accounts.places import address_of, first_page
from clarity.web.fragments import whole_page
from clarity.web.home.cards import card, pairs_of
from integrations.models import Pair
from tenants.models import Membership
from tenants.services import staff
from tenants.services.members import memberships_of, open_asked_business


@login_required
def home(request: HttpRequest) -> HttpResponse:
    """To the dashboard of the one tenant a user has; else their pairs, one of them at once."""
    user = signed_in(request)
    if user is None:
        return sign_in_first(request)
    memberships = memberships_of(user)
    if not memberships and open_asked_business(user) is not None:
        memberships = memberships_of(user)
    if not memberships and staff.role_of(user) is not None:
        return redirect("admin:index")
    pairs = [(membership, pair) for membership in memberships for pair in pairs_of(membership)]
    if "list" not in request.GET and (beginning := _beginning(memberships, pairs)):
        return redirect(beginning)
    cards = [card(membership, pair) for membership, pair in pairs]
    places = [{"membership": row, "url": first_page(row)} for row in memberships]
    return render(request, "home/home.html", {"cards": cards, "places": places})


def _beginning(
    memberships: Sequence[Membership], pairs: Sequence[tuple[Membership, Pair]]
) -> str | None:
    """Where someone begins who has nothing to choose from: setting up, the dashboard, the pair."""
    if len(memberships) == 1:
        name = "dashboard" if pairs or not may_administer(memberships[0]) else "start"
        if place := address_of(name, memberships[0]):
            return place
    if len(pairs) == 1:
        membership, pair = pairs[0]
        return reverse("live", kwargs={"slug": membership.tenant.slug, "pair_id": pair.pk})
    return None


@require_safe
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
