"""The day before, compared for every running pair once it is over at its store."""

from __future__ import annotations

import time
from datetime import date, datetime, timedelta
from functools import partial

from integrations.models import Pair, PairState, ReconciledOrder, Reconciliation
from integrations.services.reconciling import can_reconcile, reconcile, today_of
from integrations.sync import pipeline
from tenants import scope

# A worker is ended that takes too long; what is left is done in the next turn.
_FOR = timedelta(seconds=25)
# Payments told late still belong to the day before.
_SETTLED = timedelta(hours=2)
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
    with scope.door("find pairs whose payments are due to be compared"):
        tenants = list(
            Pair.objects.filter(state__in=(PairState.TESTING, PairState.LIVE))
            .values_list("tenant_id", flat=True)
            .distinct()
            .order_by("tenant_id")
        )
    due = []
    for tenant_id in tenants:
        with scope.tenant(tenant_id):
            forget(now)
            due += [
                (pair, day)
                for pair in Pair.objects.filter(
                    state__in=(PairState.TESTING, PairState.LIVE)
                ).select_related("pos", "store")
                if can_reconcile(pair)
                and not Reconciliation.objects.filter(pair=pair, day=(day := _yesterday(pair, now)))
            ]
    return due


def _yesterday(pair: Pair, now: datetime) -> date:
    return today_of(pair, now=now - _SETTLED) - timedelta(days=1)


def forget(now: datetime) -> None:
    """Drops days of long ago. Call inside the tenant's scope."""
    old = Reconciliation.objects.filter(day__lt=(now - KEPT).date())
    ReconciledOrder.objects.filter(reconciliation__in=old).delete()
    old.delete()
