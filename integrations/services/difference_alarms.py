"""Raises an alarm when the stock of both sides goes on differing, and settles it when it agrees."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet

from integrations.models import (
    ConvergenceRun,
    ConvergenceState,
    Direction,
    Flow,
    Incident,
    IncidentState,
    Pair,
    PairState,
)
from integrations.sync.incidents import raise_alarm, settle_alarm
from mappings.canonical.record import Entity
from tenants import scope

KIND = "convergence"
# A number may be wrong for a moment; one that two comparisons in a row find wrong stays so.
IN_A_ROW = 2

_ADVICE = (
    "Open the comparison of the pair: it names the SKUs and both numbers, and can send the right"
    " ones. What differs again and again is often sold or counted past one of the two systems."
)


def look(*, pair: Pair, now: datetime) -> None:
    """What the last comparisons of the pair say. Call inside the tenant's scope, after a run.

    Nobody is alarmed of stock that was not meant to be carried.
    """
    is_carried = _carrying().filter(pair=pair).exists()
    runs = list(
        ConvergenceRun.objects.filter(pair=pair, state=ConvergenceState.DONE)
        .order_by("-id")
        .defer("differences")[:IN_A_ROW]
    )
    off = [max(0, run.matched - run.equal - run.on_the_way) for run in runs]
    if not is_carried or not off or not off[0]:
        settle_alarm(tenant_id=pair.tenant_id, kind=KIND, connection=pair.store, now=now)
    elif len(off) == IN_A_ROW and all(off):
        many = "SKU shows" if off[0] == 1 else "SKUs show"
        raise_alarm(
            tenant_id=pair.tenant_id,
            kind=KIND,
            connection=pair.store,
            message=(
                f"{off[0]:,} of {runs[0].matched:,} {many} another number in {pair.store.name}"
                f" than {pair.pos.name} says."
            ),
            advice=_ADVICE,
            now=now,
        )


def _carrying() -> QuerySet[Flow]:
    """The flows of stock that run."""
    running = (PairState.TESTING, PairState.LIVE)
    rows: QuerySet[Flow] = Flow.objects.filter(
        entity=Entity.INVENTORY,
        direction=Direction.TO_STORE,
        is_on=True,
        pair__state__in=running,
    )
    return rows


def settle_forgotten(now: datetime) -> None:
    """Closes alarms of stores whose stock nobody compares any more. Call outside any scope."""
    with scope.door("alarms of stock that is not compared any more"):
        rows = Incident.objects.filter(kind=KIND, state=IncidentState.OPEN)
        rows.exclude(connection__in=_carrying().values("target")).update(
            state=IncidentState.CLOSED, closed_at=now
        )
