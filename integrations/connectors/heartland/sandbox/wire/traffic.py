"""Counts the calls of one account, and keeps its limits."""

from __future__ import annotations

import threading
import time
from collections import Counter
from typing import Any

from integrations.connectors.heartland.sandbox.state.account import Options


class Traffic:
    """The request log of one account, its rate limit and its rule against parallel writes."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._lock = threading.Lock()
        self._now = 0
        self._writes_now = 0
        self.reset()

    def reset(self) -> None:
        """Starts counting anew, with a full budget. Calls under way stay under way."""
        with self._lock:
            self._requests = 0
            self._by_route: Counter[str] = Counter()
            self._by_status: Counter[str] = Counter()
            self._throttled = 0
            self._peak = self._now
            self._writes_peak = self._writes_now
        self.refill()

    def refill(self) -> None:
        """Fills the budget of the rate limit."""
        with self._lock:
            self._tokens = float(self._options.burst)
            self._filled_at = time.monotonic()

    def enter(self, route: str, *, writing: bool, exclusive: bool) -> bool:
        """Counts a call in; False when it must be answered 429. Always followed by `leave`."""
        with self._lock:
            self._requests += 1
            self._by_route[route] += 1
            self._now += 1
            self._peak = max(self._peak, self._now)
            if writing:
                self._writes_peak = max(self._writes_peak, self._writes_now + 1)
            if (writing and exclusive and self._writes_now) or not self._has_budget():
                return False
            # A refused write is under way for a moment too, but stands in nobody's way.
            self._writes_now += writing
            return True

    def leave(self, status: int, *, admitted: bool, writing: bool) -> None:
        """Counts a call out; `status` 0 when the connection was broken instead of answered."""
        with self._lock:
            self._now -= 1
            if admitted and writing:
                self._writes_now -= 1
            self._by_status[str(status)] += 1
            if status == 429:
                self._throttled += 1

    def report(self) -> dict[str, Any]:
        with self._lock:
            return {
                "requests": self._requests,
                "by_route": dict(self._by_route),
                "by_status": dict(self._by_status),
                "throttled": self._throttled,
                "parallel_peak": self._peak,
                "parallel_writes_peak": self._writes_peak,
            }

    def _has_budget(self) -> bool:
        rate = self._options.rate_per_second
        if rate <= 0:
            return True
        now = time.monotonic()
        filled = self._tokens + (now - self._filled_at) * rate
        self._tokens = min(float(max(1, self._options.burst)), filled)
        self._filled_at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
