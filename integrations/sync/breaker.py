"""The circuit breaker of a lane: when to stop calling an account, and how to find out it is back.

    closed --ILL_AFTER failures in a row--> open --its pause is over--> half-open
    half-open --the one call is answered--> closed
    half-open --the one call fails--> open, for a longer pause

It is kept on the lane row, so it outlives the process that holds the lane. Only failures that say
something of the account count: a record that is refused was answered, and so is a call above the
rate limit; a call that we held back ourselves says nothing.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from integrations.connector_kit.errors import NeedsOwner, TryLater
from integrations.models import BreakerState, Lane
from integrations.sync.retry import Chance, pause

ILL_AFTER = 3
"""So many failures in a row say that the account itself is ill; until then only records wait."""
_FIRST_PAUSE = 2
"""The first pause is as long as that after so many tries of one record, and each further doubles."""


@dataclass(frozen=True)
class Health:
    """How the breaker stands. `failures` in a row; `openings` in a row without an answer."""

    state: BreakerState = BreakerState.CLOSED
    since: datetime | None = None
    failures: int = 0
    openings: int = 0


def of_lane(lane: Lane) -> Health:
    return Health(BreakerState(lane.breaker), lane.breaker_since, lane.failures, lane.openings)


def answered(health: Health, *, now: datetime) -> Health:
    """The account answered, whatever it said."""
    if health.state == BreakerState.CLOSED:
        return Health(health.state, health.since)
    return Health(BreakerState.CLOSED, now)


def failed(health: Health, *, now: datetime) -> Health:
    """The account did not answer, or answered that it is broken."""
    failures = health.failures + 1
    if health.state == BreakerState.CLOSED and failures < ILL_AFTER:
        return Health(health.state, health.since, failures)
    if health.state == BreakerState.OPEN:
        # Calls that were under way when it opened.
        return Health(health.state, health.since, failures, health.openings)
    return Health(BreakerState.OPEN, now, failures, health.openings + 1)


def tried(health: Health, *, now: datetime) -> Health:
    """The pause is over: one call may find out."""
    if health.state != BreakerState.OPEN:
        return health
    return Health(BreakerState.HALF_OPEN, now, health.failures, health.openings)


def rest(health: Health, *, asked: float | None, chance: Chance = random.uniform) -> timedelta:
    """How long an open breaker stays open; never less than the account asked for."""
    return timedelta(seconds=pause(_FIRST_PAUSE + health.openings, asked=asked, chance=chance))


class Breaker:
    """The breaker of the lane that is being worked. Told of each outcome by one thread."""

    def __init__(self, health: Health) -> None:
        self.health = health
        self.answers = 0
        self._kept = health

    def hear(self, trouble: TryLater | NeedsOwner | None, *, now: datetime) -> None:
        """The outcome of a call: None, or what it says of the account."""
        if isinstance(trouble, NeedsOwner):
            return
        if trouble is None or (trouble.throttled and trouble.left):
            self.answers += 1
            self.health = answered(self.health, now=now)
        elif not trouble.throttled:
            self.health = failed(self.health, now=now)

    def try_now(self, *, now: datetime) -> None:
        """The pause is over."""
        self.health = tried(self.health, now=now)

    @property
    def is_open(self) -> bool:
        return self.health.state == BreakerState.OPEN

    @property
    def is_half_open(self) -> bool:
        return self.health.state == BreakerState.HALF_OPEN

    @property
    def was_closed(self) -> bool:
        """As it was kept last."""
        return self._kept.state == BreakerState.CLOSED

    def changed(self) -> Health | None:
        """How it stands if that is not what was kept last; counts as kept from now on."""
        if self.health == self._kept:
            return None
        self._kept = self.health
        return self.health
