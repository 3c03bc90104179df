"""When something is told: plain functions of what is seen and what was told. No database, no clock.

One case gives at most three messages to a channel: it began, it is ten times as many, it is over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from integrations.models import RECORDS, Topic

# Failures come in bursts; a moment later the first message knows how many.
GATHER = timedelta(seconds=15)
# Alarms that often end by themselves must last before anyone hears of them.
LASTS = {"lateness": timedelta(minutes=3)}
TENFOLD = 10
# The second message tells how large it became, not that it grows.
GROWN_AFTER = timedelta(minutes=5)
# What comes back so soon was never over.
SETTLED = timedelta(minutes=5)
# An incident that comes back again and again is told at growing distances.
COOL_DOWN = timedelta(hours=1)
LONGEST_COOL_DOWN = timedelta(hours=12)
FLAPPING_WITHIN = timedelta(days=3)

RETRY_AFTER = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=3),
)
MOST_ATTEMPTS = 12
GIVE_UP_AFTER = timedelta(hours=24)
# So many tries in a row fail before the owners are told that a channel fails.
FAILING_FROM = 4

_TOPICS = {
    RECORDS: Topic.RECORDS,
    "convergence": Topic.STOCK,
}


def topic_of(kind: str) -> Topic:
    """What an incident of this kind is about; alarms of the engine that are not known here are
    about its books."""
    return _TOPICS.get(kind, Topic.BOOKS)


class Step(StrEnum):
    """What is to be done about a case now."""

    TELL_FIRST = "first"
    TELL_GROWN = "grown"
    TELL_RESOLVED = "resolved"
    # It was over before anyone was told.
    DROP = "drop"
    WAIT = "wait"


@dataclass(frozen=True)
class Seen:
    """What is there now. `count` is of stopped records, 0 for what has none. `settles`: whether
    its end must last before it is believed."""

    is_open: bool
    kind: str
    count: int
    settles: bool = True


@dataclass(frozen=True)
class Known:
    """What was told of a case. `not_before`: the end of its cool-down."""

    began_at: datetime
    told_at: datetime | None = None
    told_count: int = 0
    grown_at: datetime | None = None
    clear_since: datetime | None = None
    not_before: datetime | None = None


@dataclass(frozen=True)
class Decision:
    """`due_at`: when to look again even if nothing happens."""

    step: Step
    due_at: datetime | None = None


def decide(known: Known, seen: Seen, *, now: datetime) -> Decision:
    """The next step of a case. Of an end, `known.clear_since` must already say since when."""
    return _while_open(known, seen, now) if seen.is_open else _when_over(known, seen, now)


def _while_open(known: Known, seen: Seen, now: datetime) -> Decision:
    if known.told_at is None:
        lasts = LASTS.get(seen.kind, GATHER if seen.settles else timedelta())
        at = max(known.began_at + lasts, known.not_before or known.began_at)
        return Decision(Step.TELL_FIRST) if now >= at else Decision(Step.WAIT, at)
    if known.grown_at is None and is_tenfold(known.told_count, seen.count):
        at = known.told_at + GROWN_AFTER
        return Decision(Step.TELL_GROWN) if now >= at else Decision(Step.WAIT, at)
    return Decision(Step.WAIT)


def _when_over(known: Known, seen: Seen, now: datetime) -> Decision:
    if known.told_at is None:
        return Decision(Step.DROP)
    at = (known.clear_since or now) + (SETTLED if seen.settles else timedelta())
    return Decision(Step.TELL_RESOLVED) if now >= at else Decision(Step.WAIT, at)


def is_tenfold(told: int, count: int) -> bool:
    """Whether there are ten times as many as were told first."""
    return count >= tenfold(told)


def tenfold(told: int) -> int:
    """From how many on it is told a second time."""
    return TENFOLD * max(1, told)


def cool_down(told_before: Sequence[datetime]) -> datetime | None:
    """Until when an incident is kept quiet that was told at these times before, newest first.

    One hour after the last time, doubled with each further time within three days.
    """
    if not told_before:
        return None
    last = told_before[0]
    times = sum(at > last - FLAPPING_WITHIN for at in told_before)
    distance = COOL_DOWN * (1 << min(times - 1, 8))
    return last + min(distance, LONGEST_COOL_DOWN)


def try_again(attempts: int, *, after: float | None = None) -> timedelta:
    """How long a message waits after so many tries; at least `after` seconds when the receiver
    asked for them."""
    usual = RETRY_AFTER[min(attempts, len(RETRY_AFTER)) - 1]
    return max(usual, timedelta(seconds=min(after or 0, GIVE_UP_AFTER.total_seconds())))


def digest_day(*, now: datetime, zone: ZoneInfo, hour: int, last: date | None) -> date | None:
    """The day whose digest is due, None when there is none.

    An hour that a change of the clocks leaves out counts as the one after it; one that comes twice
    counts once. A day whose hour passed while nobody worked is made up for until midnight.
    """
    day = now.astimezone(zone).date()
    if last is not None and last >= day:
        return None
    at = datetime.combine(day, time(hour), tzinfo=zone).astimezone(UTC)
    return day if now >= at else None


def day_before_first(*, now: datetime, zone: ZoneInfo, hour: int) -> date:
    """The last day that needs no digest, for a plan that is made or changed now."""
    today = now.astimezone(zone).date()
    is_past = digest_day(now=now, zone=zone, hour=hour, last=None) is not None
    return today if is_past else today - timedelta(days=1)
