"""What a slice has in hand: the lane, opened, and what must be written down before it is let go."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from integrations.models import (
    BreakerState,
    Connection,
    ConnectionState,
    Cursor,
    Lane,
)
from integrations.queue import fairness, stopping
from integrations.sync import (
    agenda,
    budget,
    kept_sessions,
    lanes,
    polling,
    probing,
    routing,
)
from integrations.sync.agenda import Agenda
from integrations.sync.breaker import Breaker, of_lane
from integrations.sync.lanes import Lease
from integrations.sync.preparing import Route
from integrations.sync.sessions import Session
from tenants import scope

log = logging.getLogger(__name__)


@dataclass
class Work:
    """Everything a slice needs, opened once.

    `is_used`: whether a pair that is no draft has this connection; until then notices wait.
    `agenda`: what was found at the last glance; None once a round has begun with it.
    """

    session: Session
    routes: list[Route]
    lease: Lease
    is_used: bool
    opened_at: datetime
    breaker: Breaker
    refresh_at: datetime | None
    agenda: Agenda | None
    pace: Mapping[str, Any] = field(default_factory=dict)

    def may_go_on(self, until: datetime) -> bool:
        """Whether another call may begin."""
        return not (fairness.turn_is_over(until) or self.breaker.is_open or stopping.is_told())


def begin(lease: Lease) -> Work | None:
    """Everything there is to work with; None while the connection is not active."""
    now = timezone.now()
    with scope.tenant(lease.tenant_id):
        # Whoever reconnects wakes the lane in the same transaction: either it is over and seen
        # here, or it waits for us and its wake-up finds the lane free.
        lanes.shut_out_wakes(lease)
        connection: Connection = Connection.objects.get(pk=lease.connection_id)
        if connection.state != ConnectionState.ACTIVE:
            lanes.release(lease, due_at=None, now=now)
            return None
        lane = Lane.objects.get(pk=connection.pk)
        session = kept_sessions.take(connection, pace=lane.pace, now=now)
        ahead = agenda.look(connection.pk)
        routes = routing.routes(connection, rules=lane.rules_revision) if ahead.routes else []
        if polling.ensure_cursors(session, [route.flow for route in routes], now=now):
            ahead = agenda.look(connection.pk)
        breaker = Breaker(of_lane(lane))
        breaker.try_now(now=now)
        work = Work(
            session=session,
            routes=routes,
            lease=lease,
            is_used=ahead.is_used,
            opened_at=now,
            breaker=breaker,
            refresh_at=lane.refresh_at,
            agenda=ahead,
        )
        keep_health(work)
        return work


def keep_health(work: Work) -> None:
    """Writes down how the breaker stands. Call inside the tenant's scope."""
    was_closed = work.breaker.was_closed
    if (health := work.breaker.changed()) is None:
        return
    lanes.keep_health(work.lease, health)
    if health.state == BreakerState.CLOSED and not was_closed:
        log.info("connection %s answers again", work.lease.connection_id)
        probing.drain(work.session, now=timezone.now())


def keep_pace(work: Work) -> None:
    """What was learnt of the account's rate, for the next slice. Call inside the tenant's scope."""
    work.pace = budget.written(work.session.budget, now=timezone.now())
    if work.pace:
        lanes.keep_pace(work.lease, work.pace)


def cursors(work: Work) -> QuerySet[Cursor]:
    """Cursors of entities that some pair wants now; a paused one need not be asked for."""
    entities = [route.flow.entity for route in work.routes if route.flow.pair.is_running]
    return Cursor.objects.filter(connection=work.session.connection, entity__in=entities)


def look(work: Work) -> datetime | None:
    """Looks at what there is to do now; answers when. Call inside the tenant's scope."""
    work.agenda = agenda.look(work.session.connection.pk)
    moments = [work.agenda.due]
    if work.session.connector.refresh is not None:
        # Every new lane is due for it; without anything to renew it would stay due for ever.
        moments.append(work.refresh_at)
    return min((moment for moment in moments if moment is not None), default=None)


def has_changed(work: Work) -> bool:
    """Whether other flows carry records, at the last glance, than when the lane was opened."""
    if work.agenda is None:
        return True
    seen = [(route.flow.pk, route.flow.pair.state) for route in work.routes]
    return seen != list(work.agenda.routes) or work.is_used != work.agenda.is_used
