"""When an unpaid invoice is reminded of, and when patience ends. Counted in days after it is due."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta


def step_on(*, due_on: date, steps: Sequence[int], today: date) -> int:
    """How many reminders are due by today: 0 before the first. Steps are days after the due day."""
    late = (today - due_on).days
    return sum(1 for days in steps if late >= days)


def next_step_on(*, due_on: date, steps: Sequence[int], done: int) -> date | None:
    """The day of the next reminder; None when all have been given."""
    left = sorted(steps)[done:]
    return due_on + timedelta(days=left[0]) if left else None


def grace_ends_on(*, due_on: date, grace_days: int) -> date:
    """The first day on which an unpaid invoice is out of its grace period."""
    return due_on + timedelta(days=grace_days)
