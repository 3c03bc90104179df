"""A slice: a lane is held, worked for at most some seconds, and given back.

A slice never sleeps on a rate limit: it parks the lane with a wake-up time, so a slow or broken
account holds up nobody else. It also ends early when the workers are asked to stop.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError
from django.db import connection as database
from django.db.models import Min, Q, QuerySet
from django.utils import timezone

from integrations.connector_kit.errors import NeedsOwner, TryLater
from integrations.models import (
    BreakerState,
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
from integrations.queue import stopping
from integrations.sync import (
    budget,
    kept_sessions,
    lanes,
    owner,
    pipeline,
    polling,
    probing,
    sending,
)
from integrations.sync.breaker import Breaker, of_lane, rest
from integrations.sync.lanes import Lease, LeaseLost
from integrations.sync.preparing import Route
from integrations.sync.retry import pause
from integrations.sync.sessions import Session, open_session
from integrations.sync.stages import deliver
from tenants import scope

log = logging.getLogger(__name__)

AFTER_OUR_ERROR = timedelta(seconds=10)
TELL_AGAIN = timedelta(seconds=60)
REFRESH_AGAIN = timedelta(seconds=30)


@dataclass
class Work:
    """Everything a slice needs, opened once.

    `is_used`: whether a pair that is no draft has this connection; until then notices wait.
    """

    session: Session
    routes: list[Route]
    lease: Lease
    is_used: bool
    opened_at: datetime
    breaker: Breaker
    refresh_at: datetime | None
    pace: Mapping[str, Any] = field(default_factory=dict)

    def may_go_on(self, until: datetime) -> bool:
        """Whether another call may begin."""
        return timezone.now() < until and not self.breaker.is_open and not stopping.is_told()


def run(*, tenant_id: UUID, connection_id: UUID) -> bool:
    """Works the lane for one slice; answers whether the lane was free. May be called by anyone."""
    if stopping.is_told():
        # Another host has time for it.
        with scope.tenant(tenant_id):
            lanes.pass_by(connection_id=connection_id)
        return False
    holder = f"{socket.gethostname()}/{os.getpid()}/{threading.get_ident()}"
    with scope.tenant(tenant_id):
        lease = lanes.acquire(
            tenant_id=tenant_id, connection_id=connection_id, holder=holder, now=timezone.now()
        )
    if lease is None:
        return False
    if not pipeline.survives(f"lane {connection_id}", lambda: _turn(lease)):
        # An error of ours: the lane must not stay held, nor fail again at once.
        now = timezone.now()
        with scope.tenant(tenant_id):
            lanes.release(lease, due_at=now + AFTER_OUR_ERROR, now=now)
    return True


def _turn(lease: Lease) -> None:
    try:
        with _heartbeat(lease):
            opened = _open(lease)
            if isinstance(opened, Connection):
                _tell_owner(lease, opened)
            elif opened is not None:
                _work(opened)
    except LeaseLost:
        log.warning("lane %s was taken over while it was worked", lease.connection_id)


def _open(lease: Lease) -> Work | Connection | None:
    """Everything there is to work with; a connection whose owner must be told; None."""
    now = timezone.now()
    with scope.tenant(lease.tenant_id):
        # Whoever reconnects wakes the lane in the same transaction: either it is over and seen
        # here, or it waits for us and its wake-up finds the lane free.
        lanes.shut_out_wakes(lease)
        connection: Connection = Connection.objects.get(pk=lease.connection_id)
        if owner.is_untold(connection):
            return connection
        if connection.state != ConnectionState.ACTIVE:
            lanes.release(lease, due_at=None, now=now)
            return None
        lane = Lane.objects.get(pk=connection.pk)
        session = kept_sessions.take(connection, pace=lane.pace, now=now)
        routes = [Route(flow, open_session(flow.target)) for flow in _flows(connection)]
        polling.ensure_cursors(session, [route.flow for route in routes], now=now)
        breaker = Breaker(of_lane(lane))
        breaker.try_now(now=now)
        work = Work(
            session=session,
            routes=routes,
            lease=lease,
            is_used=_pairs(connection).exists(),
            opened_at=now,
            breaker=breaker,
            refresh_at=lane.refresh_at,
        )
        _keep_health(work)
        return work


def _keep_health(work: Work) -> None:
    """Writes down how the breaker stands. Call inside the tenant's scope."""
    was_closed = work.breaker.was_closed
    if (health := work.breaker.changed()) is None:
        return
    lanes.keep_health(work.lease, health)
    if health.state == BreakerState.CLOSED and not was_closed:
        log.info("connection %s answers again", work.lease.connection_id)
        probing.drain(work.session, now=timezone.now())


