"""Finds out whether a chore of the platform is due, and hints it."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection, transaction
from django.utils import timezone

from integrations.queue import enqueue_chores

# A hint older than this was lost with a crashed worker.
HINT_LOST_AFTER = timedelta(seconds=60)


def hint_due_chores() -> bool:
    """Queues one look at the chores when one is due that nobody is at, or when there is no chore
    yet; answers whether it did."""
    now = timezone.now()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                """
                UPDATE integrations_chore SET hinted_at = %(now)s
                WHERE due_at <= %(now)s
                  AND (held_until IS NULL OR held_until < %(now)s)
                  AND (hinted_at IS NULL OR hinted_at < %(lost)s)
                """,
                {"now": now, "lost": now - HINT_LOST_AFTER},
            )
            is_due = bool(cursor.rowcount)
            if not is_due:
                cursor.execute("SELECT NOT EXISTS (SELECT 1 FROM integrations_chore)")
                is_due = bool(cursor.fetchone()[0])
        if is_due:
            enqueue_chores()
    return is_due
