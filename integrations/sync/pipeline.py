"""The order of the stages, and nothing else.

Source side of a lane: receive, normalise, then for each flow validate and transform.
Target side of a lane: deliver (intent, call), confirm.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeGuard

from django.db import transaction
from django.utils import timezone

from integrations.connector_kit.base import Receipt
from integrations.connector_kit.errors import (
    ConnectorError,
    NeedsOwner,
    Rejected,
    TryLater,
    Unsupported,
)
from integrations.connector_kit.exchange import Exchange
from integrations.models import Cursor, Delivery, InboxItem, InboxState
from integrations.queue import enqueue_lane
from integrations.sync import (
    backfilling,
    crash_points,
    discards,
    fresh_stock,
    handover,
    incidents,
    lanes,
    many,
    overtaking,
    polling,
    preparing,
    routing,
    stock_numbers,
)
from integrations.sync.interruptions import ends_work
from integrations.sync.lanes import Lease
from integrations.sync.preparing import Prepared, Route
from integrations.sync.retry import is_too_old, pause, trying_time
from integrations.sync.sessions import Session
from integrations.sync.stages import confirm, deliver, receive
from integrations.sync.stages.confirm import Tried
from integrations.sync.stages.deliver import Job
from integrations.sync.stages.normalise import normalise
from integrations.sync.stages.receive import GIVE_UP_AFTER, Fetched, Received
from mappings.canonical.record import Entity, InvalidRecord, Skipped
from tenants import scope

log = logging.getLogger(__name__)

# Items that are prepared and stored in one transaction; their targets start when it commits.
TOGETHER = 50
# What the source side changes of an item; only these are written.
PASSING = (
    "state",
    "number",
    "version",
    "passed_to",
    "reason",
    "field",
    "said",
    "advice",
    "attempts",
    "trying_seconds",
    "tried_at",
    "due_at",
    "finished_at",
    "incident",
)


def survives(what: str, work: Callable[[], None]) -> bool:
    """Whether the work ended without an error of ours; such an error is told in the log."""
    try:
        work()
    except Exception:
        log.exception("%s stopped by an error of ours", what)
        return False
    return True


def ask(session: Session, lease: Lease, cursor: Cursor, *, now: datetime) -> int:
    """One poll; answers how many notices were new. An error of ours puts the cursor off."""
    try:
        return polling.poll(session, lease, cursor, now=now)
    except ConnectorError:
        raise
    except Exception as error:
        if ends_work(error):
            raise
        log.exception("poll of cursor %s failed in our code", cursor.pk)
        polling.put_off(session, lease, cursor, "An error of ours; we have been told.", now=now)
        return 0


def fill(session: Session, lease: Lease, *, now: datetime) -> int:
    """One page of a backfill, where one is due; answers how many records it held.

    An error of ours stops that backfill and nothing else.
    """
    row = backfilling.next_up(session, now=now)
    if row is None:
        return 0
    try:
        return backfilling.step(session, lease, row, now=now)
    except ConnectorError:
        raise
    except Exception as error:
        if ends_work(error):
            raise
        log.exception("backfill %s stopped by an error of ours", row.pk)
        backfilling.fail(session, lease, row, backfilling.OUR_ERROR, now=now)
        return 0


def take_in(session: Session, lease: Lease, routes: Sequence[Route], *, now: datetime) -> int:
    """The source side of one round; answers how many items it dealt with."""
    with scope.tenant(session.tenant_id):
        routes = routing.current(routes, rules=lanes.check(lease))
        received = receive.claim(session, now=now)
        session.held_back = stock_numbers.before_reading(session, received) or session.held_back
    crash_points.reach("items-claimed")
    if not received:
        return 0
    carried = {route.flow.entity for route in routes}
    needed = [entry for entry in received if entry.item.entity in carried]
    found = _fetch(session, needed)
    crash_points.reach("after-fetch")
    for start in range(0, len(found.whole), TOGETHER):
        _pass_on(session, lease, routes, found.whole[start : start + TOGETHER], now=now)
    _set_aside(
        session,
        lease,
        uncarried=[entry.item for entry in received if entry.item.entity not in carried],
        failed=found.failed,
        now=now,
    )
    waits = [
        error for _, error in found.failed if isinstance(error, TryLater) and not error.of_record
    ]
    if waits and not found.whole:
        raise waits[0]
    return len(received)


def _set_aside(
    session: Session,
    lease: Lease,
    *,
    uncarried: Sequence[InboxItem],
    failed: Sequence[tuple[InboxItem, ConnectorError]],
    now: datetime,
) -> None:
    if not uncarried and not failed:
        return
    for item in uncarried:
        _close(item, InboxState.FILTERED, "No flow carries this record", now=now)
    for item, error in failed:
        _not_read(item, error, now=now)
    with scope.tenant(session.tenant_id):
        lanes.check(lease)
        discards.leave_out_items(item for item, _ in failed)
        incidents.file_many(failed, now=now)
        many.update(InboxItem, [*uncarried, *(item for item, _ in failed)], PASSING)


def _fetch(session: Session, needed: Sequence[Received]) -> Fetched:
    try:
        return receive.fetch(session, needed)
    except NeedsOwner:
        raise
    except Exception as error:
        if ends_work(error):
            raise
        log.exception("records of connection %s could not be read", session.connection.pk)
        # One by one, so that the record that trips our code is the only one that waits.
        return _one_by_one(session, needed)


def _one_by_one(session: Session, needed: Sequence[Received]) -> Fetched:
    found = Fetched()
    for entry in needed:
        try:
            one = receive.fetch(session, [entry])
        except NeedsOwner:
            raise
        except Exception as error:
            if ends_work(error):
                raise
            log.exception("inbox item %s could not be read", entry.item.pk)
            found.failed.append((entry.item, OurError(str(type(error).__name__))))
            continue
        found.whole += one.whole
        found.failed += one.failed
    return found


def _not_read(item: InboxItem, error: ConnectorError, *, now: datetime) -> None:
    """A record that cannot be read now is read later; one that cannot be read at all is held."""
    item.attempts += 1
    item.trying_seconds = trying_time(item.trying_seconds, last_try=item.tried_at, now=now)
    item.tried_at = now
    if isinstance(error, TryLater) and not is_too_old(item.trying_seconds):
        item.reason = error.message[:600]
        item.due_at = now + timedelta(seconds=pause(item.attempts, asked=error.after))
        return
    item.field = getattr(error, "field", "")[:200]
    item.advice = getattr(error, "advice", "")[:600]
    reason = confirm.OUR_ERROR if isinstance(error, OurError) else str(error)
    _close(item, InboxState.HELD, reason, now=now)


class OurError(ConnectorError):
    """An error of ours stood in the way."""


@dataclass
class Passing:
    """One item on its way through the source side, with a delivery for each flow it goes to."""

    item: InboxItem
    prepared: Sequence[Prepared] = ()
    error: Exception | None = None
    """Why it was held."""


def _pass_on(
    session: Session,
    lease: Lease,
    routes: Sequence[Route],
    entries: Sequence[Received],
    *,
    now: datetime,
) -> None:
    """Items through normalise, validate and transform, into one delivery for each flow."""
    passing = [_prepared(session, routes, entry, now=now) for entry in entries]
    crash_points.reach("after-normalise")
    try:
        _store(session, lease, passing, now=now)
    except Exception as error:
        if ends_work(error):
            # Everything is undone and tried again.
            raise
        log.exception("inbox items %s could not be passed on", [one.item.pk for one in passing])
        # One by one, so that the record that trips our code is the only one set aside.
        for one in passing:
            _store_one(session, lease, one, now=now)
    crash_points.reach("item-passed")


def _prepared(
    session: Session, routes: Sequence[Route], entry: Received, *, now: datetime
) -> Passing:
    """What becomes of one item. Nothing is stored yet."""
    item = entry.item
    try:
        record = normalise(session, Entity(item.entity), entry.raw or {})
        carrying = _carrying(routes, item)
        prepared = [preparing.prepare(session, route, item, record, now=now) for route in carrying]
    except (Skipped, Unsupported) as error:
        _close(item, InboxState.FILTERED, str(error), now=now)
    except (Rejected, InvalidRecord) as error:
        item.field, item.said = error.field[:200], error.said[:400]
        item.advice = error.advice[:600]
        _close(item, InboxState.HELD, str(error), now=now)
        return Passing(item, error=error)
    except Exception as error:
        if ends_work(error):
            raise
        log.exception("inbox item %s could not be processed", item.pk)
        _close(item, InboxState.HELD, confirm.OUR_ERROR, now=now)
        return Passing(item, error=error)
    else:
        item.number, item.version = record.number[:80], record.version or item.version
        item.passed_to += len(carrying)
        _close(item, InboxState.PASSED, "", now=now)
        return Passing(item, prepared)
    return Passing(item)


def _carrying(routes: Sequence[Route], item: InboxItem) -> list[Route]:
    """The routes of the item's entity. Raises Skipped when none is left of those it is meant for."""
    found = [
        route
        for route in routes
        if route.flow.entity == item.entity and overtaking.is_for(item, route.flow)
    ]
    if not found:
        raise Skipped("the flow of this backfill is switched off")
    return found


