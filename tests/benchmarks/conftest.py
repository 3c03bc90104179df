"""Real processes against the test database, and a place to print figures."""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from clarity import supervisor
from tests import processes
from tests.flow.conftest import make_rig

__all__ = ["make_rig"]

ROOT = Path(__file__).resolve().parents[2]
RUNS = 3


def median_of(measure: Callable[[], float], runs: int = RUNS) -> float:
    """The median of several runs: one figure of a noisy machine says little."""
    return statistics.median(measure() for _ in range(runs))


@pytest.fixture
def report(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Prints one line of figures, with the target beside what was measured."""

    def say(**figures: Any) -> None:
        line = json.dumps({"benchmark": request.node.name, **figures})
        capture = request.config.pluginmanager.getplugin("capturemanager")
        with capture.global_and_fixture_disabled():
            sys.stdout.write(f"\n{line}\n")

    return say


@pytest.fixture
def web(transactional_db: None) -> Iterator[str]:
    """A web process of its own, on the test database."""
    with processes.web() as address:
        yield address


@pytest.fixture
def workers(transactional_db: None) -> Iterator[None]:
    """A worker cluster of its own, on the test database."""
    with processes.running(supervisor.workers()):
        yield
