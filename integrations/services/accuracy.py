"""Inventory accuracy: the share of SKUs whose number in the shop is what it ought to be.

Measured by comparing both sides of a pair (services/converge.py), on a schedule and when a person
asks. Each run is kept with its counts; what differed is kept of the newest runs.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

from django.db import connection as database
from django.db.models import OuterRef, Subquery
from django.utils import timezone

from integrations.models import (
    Connection,
    ConnectionState,
    ConvergenceRun,
    ConvergenceState,
    Flow,
    Pair,
)
from integrations.queue import enqueue_convergence
from integrations.services import converge, difference_alarms, stock_sides
from integrations.services.converge import CannotConverge, Found
from integrations.services.stock_differences import Difference, Kind
from integrations.services.stock_sides import CannotAsk
from integrations.sync import pipeline
from tenants import scope
from tenants.models import User
from tenants.services import audit

# A worker is ended after two minutes; until then the run must have told what it found.
LONGEST_SECONDS = 90.0
# Whoever ran one for longer has died.
LOST_AFTER = timedelta(minutes=5)
# So many differences are kept of a run, and only of so many runs; counts are kept of all.
MOST_DIFFERENCES = 500
WITH_DIFFERENCES = 3
KEPT = timedelta(days=40)
# What a scheduled run leaves to the records of what an account permits at once.
SPARE = 0.5

_OUR_ERROR = "An error of ours stopped it; we have been told. Run it again."
_DIED = "It was interrupted before it had read both sides. Run it again."


class CannotRun(ValueError):
    """The two sides cannot be compared now, or were mended already; the message says why."""


@dataclass(frozen=True)
class Kept:
    """One difference as a run keeps it. `since`: the first of the runs in a row that found it;
    `is_moving`: its number was on its way when it was found."""

    one: Difference
    since: datetime
    is_moving: bool


@dataclass(frozen=True)
class Accuracy:
    """The runs of a stretch of time together. `share`: of the SKUs both sides sell, None without a
    run."""

    runs: int
    matched: int
    equal: int

    @property
    def share(self) -> float | None:
        return self.equal / self.matched if self.matched else None


def latest(*, pair: Pair) -> ConvergenceRun | None:
    """The newest run that ended well. Call inside the tenant's scope."""
    rows = ConvergenceRun.objects.filter(pair=pair, state=ConvergenceState.DONE)
    found: ConvergenceRun | None = rows.order_by("-id").first()
    return found


def latest_of(*, pairs: Sequence[Pair]) -> dict[UUID, ConvergenceRun]:
    """The newest run of each pair that ended well, without what differed. Call inside the scope."""
    newest = (
        ConvergenceRun.objects.filter(pair=OuterRef("pk"), state=ConvergenceState.DONE)
        .order_by("-id")
        .values("pk")[:1]
    )
    ids = Pair.objects.filter(pk__in=[pair.pk for pair in pairs]).annotate(run=Subquery(newest))
    wanted = [pk for pk in ids.values_list("run", flat=True) if pk is not None]
    rows = ConvergenceRun.objects.filter(pk__in=wanted).defer("differences")
    return {row.pair_id: row for row in rows}


def history(*, pair: Pair, limit: int = 30) -> list[ConvergenceRun]:
    """The last runs, newest first. Call inside the tenant's scope."""
    rows = ConvergenceRun.objects.filter(pair=pair).select_related("started_by")
    return list(rows.defer("differences").order_by("-id")[:limit])


def running(*, pair: Pair, now: datetime) -> ConvergenceRun | None:
    """The run that goes on at this moment. Call inside the tenant's scope."""
    rows = ConvergenceRun.objects.filter(
        pair=pair, state=ConvergenceState.RUNNING, started_at__gte=now - LOST_AFTER
    )
    found: ConvergenceRun | None = rows.first()
    return found


def over(*, pairs: Sequence[Pair], starts: Sequence[datetime]) -> list[Accuracy]:
    """The accuracy of each stretch, from one start to the next. Call inside the tenant's scope."""
    found = [Accuracy(0, 0, 0) for _ in starts]
    values: dict[str, Any] = {
        "tenant": scope.current(),
        "pairs": [pair.pk for pair in pairs],
        "starts": list(starts),
        "since": starts[0],
    }
    with database.cursor() as cursor:
        cursor.execute(_OVER, values)
        for bucket, *numbers in cursor.fetchall():
            found[bucket] = Accuracy(*(int(number) for number in numbers))
    return found