def _keep_pace(work: Work) -> None:
    """What was learnt of the account's rate, for the next slice. Call inside the tenant's scope."""
    work.pace = budget.written(work.session.budget, now=timezone.now())
    if work.pace:
        lanes.keep_pace(work.lease, work.pace)


def _tell_owner(lease: Lease, connection: Connection) -> None:
    is_told = owner.tell(lease, connection)
    now = timezone.now()
    with scope.tenant(lease.tenant_id):
        lanes.shut_out_wakes(lease)
        # Whoever reconnected meanwhile woke the lane: someone must look at it once more.
        current = Connection.objects.get(pk=connection.pk)
        if current.state_since != connection.state_since:
            lanes.release(lease, due_at=now, now=now)
        else:
            lanes.release(lease, due_at=None if is_told else now + TELL_AGAIN, now=now)


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
    try:
        _rounds(work)
    except BaseException:
        # What went wrong may be the session itself.
        work.session.close()
        raise
    kept_sessions.give_back(work.session, pace=work.pace)


def _rounds(work: Work) -> None:
    end = timezone.now() + timedelta(seconds=settings.CLARITY_LANE_SLICE_SECONDS)
    while True:
        try:
            busy = _try_out(work) if work.breaker.is_half_open else _round(work, until=end)
        except NeedsOwner as error:
            _lose_owner(work, error)
            return
        except TryLater as error:
            _rest(work, error)
            return
        is_over = not work.may_go_on(end)
        if (is_over or not busy) and _finish(work, may_go_on=not is_over):
            return


def _try_out(work: Work) -> int:
    """One call for a half-open breaker; what needs no call is passed on meanwhile."""
    was_called, trouble = probing.probe(
        work.session, work.lease, lambda: _cursors(work), reads=work.is_used
    )
    if not was_called:
        # Nothing is left to read, so this makes no call.
        return pipeline.take_in(work.session, work.lease, work.routes, now=timezone.now())
    now = timezone.now()
    work.breaker.hear(trouble, now=now)
    if trouble is not None:
        raise trouble
    with scope.tenant(work.session.tenant_id):
        lanes.check(work.lease)
        _keep_health(work)
    return 1


def _round(work: Work, *, until: datetime) -> int:
    """One pass over everything that is due; answers how much there was.

    What could not be read does not keep from being sent what is ready: trouble is raised last.
    """
    answers = work.breaker.answers
    unrenewed = _refresh(work)
    heard, trouble = _hear(work, until=until)
    sent = sending.send_due(work.session, work.lease, breaker=work.breaker, until=until)
    worst = sending.worse(sent.trouble, sending.worse(trouble, unrenewed))
    # While the account answers for others, one record that fails is that record's affair.
    if worst is not None and sending.wants_rest(worst):
        raise worst
    if worst is not None and (work.breaker.is_open or work.breaker.answers == answers):
        raise worst
    return heard + sent.records


def _refresh(work: Work) -> TryLater | None:
    """Renews credentials that end soon, whether or not there is anything else to do."""
    refresh, now = work.session.connector.refresh, timezone.now()
    if refresh is None or (work.refresh_at is not None and work.refresh_at > now):
        return None
    trouble = None
    try:
        due = refresh(work.session.client, now)
    except TryLater as error:
        work.breaker.hear(error, now=now)
        due, trouble = now, error
    due = max(due, now + REFRESH_AGAIN) if due else None
    if due != work.refresh_at:
        work.refresh_at = due
        with scope.tenant(work.session.tenant_id):
            lanes.check(work.lease)
            Lane.objects.filter(pk=work.lease.connection_id).update(refresh_at=due)
    return trouble


