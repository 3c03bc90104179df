"""A slice: a lane is held, worked for at most some seconds, and given back.

A slice never sleeps on a rate limit: it parks the lane with a wake-up time, so a slow or broken
account holds up nobody else. It also ends early when the workers are asked to stop.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from integrations.connector_kit.errors import NeedsOwner, TryLater
from integrations.models import (
    Cursor,
    Lane,
)
from integrations.queue import stopping
from integrations.sync import (
    crash_points,
    handover,
    kept_sessions,
    lanes,
    owner,
    pipeline,
    probing,
    sending,
    work_in_hand,
)
from integrations.sync.agenda import Agenda
from integrations.sync.breaker import rest
from integrations.sync.heartbeat import heartbeat
from integrations.sync.interruptions import AWAY, outlast
from integrations.sync.lanes import Lease, LeaseLost
from integrations.sync.retry import pause
from integrations.sync.sending import Sent
from integrations.sync.work_in_hand import Work
from tenants import log_context, scope

log = logging.getLogger(__name__)

SMALL_ROUND = 50
AFTER_OUR_ERROR = timedelta(seconds=10)
AFTER_INTERRUPTION = timedelta(seconds=1)
REFRESH_AGAIN = timedelta(seconds=30)


def run(*, tenant_id: UUID, connection_id: UUID) -> bool:
    """Works the lane for one slice; answers whether the lane was free. May be called by anyone."""
    if stopping.is_told():
        # Another host has time for it.
        with scope.tenant(tenant_id):
            lanes.pass_by(connection_id=connection_id)
        return False
    # The hint is out of the queue: were it dropped, the lane would wait until it counts as lost.
    lease = outlast(lambda: _acquired(tenant_id, connection_id))
    if lease is None:
        return False
    crash_points.reach("lane-held")
    with log_context.during(tenant_id=tenant_id, lane=connection_id):
        went_well = pipeline.survives(f"lane {connection_id}", lambda: _turn(lease))
    if not went_well:
        # An error of ours: the lane must not stay held, nor fail again at once.
        now = timezone.now()
        with scope.tenant(tenant_id):
            lanes.release(lease, due_at=now + AFTER_OUR_ERROR, now=now)
    return True


def _acquired(tenant_id: UUID, connection_id: UUID) -> Lease | None:
    holder = f"{socket.gethostname()}/{os.getpid()}/{threading.get_ident()}"
    with scope.tenant(tenant_id):
        return lanes.acquire(
            tenant_id=tenant_id, connection_id=connection_id, holder=holder, now=timezone.now()
        )


def run_and_go_on(*, tenant_id: UUID, connection_id: UUID) -> None:
    """`run`, and then the lanes for which it has made a little work."""
    since = time.monotonic()
    with handover.keeping() as kept:
        run(tenant_id=tenant_id, connection_id=connection_id)
        while kept and not handover.is_late(since) and not stopping.is_told():
            connection_id, tenant_id = kept.popitem()
            run(tenant_id=tenant_id, connection_id=connection_id)
        handover.let_go()


def _turn(lease: Lease) -> None:
    try:
        with heartbeat(lease):
            opened = work_in_hand.begin(lease)
            if opened is not None:
                _work(opened)
    except LeaseLost:
        log.warning("lane %s was taken over while it was worked", lease.connection_id)
    except AWAY as error:
        log.warning("lane %s was cut off by the database: %s", lease.connection_id, error)
        _give_back(lease)


def _give_back(lease: Lease) -> None:
    """As soon as the database answers, since nobody else has the lane until its lease ends."""

    def release() -> None:
        now = timezone.now()
        with scope.tenant(lease.tenant_id):
            lanes.release(lease, due_at=now + AFTER_INTERRUPTION, now=now)

    outlast(release)


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
        # After a small round there is hardly more; `_finish` looks once for both sides.
        if (is_over or busy < SMALL_ROUND) and _finish(work, may_go_on=not is_over):
            return
        handover.let_go()


def _try_out(work: Work) -> int:
    """One call for a half-open breaker; what needs no call is passed on meanwhile."""
    was_called, trouble = probing.probe(
        work.session, work.lease, lambda: work_in_hand.cursors(work), reads=work.is_used
    )
    if not was_called and work.refresh_at is not None and work.refresh_at <= timezone.now():
        was_called, trouble = True, _refresh(work)
    if not was_called:
        # Nothing is left to read but a page of a backfill, which finds out as well.
        heard, trouble = _take_in(work)
        if trouble is not None:
            raise trouble
        return heard
    now = timezone.now()
    work.breaker.hear(trouble, now=now)
    if trouble is not None:
        raise trouble
    with scope.tenant(work.session.tenant_id):
        lanes.check(work.lease)
        work_in_hand.keep_health(work)
    return 1


def _round(work: Work, *, until: datetime) -> int:
    """One pass over everything that is due; answers how much there was.

    What could not be read does not keep from being sent what is ready: trouble is raised last.
    """
    answers = work.breaker.answers
    ahead, work.agenda = work.agenda, None
    unrenewed = _refresh(work)
    heard, trouble = _hear(work, ahead, until=until)
    sent = Sent()
    if ahead is None or _is_due(ahead.deliveries):
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


def _is_due(moment: datetime | None) -> bool:
    return moment is not None and moment <= timezone.now()


def _due_cursors(work: Work, *, now: datetime) -> list[Cursor]:
    with scope.tenant(work.session.tenant_id):
        return list(work_in_hand.cursors(work).filter(due_at__lte=now).order_by("due_at", "pk"))


def _hear(work: Work, ahead: Agenda | None, *, until: datetime) -> tuple[int, TryLater | None]:
    """Polls and takes notices in; tells how many there were, and why the account cannot be asked.

    What was not due at the last glance is not looked for.
    """
    heard, now, trouble = 0, timezone.now(), None
    for cursor in _due_cursors(work, now=now) if ahead is None or _is_due(ahead.cursors) else ():
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
    if not work.breaker.is_open and not sending.wants_rest(trouble):
        taken, unread = _take_in(
            work,
            items=ahead is None or heard > 0 or _is_due(ahead.items),
            backfills=ahead is None or _is_due(ahead.backfills),
        )
        heard, trouble = heard + taken, sending.worse(trouble, unread)  # type: ignore[assignment]
    return heard, trouble


def _take_in(
    work: Work, *, items: bool = True, backfills: bool = True
) -> tuple[int, TryLater | None]:
    """Passes notices on and reads a page of a backfill, and tells the breaker what came of it."""
    if not work.is_used:
        return 0, None
    heard, answers, now = 0, work.session.answers, timezone.now()
    try:
        if items:
            heard += pipeline.take_in(work.session, work.lease, work.routes, now=now)
        if backfills:
            heard += pipeline.fill(work.session, work.lease, now=timezone.now())
    except TryLater as error:
        work.breaker.hear(error, now=timezone.now())
        return heard, error
    if work.session.answers > answers:
        work.breaker.hear(None, now=timezone.now())
    return heard, None


def _finish(work: Work, *, may_go_on: bool) -> bool:
    """Gives the lane back, unless work came in meanwhile and there is time left for it."""
    now = timezone.now()
    with scope.tenant(work.session.tenant_id):
        lanes.shut_out_wakes(work.lease)
        work_in_hand.keep_health(work)
        work_in_hand.keep_pace(work)
        due = work_in_hand.look(work)
        if work_in_hand.has_changed(work):
            # A pair was started, paused or switched meanwhile: look again with open eyes.
            lanes.release(work.lease, due_at=now, now=now)
            return True
        if may_go_on and due is not None and due <= now:
            return False
        crash_points.reach("before-release")
        lanes.release(work.lease, due_at=due, now=now)
    return True


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
        work_in_hand.keep_health(work)
        work_in_hand.keep_pace(work)
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
        work_in_hand.keep_health(work)
        work_in_hand.keep_pace(work)
        # Someone who reconnected meanwhile has other credentials than the ones just refused.
        owner.lose(
            connection_id=work.session.connection.pk,
            reason=error.message,
            before=work.opened_at,
            now=now,
        )
        # Due at once: new credentials may be there already.
        lanes.release(work.lease, due_at=now, now=now)
    work.session.close()
