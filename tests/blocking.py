"""Whether another connection waits for a lock of ours: then two are really at it at once."""

from __future__ import annotations

from django.db import connection


def blocked_by_us() -> bool:
    """Whether somebody waits for what the connection of this thread holds."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_stat_activity"
            " WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid)))"
        )
        return bool(cursor.fetchone()[0])
