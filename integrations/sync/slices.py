"""A slice: a lane is held, worked for at most some seconds, and given back.

A slice never sleeps on a rate limit: it parks the lane with a wake-up time, so a slow or broken
account holds up nobody else.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection as database
from django.db.models import Min, QuerySet
from django.utils import timezone

from integrations.connector_kit.errors import NeedsOwner, TryLater
from integrations.models import (
    Connection,
    ConnectionState,
    Cursor,
    Delivery,
    Flow,
    InboxItem,
    InboxState,
    Lane,
    PairState,
)
from integrations.sync import lanes, pipeline, polling
from integrations.sync.lanes import Lease, LeaseLost
from integrations.sync.pipeline import Route
from integrations.sync.retry import pause
from integrations.sync.sessions import Session, open_session
from integrations.sync.stages import deliver
from mappings.canonical.record import Entity
from tenants import scope

log = logging.getLogger(__name__)

# So many failures in a row say that the account itself is ill; until then only records wait.
ILL_AFTER = 3
AFTER_OUR_ERROR = timedelta(seconds=10)


@dataclass
class Work:
    """Everything a slice needs, opened once. `routes` is empty while every pair is paused."""

    session: Session
    routes: list[Route]
    lease: Lease
    failures: int


def run(*, tenant_id: UUID, connection_id: UUID) -> bool:
    """Works the lane for one slice; answers whether the lane was free. May be called by anyone."""
    holder = f"{socket.gethostname()}/{os.getpid()}/{threading.get_ident()}"
    with scope.tenant(tenant_id):
        lease = lanes.acquire(
            tenant_id=tenant_id, connection_id=connection_id, holder=holder, now=timezone.now()
        )
    if lease is None:
        return False
    ended_well = False
    try:
        with _heartbeat(lease):
            work = _open(lease)
            if work is not None:
                _work(work)
        ended_well = True
    except LeaseLost:
        ended_well = True
        log.warning("lane %s was taken over while it was worked", connection_id)
    finally:
        if not ended_well:
            # An error of ours: the lane must not stay held, nor fail again at once.
            now = timezone.now()
            with scope.tenant(tenant_id):
                lanes.release(lease, due_at=now + AFTER_OUR_ERROR, now=now)
    return True


def _open(lease: Lease) -> Work | None:
    now = timezone.now()
    with scope.tenant(lease.tenant_id):
        connection = Connection.objects.get(pk=lease.connection_id)
        if connection.state != ConnectionState.ACTIVE:
            lanes.release(lease, due_at=None, now=now)
            return None
        session = open_session(connection)
        routes = [
            Route(flow, open_session(flow.target))
            for flow in Flow.objects.filter(
                source=connection,
                is_on=True,
                pair__state__in=(PairState.TESTING, PairState.LIVE),
            )
            .select_related("target", "pair")
            .order_by("pk")
        ]
        polling.ensure_cursors(session, [route.flow for route in routes], now=now)
        failures = Lane.objects.get(pk=connection.pk).failures
    return Work(session, routes, lease, failures)


def _work(work: Work) -> None:
    """Rounds until nothing is due, the time is up, or the account wants a rest."""
    end = timezone.now() + timedelta(seconds=settings.CLARITY_LANE_SLICE_SECONDS)
    with ThreadPoolExecutor(work.session.connector.manifest.limits.concurrency) as pool:
        while True:
            try:
                busy = _round(work, pool)
            except NeedsOwner as error:
                _lose_owner(work, error)
                return
            except TryLater as error:
                _rest(work, error)
                return
            is_over = timezone.now() >= end
            if (is_over or not busy) and _finish(work, may_go_on=not is_over):
                return


def _round(work: Work, pool: ThreadPoolExecutor) -> int:
    """One pass over everything that is due; answers how much there was."""
    now = timezone.now()
    done = _poll(work, now=now)
    if work.routes:
        done += pipeline.take_in(work.session, work.lease, work.routes, now=timezone.now())
    return done + _send(work, pool)


def _poll(work: Work, *, now: datetime) -> int:
    with scope.tenant(work.session.tenant_id):
        due = list(_cursors(work).filter(due_at__lte=now).order_by("due_at", "pk"))
    return sum(pipeline.ask(work.session, work.lease, cursor, now=now) for cursor in due)


def _cursors(work: Work) -> QuerySet[Cursor]:
    entities = [route.flow.entity for route in work.routes]
    return Cursor.objects.filter(connection=work.session.connection, entity__in=entities)


def _send(work: Work, pool: ThreadPoolExecutor) -> int:
    """Independent records at once, as many as the account permits; stock goes first."""
    session, lease = work.session, work.lease
    with scope.tenant(session.tenant_id):
        lanes.check(lease)
        rows = deliver.claim(session, now=timezone.now())
    if not rows:
        return 0
    futures = [pool.submit(_send_batch, session, lease, batch) for batch in _batches(session, rows)]
    troubles = [trouble for trouble in _results(futures) if trouble is not None]
    for trouble in troubles:
        raise trouble
    if work.failures:
        work.failures = 0
        with scope.tenant(session.tenant_id):
            lanes.unpark(lease)
    return len(rows)


def _results(
    futures: Sequence[Future[TryLater | NeedsOwner | None]],
) -> list[TryLater | NeedsOwner | None]:
    """Every result; an error in our own code surfaces only after all threads have ended."""
    for future in futures:
        future.exception()
    return [future.result() for future in futures]


def _send_batch(
    session: Session, lease: Lease, batch: Sequence[Delivery]
) -> TryLater | NeedsOwner | None:
    try:
        return pipeline.send(session, lease, batch, now=timezone.now())
    finally:
        # The thread is done with the database: its connection goes back to the pool.
        database.close()


def _batches(session: Session, rows: Sequence[Delivery]) -> Iterator[list[Delivery]]:
    order = {Entity.INVENTORY: 0, Entity.ORDER: 1}
    by_entity: dict[Entity, list[Delivery]] = {}
    for row in rows:
        by_entity.setdefault(Entity(row.entity), []).append(row)
    for entity in sorted(by_entity, key=lambda entity: order.get(entity, 2)):
        port = session.port(entity)
        size = port.batch_size if port and port.write_many else 1
        group = by_entity[entity]
        for start in range(0, len(group), size):
            yield group[start : start + size]


def _finish(work: Work, *, may_go_on: bool) -> bool:
    """Gives the lane back, unless work came in meanwhile and there is time left for it."""
    now = timezone.now()
    with scope.tenant(work.session.tenant_id):
        lanes.shut_out_wakes(work.lease)
        due = _next_due(work)
        if may_go_on and due is not None and due <= now:
            return False
        lanes.release(work.lease, due_at=due, now=now)
    return True


def _next_due(work: Work) -> datetime | None:
    """When this lane next has something to do. Call inside the tenant's scope."""
    moments = [deliver.running(work.session).aggregate(at=Min("due_at"))["at"]]
    if work.routes:
        moments.append(_cursors(work).aggregate(at=Min("due_at"))["at"])
        moments.append(
            InboxItem.objects.filter(
                connection=work.session.connection, state=InboxState.WAITING
            ).aggregate(at=Min("due_at"))["at"]
        )
    return min((moment for moment in moments if moment is not None), default=None)


