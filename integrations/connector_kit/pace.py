"""Keeps the calls to one account within the rate its vendor permits."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

from integrations.connector_kit.errors import TryLater
from integrations.connector_kit.limit import Limit, Standing

LONGEST_SLEEP = 1.0
"""Seconds. A lane that must wait longer is parked, so that its thread can serve another."""
_BURST_SECONDS = 0.5
USED_UP = "The permitted number of calls is used up."


@dataclass(frozen=True)
class Learned:
    """What is known of an account's limit; what another process starts from.

    `rate`: tokens a second; `maximum`: most that gather; `tokens`: there now, below 0 while some
    are promised to callers that wait. `is_stated`: the vendor gave the figures, they were not found
    by trying. `rest`: seconds in which nothing may be called. The other figures are those of a
    `limit.Standing`, 0 where the vendor stated its limit.
    """

    rate: float
    maximum: float
    tokens: float
    is_stated: bool
    rest: float = 0.0
    base: float = 0.0
    top: float = 0.0
    busy: float = 0.0
    refusals: int = 0
    quiet: float = 0.0


class Pacer:
    """A token bucket. Safe for threads; those who wait are served in the order they came.

    The rate is the most that may be called; what the account really permits is learnt from what it
    says (`learn`) or from what it refuses (`refused`).
    """

    def __init__(
        self,
        rate: float,
        burst: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`rate`: tokens a second; `burst`: most tokens that gather. The bucket starts full."""
        if rate <= 0 or burst <= 0:
            raise ValueError("rate and burst must be above 0")
        self._limit = Limit(rate, now=clock())
        self._stated = 0.0
        self._maximum = burst
        self._tokens = burst
        self._asleep = 0.0
        self._usual = 1.0
        self._clock = clock
        self._sleep = sleep
        self._at = clock()
        self._paused_until = self._at
        self._cut_at = float("-inf")
        self._lock = threading.Lock()

    def wait(self, cost: float = 1) -> float:
        """Takes `cost` tokens, sleeping at most a second for them; answers the moment, for `refused`.

        Raises TryLater(after=seconds, throttled=True, left=False) and takes nothing when that is
        not enough. A cost above the burst is allowed once the bucket is full.
        """
        with self._lock:
            delay = self._delay(cost)
            has_waited = delay > 0
            if delay > LONGEST_SLEEP:
                raise _too_long(delay)
            # Taken at once: the next to come sees the debt and is given a later moment, which
            # keeps the order without a queue.
            self._tokens -= cost
            self._asleep += cost
        try:
            while delay > 0:
                self._sleep(delay)
                delay = self._left_of_pause()
                if delay > LONGEST_SLEEP:
                    with self._lock:
                        self._tokens += cost
                    raise _too_long(delay)
        finally:
            with self._lock:
                self._asleep -= cost
        with self._lock:
            self._usual = cost
            self._limit.passed(cost, now=self._clock(), waited=has_waited)
            return self._clock()

    def delay(self) -> float:
        """Seconds until a call like the last one may leave; takes nothing."""
        with self._lock:
            return self._delay(self._usual)

    def refused(self, granted: float, *, after: float | None = None, cost: float = 1) -> None:
        """A call was refused for its rate. `granted`: when it left; `after`: seconds they said.

        Calls that were under way together are refused together, and count as one refusal.
        """
        asked = max(0.0, after or 0.0)
        with self._lock:
            now = self._refill()
            is_news = granted > self._cut_at
            rest = self._limit.rest(asked) if is_news and not self._stated else asked
            self._paused_until = max(self._paused_until, now + rest)
            if not is_news:
                return
            self._cut_at = now
            # Their bucket is empty, so ours is: what is promised to sleepers stays promised.
            self._tokens = min(self._tokens, -self._asleep)
            if not self._stated:
                self._limit.refused(cost, now=now, rest=rest)

    def accepted(self, granted: float) -> None:
        """A call was not refused for its rate. `granted`: when it left."""
        with self._lock:
            if granted > self._cut_at:
                self._limit.accepted()

    def learned(self) -> Learned | None:
        """What was learnt, None while the account said and refused nothing."""
        with self._lock:
            now = self._refill()
            if not self._stated and not self._limit.is_known:
                return None
            found = Learned(
                rate=self._stated or self._limit.known,
                maximum=self._most_tokens,
                tokens=self._tokens,
                is_stated=bool(self._stated),
                rest=max(0.0, self._paused_until - now),
            )
            return (
                found if self._stated else replace(found, **asdict(self._limit.standing(now=now)))
            )

    def begin_with(self, known: Learned, *, age: float) -> None:
        """Starts from what another learnt `age` seconds ago."""
        if known.rate <= 0 or known.maximum <= 0:
            return
        tokens = min(known.maximum, known.tokens + max(0.0, age) * known.rate)
        if known.is_stated:
            self.learn(tokens, known.rate, known.maximum)
        with self._lock:
            if not known.is_stated:
                # What an older version wrote down has no base.
                standing = Standing(
                    base=known.base or known.rate,
                    top=known.top,
                    busy=known.busy,
                    refusals=known.refusals,
                    quiet=known.quiet + age,
                )
                self._limit.begin_at(standing, now=self._clock())
                self._tokens = min(self._most_tokens, tokens)
            self._paused_until = max(self._paused_until, self._clock() + known.rest - age)

    def learn(self, available: float, rate: float, maximum: float) -> None:
        """Adopts what the vendor says of the bucket on its side: its answer is the truth.

        What is promised to callers that still sleep stays promised, since the vendor cannot know of
        them. Shopify: the `throttleStatus` of an answer gives all three figures.
        """
        if rate <= 0 or maximum <= 0:
            return
        with self._lock:
            self._at = self._clock()
            self._stated = rate
            self._maximum = maximum
            self._tokens = min(available, maximum) - self._asleep

    def pause(self, seconds: float) -> None:
        """Lets nothing pass for `seconds`, as a 429 demands; a longer pause under way stands."""
        with self._lock:
            self._paused_until = max(self._paused_until, self._clock() + seconds)

    @property
    def _rate(self) -> float:
        return self._stated or self._limit.rate

    @property
    def _most_tokens(self) -> float:
        """After a refusal only a short burst is risked, whatever the connector allows."""
        if self._stated or not self._limit.is_known:
            return self._maximum
        return max(1.0, min(self._maximum, self._limit.rate * _BURST_SECONDS))

    def _left_of_pause(self) -> float:
        """A pause that began while a caller slept holds for that caller too."""
        with self._lock:
            return self._paused_until - self._clock()

    def _delay(self, cost: float) -> float:
        now = self._refill()
        missing = min(cost, self._most_tokens) - self._tokens
        return max(missing / self._rate, self._paused_until - now, 0.0)

    def _refill(self) -> float:
        now = self._clock()
        self._tokens = min(self._most_tokens, self._tokens + (now - self._at) * self._rate)
        self._at = now
        return now


def _too_long(delay: float) -> TryLater:
    return TryLater(USED_UP, after=delay, throttled=True, left=False)
