"""The leaky bucket that limits the cost of queries (Shopify: GraphQL Admin API rate limits)."""

from __future__ import annotations

import threading
import time

# Shopify refuses a query that asks for more than this before running it.
QUERY_LIMIT = 1000


class Budget:
    """Holds `size` points and wins `rate` back each second. Safe for threads."""

    def __init__(self, size: float = 2000, rate: float = 100) -> None:
        self.size = size
        self.rate = rate
        self._left = size
        self._at = time.monotonic()
        self._lock = threading.Lock()

    def _refill(self) -> None:
        moment = time.monotonic()
        self._left = min(self.size, self._left + (moment - self._at) * self.rate)
        self._at = moment

    def take(self, points: float) -> bool:
        """Reserves the requested cost; False, taking nothing, when it does not fit."""
        with self._lock:
            self._refill()
            if points > self._left:
                return False
            self._left -= points
            return True

    def give_back(self, points: float) -> None:
        """Returns what was reserved and not used."""
        with self._lock:
            self._refill()
            self._left = min(self.size, self._left + points)

    def change(self, *, size: float, rate: float) -> None:
        """Another limit from now on, as when the shop changes its plan."""
        with self._lock:
            self._refill()
            self.size, self.rate = size, rate
            self._left = min(self._left, size)

    def empty(self) -> None:
        with self._lock:
            self._refill()
            self._left = 0

    def status(self) -> dict[str, float]:
        """`throttleStatus` as Shopify shows it, in whole points."""
        with self._lock:
            self._refill()
            return {
                "maximumAvailable": _whole(self.size),
                "currentlyAvailable": int(self._left),
                "restoreRate": _whole(self.rate),
            }


def _whole(points: float) -> float:
    return int(points) if points == int(points) else points