def _rest(work: Work, error: TryLater) -> None:
    """Parks the lane: for as long as they asked, or longer with each failure in a row."""
    now = timezone.now()
    failures = work.failures if error.throttled else work.failures + 1
    with scope.tenant(work.session.tenant_id):
        if error.throttled or failures >= ILL_AFTER:
            until = now + timedelta(seconds=pause(max(1, failures), asked=error.after))
            lanes.park(work.lease, until=until, reason=error.message, failures=failures)
        else:
            until = now
            Lane.objects.filter(pk=work.lease.connection_id).update(failures=failures)
        lanes.shut_out_wakes(work.lease)
        due = _next_due(work)
        lanes.release(work.lease, due_at=max(due, until) if due else None, now=now)


def _lose_owner(work: Work, error: NeedsOwner) -> None:
    """The credentials were refused: the connection pauses and its work is kept."""
    now = timezone.now()
    log.warning("connection %s needs its owner: %s", work.session.connection.pk, error.message)
    with scope.tenant(work.session.tenant_id):
        lanes.check(work.lease)
        Connection.objects.filter(pk=work.session.connection.pk).update(
            state=ConnectionState.NEEDS_OWNER, state_reason=error.message[:400], state_since=now
        )
        lanes.release(work.lease, due_at=None, now=now)


@contextmanager
def _heartbeat(lease: Lease) -> Iterator[None]:
    """Renews the lease from a thread of its own while the slice works."""
    stop = threading.Event()

    def beat() -> None:
        try:
            while not stop.wait(settings.CLARITY_LEASE_SECONDS / 3):
                with scope.tenant(lease.tenant_id):
                    lanes.renew(lease, now=timezone.now())
        except LeaseLost:
            log.warning("lane %s has a new holder", lease.connection_id)
        finally:
            database.close()

    thread = threading.Thread(target=beat, name="lane-heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
