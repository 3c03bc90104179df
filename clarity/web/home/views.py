"""The first page: the pairs of everyone one works for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from clarity.web.access import sign_in_first, signed_in
from integrations.models import Pair
from integrations.services.overview import PairHealth, pair_health
from integrations.services.verdict import Verdict, verdict
from tenants import scope
from tenants.models import Membership, Tenant
from tenants.services.members import memberships_of


@dataclass(frozen=True)
class Card:
    """One pair in the list."""

    tenant: Tenant
    health: PairHealth
    verdict: Verdict


@login_required
def home(request: HttpRequest) -> HttpResponse:
    """The user's pairs; with a single one, straight to its live page."""
    user = signed_in(request)
    if user is None:
        return sign_in_first(request)
    memberships = memberships_of(user)
    pairs = [(membership, pair) for membership in memberships for pair in _pairs(membership)]
    if len(pairs) == 1 and "list" not in request.GET:
        membership, pair = pairs[0]
        return redirect("live", slug=membership.tenant.slug, pair_id=pair.pk)
    if not pairs and len(memberships) == 1:
        return redirect("start", slug=memberships[0].tenant.slug)
    cards = [_card(membership, pair) for membership, pair in pairs]
    return render(request, "home/home.html", {"cards": cards, "tenants": _tenants(memberships)})


def _pairs(membership: Membership) -> list[Pair]:
    with scope.tenant(membership.tenant_id):
        return list(Pair.objects.select_related("pos", "store").order_by("name", "pk"))


def _card(membership: Membership, pair: Pair) -> Card:
    now = timezone.now()
    with scope.tenant(membership.tenant_id):
        health = pair_health(pair=pair, now=now)
        return Card(membership.tenant, health, verdict(health=health, now=now))


def _tenants(memberships: Sequence[Membership]) -> list[Tenant]:
    return [membership.tenant for membership in memberships]
