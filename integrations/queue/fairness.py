"""Fairness: a lane with much to do makes room when other lanes wait for a worker.

Without it a few busy accounts would keep every worker for a whole slice each, and an order of a
quiet one would wait behind them.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.utils import timezone

from integrations.queue.pulse import PULSE_SECONDS
from tenants import scope

# Opening a slice costs some milliseconds: a much shorter turn would be mostly opening.
LEAST_TURN = timedelta(seconds=0.4)
# A hint that waits longer than this finds no free worker.
NO_WORKER_AFTER = timedelta(seconds=0.2)
# Work that nobody has hinted for so long: every host is too busy to keep the pulse.
NO_PULSE_AFTER = timedelta(seconds=2 * PULSE_SECONDS)
LOOK_EVERY = 0.1

# What this process saw last, and when.
_seen = (float("-inf"), False)


def turn_is_over(until: datetime) -> bool:
    """Whether a slice that may work until `until` should end now.

    Cheap enough to be asked before every call to an account. Call it outside any scope.
    """
    now = timezone.now()
    if now >= until:
        return True
    began = until - timedelta(seconds=settings.CLARITY_LANE_SLICE_SECONDS)
    return now - began >= LEAST_TURN and _others_wait_lately(now)


def others_wait(*, now: datetime) -> bool:
    """Whether some lane is due, may be worked, and has found no worker for a while."""
    with scope.door("see whether lanes wait for a worker"), connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT EXISTS (
                SELECT 1 FROM integrations_lane
                WHERE due_at <= %(now)s
                  AND (hinted_at < %(hinted)s OR due_at < %(due)s)
                  AND (parked_until IS NULL OR parked_until <= %(now)s)
                  AND (lease_until IS NULL OR lease_until < %(now)s)
            )
            """,
            {"now": now, "hinted": now - NO_WORKER_AFTER, "due": now - NO_PULSE_AFTER},
        )
        return bool(cursor.fetchone()[0])


def _others_wait_lately(now: datetime) -> bool:
    global _seen
    looked_at, found = _seen
    if time.monotonic() - looked_at >= LOOK_EVERY:
        found = others_wait(now=now)
        _seen = (time.monotonic(), found)
        if not connection.in_atomic_block:
            # A call to the account may follow, and connections to the database are few.
            connection.close()
    return found
