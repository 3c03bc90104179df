"""Finds the rate an account permits when it never says so, only refuses what is too much.

A vendor's limit is a bucket that fills steadily. A refusal says that it is empty; what passed
between two refusals is therefore what flowed in meanwhile, which is the permitted rate. Until that
is known a refusal halves the rate. In between the rate grows: hardly at all near the last known
limit, faster the longer nothing was refused, so that a raised limit is found within half a minute
and an unchanged one is touched about once in ten seconds.
"""

from __future__ import annotations

import math

# Shares of a rate, and seconds.
CAREFUL = 0.95
"""What we use of a measured rate: the vendor's bucket fills up again meanwhile."""
HALF = 0.5
BACK = 0.85
"""Of what was called at last: a limit that has risen is higher than what was measured since."""
CLIMB_SECONDS = 10.0
"""So long takes the way back from a halved rate to the one that was refused."""
STEEPNESS = 6.6e-5
"""Of the growth beyond the known limit, by the cube of the seconds: four times as much in 27."""
LEAST_SECONDS, LEAST_PASSED = 1.0, 8.0
"""A shorter time, or fewer calls, measure nothing."""
LEAST_RATE = 0.05
_IDLE_SECONDS = 0.5
_LONG_REST = 5.0
_LARGEST_EXPONENT = 5.0


class Limit:
    """The rate that is believed to be permitted, in tokens a second. Not safe for threads."""

    def __init__(self, most: float, *, now: float) -> None:
        """`most`: never exceeded, whatever seems to be permitted."""
        self.rate = most
        self.is_known = False
        self._most = most
        self._base = most
        self._top = most
        self._busy = 0.0
        self._passed = 0.0
        self._empty_at: float | None = None
        self._last_at = now
        self._window_at = now
        self._window = 0.0
        self._seen = most
        self._is_measured = False

    @property
    def known(self) -> float:
        """The rate without what is being tried beyond it; what another process should start from."""
        return self.rate if self._top > self._base else self._base

    def begin_at(self, rate: float) -> None:
        """Starts from what was found earlier."""
        self.rate = self._base = self._top = min(self._most, max(LEAST_RATE, rate))
        self.is_known = True
        self._busy = 0.0

    def passed(self, cost: float, *, now: float, waited: bool) -> None:
        """A call leaves. `waited`: it had to wait for its turn, so more would be welcome."""
        gap = now - self._last_at
        self._last_at = now
        if gap > max(_IDLE_SECONDS, 2 * cost / self.rate):
            # While nobody called, the vendor's bucket may have run over.
            self._empty_at = None
        self._passed += cost
        self._window += cost
        if now - self._window_at >= LEAST_SECONDS:
            self._seen = self._window / (now - self._window_at)
            self._window_at, self._window = now, 0.0
        if self.is_known and waited:
            self._grow(min(gap, LEAST_SECONDS))

    def refused(self, cost: float, *, now: float, rest: float) -> None:
        """The vendor refused a call and wants a rest of so many seconds (0: it did not say)."""
        measured = self._measured(cost, now)
        if measured is not None:
            found = max(measured * CAREFUL, min(self._seen, self.rate) * BACK)
            self._base = self._top = min(self.rate * CAREFUL, max(found, self.rate * HALF))
        elif self._is_measured:
            # Refused again at once: what was measured was a little too much.
            self._base = self._top = self.rate * BACK
        else:
            # What really left may be far less than what was permitted so far.
            self._top = min(self.rate, max(self._seen, self._window))
            self._base = self._top * HALF
        self._is_measured = measured is not None
        self._base = max(LEAST_RATE, self._base)
        self.rate, self.is_known, self._busy = self._base, True, 0.0
        self._passed = 0.0
        self._empty_at = now if rest <= _LONG_REST else None
        self._last_at = self._window_at = now + rest
        self._seen, self._window = self._base, 0.0

    def _measured(self, cost: float, now: float) -> float | None:
        if self._empty_at is None:
            return None
        seconds, passed = now - self._empty_at, self._passed - cost
        if seconds < LEAST_SECONDS or passed < LEAST_PASSED:
            return None
        return passed / seconds

    def _grow(self, seconds: float) -> None:
        self._busy += seconds
        if self._top > self._base:
            share = self._busy / CLIMB_SECONDS
            self.rate = self._base + (self._top - self._base) * min(1.0, share)
            if share >= 1:
                self._base, self._busy = self._top, 0.0
        else:
            exponent = min(_LARGEST_EXPONENT, STEEPNESS * self._busy**3)
            self.rate = self._base * math.exp(exponent)
        self.rate = min(self._most, self.rate)
