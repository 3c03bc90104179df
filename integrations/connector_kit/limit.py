"""Finds the rate an account permits when it never says so, only refuses what is too much.

A vendor's limit is a bucket that fills steadily. A refusal says that it is empty; what passed
between two refusals is therefore what flowed in meanwhile, which is the permitted rate. Until that
is known a refusal halves the rate. In between the rate grows: hardly at all near the last known
limit, faster the longer nothing was refused, so that a raised limit is found within half a minute
and an unchanged one is touched about once in ten seconds. Refusal after refusal, with nothing
accepted in between, says nothing more of the rate: what is asked for is a rest.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

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
LONGEST_REST = 10.0
"""Seconds. A rest of our own choice doubles up to this, from one second."""
SLOW_RATE = 1.0
"""Below it a caller is not put to sleep but sent away, and comes back a little late."""
_LATE_SECONDS = 2.0
_IDLE_SECONDS = 0.5
_LONG_REST = 5.0
_LARGEST_EXPONENT = 5.0
_MANY = 10


@dataclass(frozen=True)
class Standing:
    """How far a limit is known, and how far the way back or beyond has come.

    `base`: the rate from which it grows; `top`: the one it climbs back to, or the same; `busy`:
    seconds for which it has grown; `refusals`: how many came since anything was accepted; `quiet`:
    seconds since the last call left, below 0 during a rest.
    """

    base: float
    top: float = 0.0
    busy: float = 0.0
    refusals: int = 0
    quiet: float = 0.0


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
        self._refusals = 0
        self._passed = 0.0
        self._empty_at: float | None = None
        self._last_at = now
        self._window_at = now
        self._window = 0.0
        self._seen = most
        self._is_measured = False

    @property
    def known(self) -> float:
        """The rate without what is being tried beyond it."""
        return self.rate if self._top > self._base else self._base

    def standing(self, *, now: float) -> Standing:
        """What another process should start from."""
        return Standing(
            base=self._base,
            top=self._top,
            busy=self._busy,
            refusals=self._refusals,
            quiet=now - self._last_at,
        )

    def begin_at(self, found: Standing, *, now: float) -> None:
        """Goes on from what was found earlier."""
        self._base = min(self._most, max(LEAST_RATE, found.base))
        self._top = min(self._most, max(self._base, found.top))
        self._busy, self._refusals = max(0.0, found.busy), max(0, found.refusals)
        self._last_at = now - found.quiet
        self.rate, self.is_known = self._base, True
        self._grow(0.0)

    def passed(self, cost: float, *, now: float, waited: bool) -> None:
        """A call leaves. `waited`: it had to wait for its turn, so more would be welcome."""
        gap = now - self._last_at
        self._last_at = now
        is_slow = self.rate < SLOW_RATE
        is_idle = gap > max(_IDLE_SECONDS, 2 * cost / self.rate + is_slow * _LATE_SECONDS)
        if is_idle:
            # While nobody called, the vendor's bucket may have run over, and no rate was seen.
            self._empty_at = None
            self._window_at, self._window = now, 0.0
        self._passed += cost
        self._window += cost
        if now - self._window_at >= LEAST_SECONDS:
            self._seen = self._window / (now - self._window_at)
            self._window_at, self._window = now, 0.0
        if self.is_known and (waited or (is_slow and not is_idle)):
            self._grow(max(0.0, gap) if is_slow and not is_idle else min(gap, LEAST_SECONDS))

    def accepted(self) -> None:
        """A call was answered that had left since the last refusal."""
        self._refusals = 0

    def rest(self, asked: float) -> float:
        """The rest after a refusal that has just come, of so many seconds if they asked for one."""
        if asked or not self._refusals:
            return asked
        return min(LONGEST_REST, float(2 ** (self._refusals - 1)))

    def refused(self, cost: float, *, now: float, rest: float) -> None:
        """The vendor refused a call; a rest of so many seconds follows."""
        if not self._refusals:
            self._cut(cost, now)
        self._refusals = min(self._refusals + 1, _MANY)
        self._passed = 0.0
        self._empty_at = now if rest <= _LONG_REST else None
        self._last_at = self._window_at = now + rest
        self._seen, self._window = self._base, 0.0

    def _cut(self, cost: float, now: float) -> None:
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
            if exponent == _LARGEST_EXPONENT:
                self._base = self._top = self.rate
                self._busy = 0.0
        self.rate = min(self._most, self.rate)
        self._base, self._top = min(self._most, self._base), min(self._most, self._top)
