"""Requests of this process, and of its siblings where they share a folder.

Several web processes answer one address, so a scrape reaches any of them. With
PROMETHEUS_MULTIPROC_DIR set before the start (`manage.py run` sets it) each writes its figures into
that folder and every scrape adds them up: https://prometheus.github.io/client_python/multiprocess/
"""

from __future__ import annotations

import os

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, multiprocess

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
# Around the promises of docs/benchmarks.md: a webhook within 10 ms, a page within 100.
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)

_registry = CollectorRegistry()
_answered = Counter(
    "clarity_http_requests",
    "Requests answered, by the name of the page",
    ("method", "route", "status"),
    registry=_registry,
)
_seconds = Histogram(
    "clarity_http_request_seconds",
    "Time until a request was answered",
    ("route",),
    registry=_registry,
    buckets=_BUCKETS,
)


def count(*, method: str, route: str, status: int, seconds: float) -> None:
    """One more answer. `route` is the name of a page, so there are only so many."""
    _answered.labels(method, route, str(status)).inc()
    _seconds.labels(route).observe(seconds)


def exposed() -> bytes:
    """The figures of all processes that share the folder, of this one without a folder."""
    if not os.environ.get(FOLDER):
        return generate_latest(_registry)
    together = CollectorRegistry()
    multiprocess.MultiProcessCollector(together)  # type: ignore[no-untyped-call]
    return generate_latest(together)