def _store(session: Session, lease: Lease, passing: Sequence[Passing], *, now: datetime) -> None:
    """Writes deliveries and items in one transaction, and wakes the targets."""
    with scope.tenant(session.tenant_id):
        lanes.check(lease)
        woken = preparing.store(
            session, [prepared for one in passing for prepared in one.prepared], now=now
        )
        crash_points.reach("delivery-written")
        discards.leave_out_items(one.item for one in passing)
        incidents.file_many(((one.item, one.error) for one in passing), now=now)
        many.update(InboxItem, [one.item for one in passing], PASSING)
        hint = handover.hint if len(passing) <= handover.FEW else enqueue_lane
        for connection_id in sorted(woken):
            lanes.wake(tenant_id=session.tenant_id, connection_id=connection_id, now=now, hint=hint)


def _store_one(session: Session, lease: Lease, one: Passing, *, now: datetime) -> None:
    try:
        _store(session, lease, [one], now=now)
    except Exception as error:
        if ends_work(error):
            raise
        log.exception("inbox item %s could not be processed", one.item.pk)
        with scope.tenant(session.tenant_id):
            lanes.check(lease)
            one.item.refresh_from_db()
            _close(one.item, InboxState.HELD, confirm.OUR_ERROR, now=now)
            incidents.file(one.item, error, now=now)
            many.update(InboxItem, [one.item], PASSING)


