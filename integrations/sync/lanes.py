"""Lanes: one process at a time calls an account.

A lease row with a fencing token; a holder that stops renewing it is replaced. `wake` is called in
the transaction that made work, `finish` when a holder found none; an advisory lock between the two
makes it impossible that work is committed unseen: `finish` waits for every `wake` in progress, and
looks again afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet

from integrations.models import BreakerState, Lane
from integrations.queue import enqueue_lane
from integrations.queue.pulse import HINT_LOST_AFTER
from integrations.sync.breaker import Health


class Hint(Protocol):
    """Asks a worker to look at a lane."""

    def __call__(self, *, tenant_id: UUID, connection_id: UUID) -> None: ...


@dataclass(frozen=True)
class Lease:
    """A held lane. `token` is greater than that of every earlier holder."""

    tenant_id: UUID
    connection_id: UUID
    holder: str
    token: int


class LeaseLost(Exception):
    """Another process holds the lane now; this one must stop at once."""


def wake(*, tenant_id: UUID, connection_id: UUID, now: datetime, hint: Hint = enqueue_lane) -> None:
    """Says that there is work. Call it in the transaction that writes the work."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [lock_key(connection_id)])
        cursor.execute(
            """
            UPDATE integrations_lane
            SET due_at = LEAST(due_at, %(now)s),
                hinted_at = CASE WHEN parked_until > %(now)s THEN NULL ELSE %(now)s END
            WHERE connection_id = %(id)s AND hinted_at IS NULL
            RETURNING hinted_at
            """,
            {"now": now, "id": connection_id},
        )
        row = cursor.fetchone()
    if row is not None and row[0] is not None:
        hint(tenant_id=tenant_id, connection_id=connection_id)


def acquire(*, tenant_id: UUID, connection_id: UUID, holder: str, now: datetime) -> Lease | None:
    """The lease, or None while another process holds the lane or the lane is parked.

    The lane counts as due while it is held: should the holder die, the pulse finds it.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE integrations_lane
            SET holder = %(holder)s, token = token + 1, lease_until = %(until)s,
                hinted_at = %(now)s, due_at = LEAST(due_at, %(now)s), parked_until = NULL
            WHERE connection_id = %(id)s AND (lease_until IS NULL OR lease_until < %(now)s)
              AND (parked_until IS NULL OR parked_until <= %(now)s)
            RETURNING token
            """,
            {"holder": holder, "until": now + _term(), "now": now, "id": connection_id},
        )
        row = cursor.fetchone()
    if row is None:
        return None
    return Lease(tenant_id=tenant_id, connection_id=connection_id, holder=holder, token=row[0])


def renew(lease: Lease, *, now: datetime) -> None:
    """Keeps the lease for another term. Raises LeaseLost when the lane is not held any more.

    A sign of life may come after its lane was given back. Were it taken for a lease, the lane would
    count as watched, no work could make it due, and it would wait for its next poll.
    """
    held = _mine(lease).filter(lease_until__isnull=False)
    if not held.update(lease_until=now + _term(), hinted_at=now):
        raise LeaseLost(f"lane {lease.connection_id} is not held any more")


def check(lease: Lease) -> int:
    """Raises LeaseLost unless this holder still has the lane; call it before committing results.

    Answers how often the rules of flows out of its account have changed.
    """
    with connection.cursor() as cursor:
        # FOR SHARE: no one takes the lane over before the results are committed, while the other
        # threads of this holder may check at the same time.
        cursor.execute(
            "SELECT rules_revision FROM integrations_lane"
            " WHERE connection_id = %s AND token = %s FOR SHARE",
            [lease.connection_id, lease.token],
        )
        row = cursor.fetchone()
    if row is None:
        raise LeaseLost(f"lane {lease.connection_id} has another holder")
    return int(row[0])


def shut_out_wakes(lease: Lease) -> None:
    """Waits for every `wake` of the lane in progress; new ones wait for this transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lock_key(lease.connection_id)])


def release(lease: Lease, *, due_at: datetime | None, now: datetime) -> None:
    """Gives the lane back. Work due already is queued at once, later work wakes by itself."""
    due_now = due_at is not None and due_at <= now
    changed = _mine(lease).update(
        holder="", lease_until=None, due_at=due_at, hinted_at=now if due_now else None
    )
    if changed and due_now:
        enqueue_lane(tenant_id=lease.tenant_id, connection_id=lease.connection_id)


def rest(lease: Lease, *, until: datetime, reason: str) -> None:
    """Gives the lane back; nothing calls the account before `until`, then someone looks at it."""
    _mine(lease).update(
        holder="",
        lease_until=None,
        parked_until=until,
        parked_reason=reason[:400],
        due_at=until,
        # Counts as hinted until then, so that nobody who brings work touches the row; the pulse
        # takes such an old hint for lost as soon as the rest is over.
        hinted_at=until - HINT_LOST_AFTER,
    )


def keep_health(lease: Lease, health: Health) -> None:
    """Writes down how the breaker stands."""
    calm = {"parked_reason": ""} if health.state == BreakerState.CLOSED else {}
    _mine(lease).update(
        breaker=health.state,
        breaker_since=health.since,
        failures=health.failures,
        openings=health.openings,
        **calm,
    )


def keep_pace(lease: Lease, pace: Mapping[str, Any]) -> None:
    """Writes down what was learnt of the account's rate."""
    _mine(lease).update(pace=dict(pace))


def pass_by(*, connection_id: UUID) -> None:
    """A hint is given back unused: the pulse of another process finds the lane at once."""
    Lane.objects.filter(connection_id=connection_id, lease_until=None).update(hinted_at=None)


def look_again(*, tenant_id: UUID, connection_id: UUID, now: datetime) -> None:
    """Someone must look at the lane even if it rests. Call it first in its transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [lock_key(connection_id)])
    Lane.objects.filter(connection_id=connection_id).update(parked_until=None, hinted_at=None)
    wake(tenant_id=tenant_id, connection_id=connection_id, now=now)


def resume(*, tenant_id: UUID, connection_id: UUID, now: datetime) -> None:
    """Ends a rest because something has changed (new credentials), and says that there is work.

    Call it first in its transaction: everybody takes the advisory lock before any row.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [lock_key(connection_id)])
    Lane.objects.filter(connection_id=connection_id).update(
        parked_until=None,
        parked_reason="",
        hinted_at=None,
        failures=0,
        openings=0,
        breaker=BreakerState.CLOSED,
        breaker_since=now,
        refresh_at=now,
    )
    wake(tenant_id=tenant_id, connection_id=connection_id, now=now)


def _mine(lease: Lease) -> QuerySet[Lane]:
    return Lane.objects.filter(connection_id=lease.connection_id, token=lease.token)


def _term() -> timedelta:
    return timedelta(seconds=settings.CLARITY_LEASE_SECONDS)


def lock_key(connection_id: UUID) -> int:
    """64 bits of the id, signed as PostgreSQL wants it."""
    return int.from_bytes(connection_id.bytes[:8], "big", signed=True)
