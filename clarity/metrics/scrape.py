"""What a scrape is answered: the figures of the installation and those of the web processes."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator

from django.db import DatabaseError
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from clarity.metrics import figures, requests

log = logging.getLogger(__name__)

# Several who scrape, or one who is impatient, cost the database one look in so many seconds.
KEEP_SECONDS = 10.0

_lock = threading.Lock()
_kept: tuple[float, bytes] | None = None


class _Read(Collector):
    def __init__(self, metrics: list[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterator[Metric]:
        yield from self._metrics


def text() -> bytes:
    """The exposition. Never fails: without a database it says so, and the rest of it is there."""
    return _installation() + requests.exposed()


def forget() -> None:
    """The next scrape looks anew."""
    global _kept
    _kept = None


def _installation() -> bytes:
    global _kept
    with _lock:
        if _kept is not None and time.monotonic() - _kept[0] < KEEP_SECONDS:
            return _kept[1]
        try:
            metrics = [_answers(1), *figures.read()]
        except DatabaseError as error:
            log.warning("no figures: the database gave none (%s)", type(error).__name__)
            metrics = [_answers(0)]
        registry = CollectorRegistry()
        registry.register(_Read(metrics))
        _kept = (time.monotonic(), generate_latest(registry))
        return _kept[1]


def _answers(value: int) -> Metric:
    return GaugeMetricFamily(
        "clarity_database_up", "Whether the database gave these figures in time", value=value
    )
