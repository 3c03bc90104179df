"""When a record is tried again, and when it is given up."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime

from django.conf import settings

FIRST_SECONDS = 2.0

Chance = Callable[[float, float], float]


def pause(attempt: int, *, asked: float | None = None, chance: Chance = random.uniform) -> float:
    """Seconds until the next try: exponential with full jitter, never less than they asked for.

    `attempt` counts the tries so far, from 1.
    """
    ceiling = min(settings.CLARITY_RETRY_LONGEST_SECONDS, FIRST_SECONDS * 2 ** min(attempt - 1, 20))
    return max(asked or 0.0, chance(ceiling / 4, ceiling))


def trying_time(so_far: int, *, last_try: datetime | None, now: datetime) -> int:
    """Seconds a record has been tried for, with this try.

    A longer gap than tries ever have between them was a rest (a paused pair, lost credentials, a
    parked lane), and counts as one gap only.
    """
    if last_try is None:
        return so_far
    return so_far + min(
        int((now - last_try).total_seconds()), settings.CLARITY_RETRY_LONGEST_SECONDS
    )


def is_too_old(trying_seconds: int) -> bool:
    """Whether a record has been tried for so long that a person must decide."""
    return trying_seconds > settings.CLARITY_RETRY_MAX_AGE_HOURS * 3600