def _close(item: InboxItem, state: InboxState, reason: str, *, now: datetime) -> None:
    item.state, item.reason, item.finished_at = state, reason[:600], now


_Result = Receipt | ConnectorError | Exception


def _is_of_account(result: object) -> TypeGuard[TryLater | NeedsOwner]:
    return isinstance(result, NeedsOwner) or (isinstance(result, TryLater) and not result.of_record)


@dataclass(frozen=True)
class Done:
    """One call that came back: a result for each job, and the HTTP exchanges it took."""

    jobs: Sequence[Job]
    results: Sequence[_Result]
    exchanges: Sequence[Exchange]

    @property
    def trouble(self) -> TryLater | NeedsOwner | None:
        """The error that says something about the account rather than about a record, if any."""
        return next((one for one in self.results if _is_of_account(one)), None)

    @property
    def was_held_back(self) -> bool:
        """Whether no request left, because the rate that is permitted was used up."""
        return not self.exchanges and all(
            isinstance(one, TryLater) and not one.left for one in self.results
        )


def begin(
    session: Session, lease: Lease, batches: Sequence[Sequence[Delivery]], *, now: datetime
) -> list[list[Job]]:
    """The target side, first step: intents, committed together. Each batch is one call."""
    crash_points.reach("before-intent")
    try:
        fresh_stock.renew(session, [row for batch in batches for row in batch])
        begun = deliver.begin(session, lease, batches, now=now)
        crash_points.reach("after-intent")
        return begun
    except Exception as error:
        if ends_work(error):
            raise
        rows = [row for batch in batches for row in batch]
        log.exception("deliveries %s could not be begun", [row.pk for row in rows])
    # One by one, so that the record that trips our code is the only one set aside.
    return [jobs for row in rows for jobs in _begin_one(session, lease, row, now=now)]


