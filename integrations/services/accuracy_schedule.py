"""Compares the stock of every running pair from time to time, when its accounts can spare it."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.conf import settings
from django.db.models import Max, Q

from integrations.models import (
    Backfill,
    BackfillState,
    BreakerState,
    ConvergenceRun,
    ConvergenceState,
    Direction,
    Lane,
    Pair,
    PairState,
)
from integrations.services import accuracy
from integrations.sync import pipeline
from mappings.canonical.record import Entity
from tenants import scope

EVERY = timedelta(seconds=20)
# Of so many workers one compares; the others stay with the records.
WORKERS_EACH = 4


def start_due(now: datetime) -> None:
    """Starts what is due, as far as there is a worker for it: the pair that waited longest first."""
    minutes = settings.CLARITY_CONVERGE_MINUTES
    if minutes <= 0:
        return
    free = max(1, int(str(settings.Q_CLUSTER["workers"])) // WORKERS_EACH) - _running(now)
    for tenant_id, pair_id in _due(now - timedelta(minutes=minutes)):
        if free <= 0:
            return
        started: list[bool] = []
        pipeline.survives(
            f"scheduled convergence of pair {pair_id}",
            partial(_start, tenant_id, pair_id, now, started),
        )
        free -= len(started)


def _running(now: datetime) -> int:
    with scope.door("count comparisons that go on"):
        return int(
            ConvergenceRun.objects.filter(
                state=ConvergenceState.RUNNING, started_at__gte=now - accuracy.LOST_AFTER
            ).count()
        )


def _due(before: datetime) -> list[tuple[UUID, UUID]]:
    with scope.door("find pairs whose stock is due to be compared"):
        last = dict(
            ConvergenceRun.objects.filter(started_at__gt=before)
            .values_list("pair_id")
            .annotate(at=Max("started_at"))
            .values_list("pair_id", "at")
        )
        # A new pair is loaded first; one whose stock does not flow differs by intention.
        rows = Pair.objects.filter(
            state__in=(PairState.TESTING, PairState.LIVE),
            created_at__lte=before,
            flows__entity=Entity.INVENTORY,
            flows__direction=Direction.TO_STORE,
            flows__is_on=True,
        )
        due = [row for row in rows.values_list("tenant_id", "pk") if row[1] not in last]
        ever = dict(
            ConvergenceRun.objects.filter(pair_id__in=[pk for _, pk in due])
            .values_list("pair_id")
            .annotate(at=Max("pk"))
            .values_list("pair_id", "at")
        )
    return sorted(due, key=lambda row: (ever.get(row[1], 0), row[1]))


def _start(tenant_id: UUID, pair_id: UUID, now: datetime, started: list[bool]) -> None:
    with scope.tenant(tenant_id):
        pair: Pair = Pair.objects.select_related("pos", "store").get(pk=pair_id)
        if not accuracy.can_run(pair=pair) or _is_busy(pair, now=now):
            return
        try:
            accuracy.run(pair=pair, actor=None, now=now)
        except accuracy.CannotRun:
            # Its connections wait for their owner, or somebody has just asked for it.
            return
        started.append(True)


def _is_busy(pair: Pair, *, now: datetime) -> bool:
    """Whether an account rests or looks ill, or an initial load takes what it permits."""
    lanes = Lane.objects.filter(connection_id__in=(pair.pos_id, pair.store_id))
    if lanes.filter(~Q(breaker=BreakerState.CLOSED) | Q(parked_until__gt=now)).exists():
        return True
    flows = Backfill.objects.filter(flow__pair=pair, state=BackfillState.RUNNING)
    return bool(flows.exists())
