"""A slice: a lane is held, worked for at most some seconds, and given back.

A slice never sleeps on a rate limit: it parks the lane with a wake-up time, so a slow or broken
account holds up nobody else.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError
from django.db import connection as database
from django.db.models import Min, Q, QuerySet
from django.utils import timezone

from integrations.connector_kit.errors import NeedsOwner, TryLater
from integrations.models import (
    Connection,
    ConnectionState,
    Cursor,
    Flow,
    InboxItem,
    InboxState,
    Lane,
    Pair,
    PairState,
)
from integrations.sync import crash_points, lanes, pipeline, polling, sending
from integrations.sync.lanes import Lease, LeaseLost
from integrations.sync.preparing import Route
from integrations.sync.retry import pause
from integrations.sync.sessions import Session, open_session
from integrations.sync.stages import deliver
from tenants import scope

log = logging.getLogger(__name__)

AFTER_OUR_ERROR = timedelta(seconds=10)


@dataclass
class Work:
    """Everything a slice needs, opened once.

    `is_used`: whether a pair that is no draft has this connection; until then notices wait.
    """

    session: Session
    routes: list[Route]
    lease: Lease
    failures: int
    is_used: bool
    opened_at: datetime


def run(*, tenant_id: UUID, connection_id: UUID) -> bool:
    """Works the lane for one slice; answers whether the lane was free. May be called by anyone."""
    holder = f"{socket.gethostname()}/{os.getpid()}/{threading.get_ident()}"
    with scope.tenant(tenant_id):
        lease = lanes.acquire(
            tenant_id=tenant_id, connection_id=connection_id, holder=holder, now=timezone.now()
        )
    if lease is None:
        return False
    crash_points.reach("lane-held")
    if not pipeline.survives(f"lane {connection_id}", lambda: _turn(lease)):
        # An error of ours: the lane must not stay held, nor fail again at once.
        now = timezone.now()
        with scope.tenant(tenant_id):
            lanes.release(lease, due_at=now + AFTER_OUR_ERROR, now=now)
    return True


def _turn(lease: Lease) -> None:
    try:
        with _heartbeat(lease):
            work = _open(lease)
            if work is not None:
                _work(work)
    except LeaseLost:
        log.warning("lane %s was taken over while it was worked", lease.connection_id)


def _open(lease: Lease) -> Work | None:
    now = timezone.now()
    with scope.tenant(lease.tenant_id):
        # Whoever reconnects wakes the lane in the same transaction: either it is over and seen
        # here, or it waits for us and its wake-up finds the lane free.
        lanes.shut_out_wakes(lease)
        connection = Connection.objects.get(pk=lease.connection_id)
        if connection.state != ConnectionState.ACTIVE:
            lanes.release(lease, due_at=None, now=now)
            return None
        session = open_session(connection)
        routes = [Route(flow, open_session(flow.target)) for flow in _flows(connection)]
        polling.ensure_cursors(session, [route.flow for route in routes], now=now)
        return Work(
            session=session,
            routes=routes,
            lease=lease,
            failures=Lane.objects.get(pk=connection.pk).failures,
            is_used=_pairs(connection).exists(),
            opened_at=now,
        )


def _pairs(connection: Connection) -> QuerySet[Pair]:
    return Pair.objects.filter(Q(pos=connection) | Q(store=connection)).exclude(
        state=PairState.DRAFT
    )


def _flows(connection: Connection) -> QuerySet[Flow]:
    """Flows out of a connection. While a pair is paused its records are prepared, but not sent."""
    return (
        Flow.objects.filter(source=connection, is_on=True)
        .exclude(pair__state=PairState.DRAFT)
        .select_related("target", "pair")
        .order_by("pk")
    )


def _work(work: Work) -> None:
    """Rounds until nothing is due, the time is up, or the account wants a rest."""
    end = timezone.now() + timedelta(seconds=settings.CLARITY_LANE_SLICE_SECONDS)
    while True:
        try:
            busy = _round(work, until=end)
        except NeedsOwner as error:
            _lose_owner(work, error)
            return
        except TryLater as error:
            _rest(work, error)
            return
        is_over = timezone.now() >= end
        if (is_over or not busy) and _finish(work, may_go_on=not is_over):
            return


def _round(work: Work, *, until: datetime) -> int:
    """One pass over everything that is due; answers how much there was.

    What could not be read does not keep from being sent what is ready: trouble is raised last.
    """
    heard, trouble = _hear(work)
    sent = sending.send_due(work.session, work.lease, until=until)
    answered = heard.answered or sent.answered
    worst = sending.worse(sent.trouble, trouble)
    # While the account answers for others, one record that fails is that record's affair.
    if worst is not None and (sending.wants_rest(worst) or not answered):
        raise worst
    if work.failures and answered:
        work.failures = 0
        with scope.tenant(work.session.tenant_id):
            lanes.unpark(work.lease)
    return heard.items + sent.records


@dataclass
class Heard:
    """How many notices and items there were, and whether the account answered at all."""

    items: int = 0
    answered: bool = False


def _hear(work: Work) -> tuple[Heard, TryLater | None]:
    """Polls and takes notices in; tells as well why the account could not be asked."""
    heard, now = Heard(), timezone.now()
    with scope.tenant(work.session.tenant_id):
        due = list(_cursors(work).filter(due_at__lte=now).order_by("due_at", "pk"))
    try:
        for cursor in due:
            heard.items += pipeline.ask(work.session, work.lease, cursor, now=now)
            heard.answered = True
        if work.is_used:
            taken = pipeline.take_in(work.session, work.lease, work.routes, now=timezone.now())
            heard.items += taken
            heard.answered = heard.answered or taken > 0
    except TryLater as error:
        return heard, error
    return heard, None


def _cursors(work: Work) -> QuerySet[Cursor]:
    """Cursors of entities that some pair wants now; a paused one need not be asked for."""
    entities = [route.flow.entity for route in work.routes if route.flow.pair.is_running]
    return Cursor.objects.filter(connection=work.session.connection, entity__in=entities)


def _finish(work: Work, *, may_go_on: bool) -> bool:
    """Gives the lane back, unless work came in meanwhile and there is time left for it."""
    now = timezone.now()
    with scope.tenant(work.session.tenant_id):
        lanes.shut_out_wakes(work.lease)
        if _has_changed(work):
            # A pair was started, paused or switched meanwhile: look again with open eyes.
            lanes.release(work.lease, due_at=now, now=now)
            return True
        due = _next_due(work)
        if may_go_on and due is not None and due <= now:
            return False
        crash_points.reach("before-release")
        lanes.release(work.lease, due_at=due, now=now)
    return True


def _has_changed(work: Work) -> bool:
    seen = [(route.flow.pk, route.flow.pair.state) for route in work.routes]
    flows = _flows(work.session.connection).values_list("pk", "pair__state")
    return seen != list(flows) or work.is_used != _pairs(work.session.connection).exists()


def _next_due(work: Work) -> datetime | None:
    """When this lane next has something to do. Call inside the tenant's scope."""
    moments = [deliver.running(work.session).aggregate(at=Min("due_at"))["at"]]
    if work.is_used:
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
        lanes.shut_out_wakes(work.lease)
        if error.throttled or failures >= sending.ILL_AFTER:
            until = now + timedelta(seconds=pause(max(1, failures), asked=error.after))
            lanes.park(work.lease, until=until, reason=error.message, failures=failures)
        else:
            until = now
            Lane.objects.filter(pk=work.lease.connection_id).update(failures=failures)
        due = _next_due(work)
        lanes.release(work.lease, due_at=max(due, until) if due else None, now=now)


