"""When a record is tried again, and when it is given up."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings

FIRST_SECONDS = 2.0
LONGEST_SECONDS = 300.0

Chance = Callable[[float, float], float]


def pause(attempt: int, *, asked: float | None = None, chance: Chance = random.uniform) -> float:
    """Seconds until the next try: exponential with full jitter, never less than they asked for.

    `attempt` counts the tries so far, from 1.
    """
    ceiling = min(LONGEST_SECONDS, FIRST_SECONDS * 2 ** min(attempt - 1, 20))
    return max(asked or 0.0, chance(ceiling / 4, ceiling))


def is_too_old(first_tried_at: datetime, *, now: datetime) -> bool:
    """Whether a record has been tried for so long that a person must decide.

    Time in which nobody tried (a paused pair, a parked lane) does not count.
    """
    return now - first_tried_at > timedelta(hours=settings.CLARITY_RETRY_MAX_AGE_HOURS)
