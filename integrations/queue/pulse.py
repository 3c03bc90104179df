"""The pulse: finds lanes whose time has come and hints them."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection
from django.utils import timezone

from integrations.queue import enqueue_lane
from tenants import scope

# A hint older than this was lost with a crashed worker; the lane is hinted again.
HINT_LOST_AFTER = timedelta(seconds=10)


def hint_due_lanes() -> int:
    """Queues every lane that is due, unheld and not hinted; answers how many there were.

    A hint that still waits in a long queue is not lost: hints are taken in the order they came, so
    it waits while there are entries as old as it is (a second is left for making the entry). This is the sweeper: whatever a crash
    left behind, a lane is due from the moment its work is written until someone has looked.
    """
    now = timezone.now()
    with scope.door("hint due lanes"):
        with connection.cursor() as cursor:
            cursor.execute(
                """
                UPDATE integrations_lane SET hinted_at = %(now)s, parked_until = NULL
                WHERE connection_id IN (
                    SELECT connection_id FROM integrations_lane
                    WHERE due_at <= %(now)s
                      AND (parked_until IS NULL OR parked_until <= %(now)s)
                      AND (hinted_at IS NULL OR hinted_at < %(lost)s AND (
                          parked_until IS NOT NULL OR hinted_at < COALESCE(
                              (SELECT min(lock) FROM django_q_ormq WHERE lock < %(now)s), %(now)s
                          ) - interval '1 second'))
                      AND (lease_until IS NULL OR lease_until < %(now)s)
                    ORDER BY due_at LIMIT 200 FOR UPDATE SKIP LOCKED
                ) RETURNING tenant_id, connection_id
                """,
                {"now": now, "lost": now - HINT_LOST_AFTER},
            )
            due = cursor.fetchall()
        for tenant_id, connection_id in due:
            enqueue_lane(tenant_id=tenant_id, connection_id=connection_id)
    return len(due)