_OVER = """
SELECT width_bucket(started_at, %(starts)s::timestamptz[]) - 1, count(*), sum(matched), sum(equal)
FROM integrations_convergencerun
WHERE tenant_id = %(tenant)s AND pair_id = ANY(%(pairs)s) AND state = 'done'
  AND started_at >= %(since)s
GROUP BY 1
"""


def differences(run: ConvergenceRun) -> list[Kept]:
    """What a run found, as it keeps it."""
    return [_read(row) for row in run.differences]


def can_run(*, pair: Pair) -> bool:
    """Whether the pair carries stock at all. Call inside the tenant's scope."""
    try:
        stock_sides.flow_of(pair)
    except CannotAsk:
        return False
    return True


def run(*, pair: Pair, actor: User | None, now: datetime) -> ConvergenceRun:
    """Lets a worker compare both sides. Call inside the tenant's scope. Raises CannotRun."""
    # Whoever else presses at the same moment waits here, and finds the row.
    Pair.objects.select_for_update(of=("self",), no_key=True).get(pk=pair.pk)
    if running(pair=pair, now=now) is not None:
        raise CannotRun("Both sides are being compared already.")
    _check(pair)
    ConvergenceRun.objects.filter(pair=pair, state=ConvergenceState.RUNNING).update(
        state=ConvergenceState.FAILED, problem=_DIED, finished_at=now
    )
    row: ConvergenceRun = ConvergenceRun.objects.create(pair=pair, started_by=actor, started_at=now)
    if actor is not None:
        audit.record(
            action="convergence.started", object_type="pair", object_id=pair.pk, actor=actor
        )
    enqueue_convergence(tenant_id=row.tenant_id, run_id=row.pk)
    return row


def _check(pair: Pair) -> None:
    try:
        flow: Flow = stock_sides.flow_of(pair)
    except CannotAsk as error:
        raise CannotRun(str(error)) from None
    for connection in Connection.objects.filter(pk__in=(flow.source_id, flow.target_id)):
        if connection.state != ConnectionState.ACTIVE:
            raise CannotRun(
                f"{connection.name} cannot be asked: it is"
                f" {connection.get_state_display().lower()}. Put that right first."
            )


def carry_out(*, tenant_id: UUID, run_id: int) -> None:
    """Compares both sides and keeps what was found. Call outside any scope; may be repeated."""
    went_well = pipeline.survives(
        f"convergence run {run_id}", partial(_carry_out, tenant_id, run_id)
    )
    if not went_well:
        with scope.tenant(tenant_id):
            _end(run_id, state=ConvergenceState.FAILED, problem=_OUR_ERROR)


def _carry_out(tenant_id: UUID, run_id: int) -> None:
    with scope.tenant(tenant_id):
        row: ConvergenceRun | None = (
            ConvergenceRun.objects.filter(pk=run_id, state=ConvergenceState.RUNNING)
            .select_related("pair__pos", "pair__store")
            .first()
        )
    if row is None:
        return
    progress = _Progress(tenant_id, run_id)
    try:
        found = converge.compare(
            row.pair, patience=LONGEST_SECONDS, spare=SPARE, told=progress.told
        )
    except (CannotAsk, CannotConverge) as error:
        with scope.tenant(tenant_id):
            _end(run_id, state=ConvergenceState.FAILED, problem=str(error)[:600])
        return
    with scope.tenant(tenant_id):
        _keep(row, found)


class _Progress:
    """Writes down how far each side was read, at most once a second, and ends what takes too long.

    Told from the two threads that read.
    """

    def __init__(self, tenant_id: UUID, run_id: int) -> None:
        self._tenant_id, self._run_id = tenant_id, run_id
        self._until = time.monotonic() + LONGEST_SECONDS
        self._read = {"till": 0, "shop": 0}
        self._written_at = float("-inf")
        self._lock = threading.Lock()

    def told(self, side: str, articles: int) -> None:
        if time.monotonic() > self._until:
            raise CannotAsk(
                f"Reading both sides takes longer than {LONGEST_SECONDS:.0f} s;"
                f" {articles:,} articles of one were read by then. `manage.py converge` has no"
                " such limit."
            )
        with self._lock:
            self._read[side] = articles
            if time.monotonic() - self._written_at < 1:
                return
            self._written_at = time.monotonic()
            with scope.tenant(self._tenant_id):
                ConvergenceRun.objects.filter(pk=self._run_id).update(
                    read_at_till=self._read["till"], read_in_shop=self._read["shop"]
                )