def _lose_owner(work: Work, error: NeedsOwner) -> None:
    """The credentials were refused: the connection pauses and its work is kept."""
    now = timezone.now()
    log.warning("connection %s was refused: %s", work.session.connection.pk, error.message)
    with scope.tenant(work.session.tenant_id):
        lanes.shut_out_wakes(work.lease)
        lanes.check(work.lease)
        # Someone who reconnected meanwhile has other credentials than the ones just refused.
        refused = Connection.objects.filter(
            pk=work.session.connection.pk, state_since__lt=work.opened_at
        )
        stopped = refused.update(
            state=ConnectionState.NEEDS_OWNER, state_reason=error.message[:400], state_since=now
        )
        lanes.release(work.lease, due_at=None if stopped else now, now=now)


@contextmanager
def _heartbeat(lease: Lease) -> Iterator[None]:
    """Renews the lease from a thread of its own while the slice works."""
    stop = threading.Event()

    def beat() -> None:
        while not stop.wait(settings.CLARITY_LEASE_SECONDS / 3):
            try:
                with scope.tenant(lease.tenant_id):
                    lanes.renew(lease, now=timezone.now())
            except LeaseLost:
                log.warning("lane %s has a new holder", lease.connection_id)
                return
            except DatabaseError:
                # The next beat may get through before the lease ends; if not, `check` stops us.
                log.warning("the lease of lane %s could not be renewed", lease.connection_id)
            finally:
                database.close()

    thread = threading.Thread(target=beat, name="lane-heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
