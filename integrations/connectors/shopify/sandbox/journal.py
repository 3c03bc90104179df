"""What a sandbox account was asked, in figures."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Any


class Journal:
    """Counts requests. `errors` are answers with an HTTP error or top-level errors, `writes` are
    mutations that were carried out."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._operations: Counter[str] = Counter()
        self._counts: Counter[str] = Counter()

    def request(self, operation: str) -> None:
        with self._lock:
            self._operations[operation] += 1

    def count(self, what: str) -> None:
        with self._lock:
            self._counts[what] += 1

    def clear(self) -> None:
        with self._lock:
            self._operations.clear()
            self._counts.clear()

    def figures(self) -> dict[str, Any]:
        with self._lock:
            return {
                "requests": self._operations.total(),
                "by_operation": dict(self._operations),
                "throttled": self._counts["throttled"],
                "errors": self._counts["errors"],
                "writes": self._counts["writes"],
                "webhooks": {
                    name: self._counts[f"webhooks_{name}"]
                    for name in ("sent", "delivered", "failed", "dropped")
                },
            }
