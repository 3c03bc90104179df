"""A pair in a list: how it is, in one sentence."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import timezone

from integrations.models import Pair
from integrations.services.overview import PairHealth, pair_health
from integrations.services.verdict import Verdict, verdict
from tenants import scope
from tenants.models import Membership, Tenant


@dataclass(frozen=True)
class Card:
    """One pair in the list."""

    tenant: Tenant
    health: PairHealth
    verdict: Verdict


def pairs_of(membership: Membership) -> list[Pair]:
    """The tenant's pairs by name."""
    with scope.tenant(membership.tenant_id):
        return list(Pair.objects.select_related("pos", "store").order_by("name", "pk"))


def card(membership: Membership, pair: Pair) -> Card:
    """What the list says of the pair."""
    now = timezone.now()
    with scope.tenant(membership.tenant_id):
        health = pair_health(pair=pair, now=now)
        return Card(membership.tenant, health, verdict(health=health, now=now))