def _begin_one(session: Session, lease: Lease, row: Delivery, *, now: datetime) -> list[list[Job]]:
    try:
        with scope.tenant(session.tenant_id):
            row.refresh_from_db()
        fresh_stock.renew(session, [row])
        return deliver.begin(session, lease, [[row]], now=now)
    except Exception as error:
        if ends_work(error):
            raise
        log.exception("delivery %s could not be begun", row.pk)
        with scope.tenant(session.tenant_id):
            lanes.check(lease)
            row.refresh_from_db()
            confirm.failed(row, error, now=now)
        return []


def withdraw(session: Session, lease: Lease, jobs: Sequence[Job]) -> None:
    """Takes intents back of which no call was made."""
    deliver.withdraw(session, lease, jobs)


def call(session: Session, lease: Lease, jobs: Sequence[Job]) -> Done:
    """Second step: the call itself. Any thread may make it; nothing is kept of it yet."""
    with session.recorder.recording() as exchanges:
        results = _answers(session, lease, jobs, [])
    crash_points.reach("after-call")
    return Done(jobs, results, exchanges)


def _answers(
    session: Session, lease: Lease, jobs: Sequence[Job], spoilt: list[Exception]
) -> list[_Result]:
    """An answer for each job; the one that spoils a batch is found by halves and fails alone.

    `spoilt`: why single jobs of the batch failed, while none was answered.
    """
    try:
        results = list(deliver.call(session, lease, jobs))
    except Exception as error:
        if ends_work(error):
            raise
        if not isinstance(error, ConnectorError):
            log.exception("delivery of %s failed in our code", [job.delivery.pk for job in jobs])
        if len(jobs) == 1 or len(spoilt) >= GIVE_UP_AFTER:
            spoilt.append(error)
            return [error for _ in jobs]
    else:
        spoilt.clear()
        return results
    # Nobody knows what the call did before it failed.
    again = [
        replace(job, outgoing=replace(job.outgoing, attempt=job.outgoing.attempt + 1))
        for job in jobs
    ]
    middle = len(again) // 2
    first = _answers(session, lease, again[:middle], spoilt)
    ill = next((one for one in first if isinstance(one, TryLater | NeedsOwner)), None)
    if ill is not None:
        return first + [ill for _ in again[middle:]]
    return first + _answers(session, lease, again[middle:], spoilt)


def keep(session: Session, lease: Lease, done: Sequence[Done]) -> None:
    """Third step: the outcomes of all calls that came back, committed together.

    Of a call that we held back there is nothing to keep: its intent is taken back.
    """
    withdraw(session, lease, [job for one in done if one.was_held_back for job in one.jobs])
    left = [one for one in done if not one.was_held_back]
    if not left:
        return
    tried = [
        (job, result, one.exchanges)
        for one in left
        for job, result in zip(one.jobs, one.results, strict=True)
    ]
    with scope.tenant(session.tenant_id):
        lanes.check(lease)
        now = timezone.now()
        _outcomes(session, [(job.delivery, result) for job, result, _ in tried], now=now)
        confirm.log_attempts(
            session,
            [
                Tried(job.delivery, job.delivery.attempts, job.begun_at, result, exchanges)
                for job, result, exchanges in tried
            ],
            now=now,
        )
        crash_points.reach("outcome-written")
    crash_points.reach("after-outcome")


def _outcomes(
    session: Session, found: Sequence[tuple[Delivery, _Result]], *, now: datetime
) -> None:
    """Keeps outcomes together; what cannot be kept is set aside and does not hold up the others."""
    try:
        with transaction.atomic():
            good = [(row, result) for row, result in found if isinstance(result, Receipt)]
            if good:
                confirm.delivered(session, good, now=now)
            for row, result in found:
                if not isinstance(result, Receipt):
                    confirm.failed(row, result, now=now)
    except Exception as error:
        if ends_work(error):
            # Nothing is kept, so the deliveries are tried again, and look before they write.
            raise
        rows = [row for row, _ in found]
        log.exception("outcomes of deliveries %s could not be kept", [row.pk for row in rows])
        for row in rows:
            row.refresh_from_db()
        if len(found) == 1:
            confirm.failed(rows[0], error, now=now)
            return
        for one in found:
            _outcomes(session, [one], now=now)
