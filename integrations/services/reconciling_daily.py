"""The day before, compared for every running pair once it is over at its store."""

from __future__ import annotations

import time
from datetime import date, datetime, timedelta
from functools import partial

from django.db.models import OuterRef, Subquery

from integrations.models import Pair, PairState, ReconciledOrder, Reconciliation
from integrations.services.reconciling import can_reconcile, reconcile, zone_named
from integrations.sync import pipeline
from tenants import scope

# A worker is ended that takes too long; what is left is done in the next turn.
_FOR = timedelta(seconds=25)
# Payments told late still belong to the day before.
_SETTLED = timedelta(hours=2)
# Yesterday is at most so long ago in any zone.
_LOOKED_BACK = timedelta(days=3)
KEPT = timedelta(days=400)


def compare_yesterday(now: datetime) -> None:
    """Compares what is due, for a while; each pair once a day. Forgets days of long ago."""
    until = time.monotonic() + _FOR.total_seconds()
    for pair, day in _due(now):
        if time.monotonic() > until:
            return
        # An error of ours with one pair must not keep the others waiting.
        pipeline.survives(f"reconciliation of pair {pair.pk}", partial(_compare, pair, day, now))


def _compare(pair: Pair, day: date, now: datetime) -> None:
    reconcile(pair=pair, day=day, now=now)


def _due(now: datetime) -> list[tuple[Pair, date]]:
    """Asks once for all tenants, and forgets days of long ago where there are any."""
    with scope.door("find pairs whose payments are due to be compared"):
        newest = Reconciliation.objects.filter(
            tenant=OuterRef("tenant"), pair=OuterRef("pk")
        ).order_by("-day")
        pairs = list(
            Pair.objects.filter(state__in=(PairState.TESTING, PairState.LIVE))
            .select_related("pos", "store")
            .annotate(zone=Subquery(newest.values("zone")[:1]))
            .order_by("tenant_id", "pk")
        )
        compared = set(
            Reconciliation.objects.filter(day__gte=now.date() - _LOOKED_BACK).values_list(
                "pair_id", "day"
            )
        )
        old = Reconciliation.objects.filter(day__lt=(now - KEPT).date())
        forgetful = set(old.values_list("tenant_id", flat=True))
    for tenant_id in sorted(forgetful):
        with scope.tenant(tenant_id):
            forget(now)
    due = ((pair, _yesterday(pair.zone or "UTC", now)) for pair in pairs if can_reconcile(pair))
    return [(pair, day) for pair, day in due if (pair.pk, day) not in compared]


def _yesterday(zone: str, now: datetime) -> date:
    return (now - _SETTLED).astimezone(zone_named(zone)).date() - timedelta(days=1)


def forget(now: datetime) -> None:
    """Drops days of long ago. Call inside the tenant's scope."""
    old = Reconciliation.objects.filter(day__lt=(now - KEPT).date())
    ReconciledOrder.objects.filter(reconciliation__in=old).delete()
    old.delete()
