"""The pulse: finds lanes whose time has come and hints them."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import connection
from django.utils import timezone

from integrations.queue import enqueue_lane
from tenants import scope


def hint_due_lanes() -> int:
    """Queues every lane that is due, unheld and not hinted; answers how many there were."""
    now = timezone.now()
    # A holder that lives renews its hint with its lease; an older one was lost with a worker.
    lost = now - timedelta(seconds=settings.CLARITY_LEASE_SECONDS)
    with scope.door("hint due lanes"):
        with connection.cursor() as cursor:
            cursor.execute(
                """
                UPDATE integrations_lane SET hinted_at = %(now)s
                WHERE connection_id IN (
                    SELECT connection_id FROM integrations_lane
                    WHERE due_at <= %(now)s
                      AND (parked_until IS NULL OR parked_until <= %(now)s)
                      AND (hinted_at IS NULL OR hinted_at < %(lost)s)
                      AND (lease_until IS NULL OR lease_until < %(now)s)
                    ORDER BY due_at LIMIT 200 FOR UPDATE SKIP LOCKED
                ) RETURNING tenant_id, connection_id
                """,
                {"now": now, "lost": lost},
            )
            due = cursor.fetchall()
        for tenant_id, connection_id in due:
            enqueue_lane(tenant_id=tenant_id, connection_id=connection_id)
    return len(due)