def _hear(work: Work, *, until: datetime) -> tuple[int, TryLater | None]:
    """Polls and takes notices in; tells how many there were, and why the account cannot be asked."""
    heard, now, trouble = 0, timezone.now(), None
    with scope.tenant(work.session.tenant_id):
        due = list(_cursors(work).filter(due_at__lte=now).order_by("due_at", "pk"))
    for cursor in due:
        if not work.may_go_on(until):
            break
        try:
            heard += pipeline.ask(work.session, work.lease, cursor, now=now)
            work.breaker.hear(None, now=timezone.now())
        except TryLater as error:
            work.breaker.hear(error, now=timezone.now())
            trouble = error
            if error.throttled:
                break
    # Notices that show the whole record need no call, but reading the others does.
    if work.is_used and not work.breaker.is_open and not sending.wants_rest(trouble):
        try:
            answers = work.session.answers
            heard += pipeline.take_in(work.session, work.lease, work.routes, now=timezone.now())
            if work.session.answers > answers:
                work.breaker.hear(None, now=timezone.now())
        except TryLater as error:
            work.breaker.hear(error, now=timezone.now())
            trouble = sending.worse(trouble, error)  # type: ignore[assignment]
    return heard, trouble


def _cursors(work: Work) -> QuerySet[Cursor]:
    """Cursors of entities that some pair wants now; a paused one need not be asked for."""
    entities = [route.flow.entity for route in work.routes if route.flow.pair.is_running]
    return Cursor.objects.filter(connection=work.session.connection, entity__in=entities)


def _finish(work: Work, *, may_go_on: bool) -> bool:
    """Gives the lane back, unless work came in meanwhile and there is time left for it."""
    now = timezone.now()
    with scope.tenant(work.session.tenant_id):
        lanes.shut_out_wakes(work.lease)
        _keep_health(work)
        _keep_pace(work)
        if _has_changed(work):
            # A pair was started, paused or switched meanwhile: look again with open eyes.
            lanes.release(work.lease, due_at=now, now=now)
            return True
        due = _next_due(work)
        if may_go_on and due is not None and due <= now:
            return False
        lanes.release(work.lease, due_at=due, now=now)
    return True


def _has_changed(work: Work) -> bool:
    seen = [(route.flow.pk, route.flow.pair.state) for route in work.routes]
    flows = _flows(work.session.connection).values_list("pk", "pair__state")
    return seen != list(flows) or work.is_used != _pairs(work.session.connection).exists()


def _next_due(work: Work) -> datetime | None:
    """When this lane next has something to do. Call inside the tenant's scope."""
    moments = [deliver.running(work.session).aggregate(at=Min("due_at"))["at"]]
    moments.append(work.refresh_at)
    if work.is_used:
        moments.append(_cursors(work).aggregate(at=Min("due_at"))["at"])
        moments.append(
            InboxItem.objects.filter(
                connection=work.session.connection, state=InboxState.WAITING
            ).aggregate(at=Min("due_at"))["at"]
        )
    return min((moment for moment in moments if moment is not None), default=None)


def _rest(work: Work, error: TryLater) -> None:
    """Parks the lane: for as long as they asked, or longer each time they do not answer at all."""
    now = timezone.now()
    if not work.breaker.is_open and not error.throttled:
        # A failure or two: others get their turn, and what failed is tried again in its time.
        _finish(work, may_go_on=False)
        return
    if work.breaker.is_open:
        until = now + rest(work.breaker.health, asked=error.after)
    elif not error.left:
        # Our own reckoning, which is exact: a longer rest would waste what is permitted.
        until = now + timedelta(seconds=error.after or 0.0)
    else:
        until = now + timedelta(seconds=pause(1, asked=error.after))
    with scope.tenant(work.session.tenant_id):
        lanes.shut_out_wakes(work.lease)
        _keep_health(work)
        _keep_pace(work)
        lanes.rest(work.lease, until=until, reason=error.message)
    if work.breaker.is_open:
        log.warning("connection %s does not answer: %s", work.lease.connection_id, error.message)


def _lose_owner(work: Work, error: NeedsOwner) -> None:
    """The credentials were refused: the connection pauses and its work is kept."""
    now = timezone.now()
    log.warning("connection %s was refused: %s", work.session.connection.pk, error.message)
    with scope.tenant(work.session.tenant_id):
        lanes.shut_out_wakes(work.lease)
        lanes.check(work.lease)
        _keep_health(work)
        _keep_pace(work)
        # Someone who reconnected meanwhile has other credentials than the ones just refused.
        owner.lose(
            connection_id=work.session.connection.pk,
            reason=error.message,
            before=work.opened_at,
            now=now,
        )
        # Due at once: the owner has to be told, or the new credentials tried.
        lanes.release(work.lease, due_at=now, now=now)
    work.session.close()


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
