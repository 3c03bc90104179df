"""Keeps the calls to one account within the rate its vendor permits."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from integrations.connector_kit.errors import TryLater

LONGEST_SLEEP = 1.0
"""Seconds. A lane that must wait longer is parked, so that its thread can serve another."""


class Pacer:
    """A token bucket. Safe for threads; those who wait are served in the order they came."""

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
        self._rate = rate
        self._maximum = burst
        self._tokens = burst
        self._asleep = 0.0
        self._clock = clock
        self._sleep = sleep
        self._at = clock()
        self._paused_until = self._at
        self._lock = threading.Lock()

    def wait(self, cost: float = 1) -> None:
        """Takes `cost` tokens, sleeping at most a second for them.

        Raises TryLater(after=seconds, throttled=True) and takes nothing when that is not enough.
        A cost above the burst is allowed once the bucket is full.
        """
        with self._lock:
            delay = self._delay(cost)
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

    def learn(self, available: float, rate: float, maximum: float) -> None:
        """Adopts what the vendor says of the bucket on its side: its answer is the truth.

        What is promised to callers that still sleep stays promised, since the vendor cannot know of
        them. Shopify: the `throttleStatus` of an answer gives all three figures.
        """
        if rate <= 0 or maximum <= 0:
            return
        with self._lock:
            self._at = self._clock()
            self._rate = rate
            self._maximum = maximum
            self._tokens = min(available, maximum) - self._asleep

    def pause(self, seconds: float) -> None:
        """Lets nothing pass for `seconds`, as a 429 demands; a longer pause under way stands."""
        with self._lock:
            self._paused_until = max(self._paused_until, self._clock() + seconds)

    def _left_of_pause(self) -> float:
        """A pause that began while a caller slept holds for that caller too."""
        with self._lock:
            return self._paused_until - self._clock()

    def _delay(self, cost: float) -> float:
        now = self._refill()
        missing = min(cost, self._maximum) - self._tokens
        return max(missing / self._rate, self._paused_until - now, 0.0)

    def _refill(self) -> float:
        now = self._clock()
        self._tokens = min(self._maximum, self._tokens + (now - self._at) * self._rate)
        self._at = now
        return now


def _too_long(delay: float) -> TryLater:
    return TryLater("The permitted number of calls is used up.", after=delay, throttled=True)
