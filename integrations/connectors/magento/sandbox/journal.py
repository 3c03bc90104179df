"""What a sandbox account was asked, in figures."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Any


class Journal:
    """Counts requests by route, for example "GET /V1/orders/{id}". `errors`: answers that were no
    success."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._routes: Counter[str] = Counter()
        self._counts: Counter[str] = Counter()

    def request(self, route: str) -> None:
        with self._lock:
            self._routes[route] += 1

    def count(self, what: str) -> None:
        with self._lock:
            self._counts[what] += 1

    def clear(self) -> None:
        with self._lock:
            self._routes.clear()
            self._counts.clear()

    def figures(self) -> dict[str, Any]:
        with self._lock:
            return {
                "requests": self._routes.total(),
                "by_route": dict(self._routes),
                "throttled": self._counts["throttled"],
                "errors": self._counts["errors"],
                "webhooks": {
                    name: self._counts[f"webhooks_{name}"]
                    for name in ("sent", "delivered", "failed", "dropped")
                },
            }
