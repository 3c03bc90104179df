"""The pulse: finds lanes and incidents whose time has come and hints them."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

from integrations.queue import enqueue_incident, enqueue_lane
from integrations.queue.chores import hint_due_chores
from tenants import scope

PULSE_SECONDS = 1.0
# A hint this much older than everything that still waits in the queue was lost with a crashed
# worker; the lane is hinted again.
HINT_LOST_AFTER = timedelta(seconds=10)


class Pulsing(ABC):
    """What every broker of ours does besides moving entries: it keeps the pulse.

    `at_front`: entries it is given go before all that wait.
    """

    at_front = False
    _pulsed_at = 0.0

    @abstractmethod
    def oldest_waiting(self) -> datetime | None:
        """When the entry that is next in turn was queued; None when none waits."""

    def keep_pulse(self) -> None:
        """Hints the lanes and incidents that are due, once a second however often it is called."""
        now = time.monotonic()
        if now - self._pulsed_at >= PULSE_SECONDS:
            self._pulsed_at = now
            hint_due_lanes(oldest_waiting=self.oldest_waiting())
            hint_due_incidents()
            hint_due_chores()


def hint_due_lanes(*, oldest_waiting: datetime | None = None) -> int:
    """Queues every lane that is due, unheld and not hinted; answers how many there were.

    This is the sweeper: whatever a crash left behind, a lane is due from the moment its work is
    written until someone has looked. A hint younger than `oldest_waiting` still waits its turn
    behind others. It is not given a second time, or a long queue would grow by all its lanes every
    few seconds. A lane whose holder died has waited for its lease to run out, and goes first.
    """
    now = timezone.now()
    lost = min(now, oldest_waiting or now) - HINT_LOST_AFTER
    with scope.door("hint due lanes"):
        with connection.cursor() as cursor:
            # Whoever held a lane had taken its hint out of the queue: when the lease runs out,
            # nothing is left that could still be in turn. Nor was a lane hinted while it rested.
            cursor.execute(
                """
                UPDATE integrations_lane SET hinted_at = %(now)s, parked_until = NULL
                WHERE connection_id IN (
                    SELECT connection_id FROM integrations_lane
                    WHERE due_at <= %(now)s
                      AND (parked_until IS NULL OR parked_until <= %(now)s)
                      AND (hinted_at IS NULL OR hinted_at < %(lost)s OR hinted_at <= lease_until
                           OR parked_until IS NOT NULL)
                      AND (lease_until IS NULL OR lease_until < %(now)s)
                    ORDER BY due_at LIMIT 200 FOR UPDATE SKIP LOCKED
                ) RETURNING tenant_id, connection_id, lease_until IS NOT NULL
                """,
                {"now": now, "lost": lost},
            )
            due = cursor.fetchall()
        for tenant_id, connection_id, had_died in due:
            enqueue_lane(tenant_id=tenant_id, connection_id=connection_id, first=had_died)
    return len(due)


def hint_due_incidents() -> int:
    """Queues every incident that is due; answers how many there were.

    Each is due again after a while, in case the worker that takes it dies.
    """
    now = timezone.now()
    with scope.door("hint due incidents"):
        with connection.cursor() as cursor:
            cursor.execute(
                # No key changes: rows that join an incident at this moment are not held up.
                """
                UPDATE integrations_incident SET due_at = %(again)s
                WHERE id IN (
                    SELECT id FROM integrations_incident WHERE due_at <= %(now)s
                    ORDER BY due_at LIMIT 100 FOR NO KEY UPDATE SKIP LOCKED
                ) RETURNING tenant_id, id
                """,
                {"now": now, "again": now + HINT_LOST_AFTER},
            )
            due = cursor.fetchall()
        for tenant_id, incident_id in due:
            enqueue_incident(tenant_id=tenant_id, incident_id=incident_id)
    return len(due)
