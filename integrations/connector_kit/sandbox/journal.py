"""What a sandbox account was asked, in figures."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from typing import Any

_WEBHOOKS = ("sent", "delivered", "failed", "dropped")


class Journal:
    """Counts requests under the name `by` ("by_route"), and what else happened in `counted`. Safe for
    threads."""

    def __init__(self, by: str, counted: Sequence[str] = ("throttled", "errors")) -> None:
        self._by, self._counted = by, counted
        self._lock = threading.Lock()
        self._requests: Counter[str] = Counter()
        self._counts: Counter[str] = Counter()

    def request(self, what: str) -> None:
        with self._lock:
            self._requests[what] += 1

    def count(self, what: str) -> None:
        """One of `counted`, or "webhooks_sent" and its like."""
        with self._lock:
            self._counts[what] += 1

    def clear(self) -> None:
        with self._lock:
            self._requests.clear()
            self._counts.clear()

    def figures(self) -> dict[str, Any]:
        with self._lock:
            return {
                "requests": self._requests.total(),
                self._by: dict(self._requests),
                **{name: self._counts[name] for name in self._counted},
                "webhooks": {name: self._counts[f"webhooks_{name}"] for name in _WEBHOOKS},
            }
