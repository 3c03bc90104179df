"""The order of the stages, and nothing else.

Source side of a lane: receive, normalise, then for each flow validate and transform.
Target side of a lane: deliver (intent, call), confirm.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from django.db import OperationalError, connection, transaction
from django.utils import timezone

from integrations.connector_kit.base import Receipt
from integrations.connector_kit.errors import (
    ConnectorError,
    NeedsOwner,
    Rejected,
    TryLater,
    Unsupported,
)
from integrations.models import Cursor, Delivery, InboxItem, InboxState
from integrations.sync import crash_points, lanes, polling, preparing
from integrations.sync.lanes import Lease
from integrations.sync.preparing import Route
from integrations.sync.retry import is_too_old, pause, trying_time
from integrations.sync.sessions import Session
from integrations.sync.stages import confirm, deliver, receive
from integrations.sync.stages.deliver import Job
from integrations.sync.stages.normalise import normalise
from integrations.sync.stages.receive import Fetched, NotReadableYet, Received
from mappings.canonical.record import Entity, InvalidRecord, Skipped
from tenants import scope

log = logging.getLogger(__name__)


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
    except (ConnectorError, lanes.LeaseLost):
        raise
    except Exception:
        log.exception("poll of cursor %s failed in our code", cursor.pk)
        polling.put_off(session, lease, cursor, "An error of ours; we have been told.", now=now)
        return 0


def take_in(session: Session, lease: Lease, routes: Sequence[Route], *, now: datetime) -> int:
    """The source side of one round; answers how many items it dealt with."""
    with scope.tenant(session.tenant_id):
        lanes.check(lease)
        received = receive.claim(session, now=now)
    crash_points.reach("items-claimed")
    if not received:
        return 0
    carried = {route.flow.entity for route in routes}
    needed = [entry for entry in received if entry.item.entity in carried]
    found = _fetch(session, needed)
    crash_points.reach("after-fetch")
    for entry in found.whole:
        _pass_on(session, lease, routes, entry, now=now)
    with scope.tenant(session.tenant_id):
        lanes.check(lease)
        for entry in received:
            if entry.item.entity not in carried:
                _close(entry.item, InboxState.FILTERED, "No flow carries this record", now=now)
        for item, error in found.failed:
            _not_read(item, error, now=now)
    waits = [
        error
        for _, error in found.failed
        if isinstance(error, TryLater) and not isinstance(error, NotReadableYet)
    ]
    if waits and not found.whole:
        raise waits[0]
    return len(received)


def _fetch(session: Session, needed: Sequence[Received]) -> Fetched:
    try:
        return receive.fetch(session, needed)
    except NeedsOwner:
        raise
    except Exception:
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
        item.save()
        return
    item.field = getattr(error, "field", "")[:200]
    item.advice = getattr(error, "advice", "")[:600]
    reason = confirm.OUR_ERROR if isinstance(error, OurError) else str(error)
    _close(item, InboxState.HELD, reason, now=now)


class OurError(ConnectorError):
    """An error of ours stood in the way."""


def _pass_on(
    session: Session, lease: Lease, routes: Sequence[Route], entry: Received, *, now: datetime
) -> None:
    """One item through normalise, validate and transform, into one delivery for each flow."""
    item = entry.item
    with scope.tenant(session.tenant_id):
        lanes.check(lease)
        try:
            # A savepoint: after an error in the database the item can still be set aside.
            with transaction.atomic():
                _deliver_later(session, routes, entry, now=now)
        except (Skipped, Unsupported) as error:
            _close(item, InboxState.FILTERED, str(error), now=now)
        except (Rejected, InvalidRecord) as error:
            item.field, item.said = error.field[:200], error.said[:400]
            item.advice = error.advice[:600]
            _close(item, InboxState.HELD, str(error), now=now)
        except OperationalError:
            # The database, not the record: everything is undone and tried again.
            raise
        except Exception:
            log.exception("inbox item %s could not be processed", item.pk)
            item.refresh_from_db()
            _close(item, InboxState.HELD, confirm.OUR_ERROR, now=now)
    crash_points.reach("item-passed")


def _deliver_later(
    session: Session, routes: Sequence[Route], entry: Received, *, now: datetime
) -> None:
    """Writes one delivery for each flow that carries the item, and wakes their targets."""
    item = entry.item
    record = normalise(session, Entity(item.entity), entry.raw or {})
    crash_points.reach("after-normalise")
    item.number, item.version = record.number[:80], record.version or item.version
    carrying = [route for route in routes if route.flow.entity == item.entity]
    item.passed_to += len(carrying)
    woken = {
        route.flow.target_id
        for route in carrying
        if preparing.prepare(session, route, item, record, now=now)
    }
    crash_points.reach("delivery-written")
    _close(item, InboxState.PASSED, "", now=now)
    for connection_id in sorted(woken):
        lanes.wake(tenant_id=session.tenant_id, connection_id=connection_id, now=now)


def _close(item: InboxItem, state: InboxState, reason: str, *, now: datetime) -> None:
    item.state, item.reason, item.finished_at = state, reason[:600], now
    item.save()


def send(
    session: Session, lease: Lease, rows: Sequence[Delivery], *, now: datetime
) -> TryLater | NeedsOwner | None:
    """The target side for deliveries of one entity: intent, call, outcome.

    Answers the error that says something about the account rather than about a record, if any.
    """
    crash_points.reach("before-intent")
    jobs = deliver.begin(session, lease, _with_relations(session, rows, now=now), now=now)
    crash_points.reach("after-intent")
    if not jobs:
        return None
    # Calls take long, and connections to the database are few.
    connection.close()
    with session.recorder.recording() as exchanges:
        try:
            results = deliver.call(session, lease, jobs)
        except lanes.LeaseLost:
            raise
        except Exception as error:
            log.exception("delivery of %s failed in our code", [job.delivery.pk for job in jobs])
            results = [error for _ in jobs]
    crash_points.reach("after-call")
    with scope.tenant(session.tenant_id):
        lanes.check(lease)
        done = timezone.now()
        log_id = confirm.keep_exchanges(session, jobs[0].delivery, exchanges)
        for job, result in zip(jobs, results, strict=True):
            _outcome(session, job, result, now=done)
            confirm.log_attempt(job.attempt, result, len(exchanges), log_id, now=done)
        crash_points.reach("outcome-written")
    crash_points.reach("after-outcome")
    return _of_account(results)


def _with_relations(session: Session, rows: Iterable[Delivery], *, now: datetime) -> list[Delivery]:
    """Leaves out records whose related record is still on its way."""
    with scope.tenant(session.tenant_id):
        return deliver.ready(rows, now=now)


def _outcome(
    session: Session, job: Job, result: Receipt | ConnectorError | Exception, *, now: datetime
) -> None:
    """Keeps one outcome; what cannot be kept is set aside and does not hold up the others."""
    try:
        with transaction.atomic():
            if isinstance(result, Receipt):
                confirm.delivered(session, job.delivery, result, now=now)
            else:
                confirm.failed(job.delivery, result, now=now)
    except OperationalError:
        # Nothing is kept, so the delivery is tried again, and looks before it writes.
        raise
    except Exception as error:
        log.exception("outcome of delivery %s could not be kept", job.delivery.pk)
        job.delivery.refresh_from_db()
        confirm.failed(job.delivery, error, now=now)


def _of_account(results: Iterable[object]) -> TryLater | NeedsOwner | None:
    return next((found for found in results if isinstance(found, TryLater | NeedsOwner)), None)