def _keep(row: ConvergenceRun, found: Found) -> None:
    """Call inside the tenant's scope."""
    rows = [(one, False) for one in found.differences] + [(one, True) for one in found.on_the_way]
    before = latest(pair=row.pair)
    known = {_name(kept.one): kept.since for kept in differences(before)} if before else {}
    kept = [Kept(one, known.get(_name(one), row.started_at), is_moving) for one, is_moving in rows]
    counts = {kind.value: sum(one.kind is kind for one, _ in rows) for kind in Kind}
    _end(
        row.pk,
        state=ConvergenceState.DONE,
        compared=found.compared,
        matched=found.matched,
        equal=found.equal,
        on_the_way=len(found.on_the_way),
        counts=counts,
        differences=[_written(one) for one in kept[:MOST_DIFFERENCES]],
        calls=sum(found.calls.values()) + sum(found.again.values()),
    )
    difference_alarms.look(pair=row.pair, now=timezone.now())
    runs = ConvergenceRun.objects.filter(pair=row.pair)
    old = runs.order_by("-id").values_list("pk", flat=True)[WITH_DIFFERENCES:]
    runs.filter(pk__in=list(old)).exclude(differences=[]).update(differences=[])
    runs.filter(started_at__lt=row.started_at - KEPT).delete()


def _end(run_id: int, **values: Any) -> None:
    """Call inside the tenant's scope. What was given up for dead meanwhile stays so."""
    ConvergenceRun.objects.filter(pk=run_id, state=ConvergenceState.RUNNING).update(
        finished_at=timezone.now(), **values
    )


def _name(one: Difference) -> tuple[str, str, str]:
    return (one.kind.value, one.sku, one.field)


def _written(kept: Kept) -> dict[str, Any]:
    row = asdict(kept.one)
    for name in ("wanted", "found"):
        row[name] = None if row[name] is None else str(row[name])
    return {**row, "since": kept.since.isoformat(), "is_moving": kept.is_moving}


def _read(row: Mapping[str, Any]) -> Kept:
    values = {name: value for name, value in row.items() if name not in ("since", "is_moving")}
    for name in ("wanted", "found"):
        values[name] = None if values[name] is None else Decimal(values[name])
    values["kind"] = Kind(values["kind"])
    return Kept(Difference(**values), datetime.fromisoformat(row["since"]), row["is_moving"])


def to_mend(run: ConvergenceRun) -> list[Difference]:
    """The numbers that `mend` sends, of what the run keeps."""
    rows = [kept.one for kept in differences(run) if not kept.is_moving]
    return [one for one in rows if one.can_be_repaired]


def mend(*, run: ConvergenceRun, actor: User | None, now: datetime) -> int:
    """Sends the right numbers of the newest run through the pair's own flow; answers of how many
    articles. Call inside the tenant's scope. Raises CannotRun.
    """
    locked: ConvergenceRun = (
        ConvergenceRun.objects.select_for_update(of=("self",))
        .select_related("pair__pos", "pair__store")
        .get(pk=run.pk)
    )
    newest = latest(pair=locked.pair)
    if newest is None or newest.pk != locked.pk:
        raise CannotRun("Both sides were compared again since. Look at the newest comparison.")
    if locked.mended_at is not None:
        raise CannotRun(
            f"The right numbers of {locked.mended:,} articles were sent already."
            " Compare again to see what is left."
        )
    found = Found(locked.pair, locked.compared, to_mend(locked), (), {}, {})
    try:
        sent = converge.repair(found, now=now)
    except CannotConverge as error:
        raise CannotRun(str(error)) from None
    locked.mended, locked.mended_at = sent, now
    locked.save(update_fields=["mended", "mended_at"])
    audit.record(
        action="convergence.mended",
        object_type="pair",
        object_id=locked.pair_id,
        actor=actor,
        after={"run": locked.pk, "articles": sent},
    )
    return sent
