"""How fast a signed webhook is verified, stored durably and answered, and whether all are stored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clarity import supervisor
from integrations.models import InboxItem
from tenants import scope
from tests import processes
from tests.benchmarks.installation import one_call

SUSTAINED = 6_000
BURST = 9_000
AT_ONCE = 16
RATES = {"at_50": (50.0, 500), "at_200": (200.0, 2_000)}
_FIRST_KEY = 6_000_000_000_000


def measure() -> dict[str, Any]:
    """Without workers, so that the figure is of accepting alone."""
    with one_call(tenants=1) as installation:
        run = installation.run
        run.send(100, first=1, at_once=4)
        loads = {"sustained": run.send(SUSTAINED, first=10_000, at_once=AT_ONCE)}
        first = 100_000
        for name, (rate, count) in RATES.items():
            loads[name] = run.send(count, first=first, rate=rate, at_once=AT_ONCE)
            first += 100_000
        sent = {number for load in loads.values() for number in load["sent"]}
        return {
            **{name: _figures(load) for name, load in loads.items()},
            "refused": sum(load["refused"] for load in loads.values()),
            "lost": len(_missing(sent)),
        }


def burst() -> dict[str, Any]:
    """With the workers at their work meanwhile; ends when everything is at the till."""
    with one_call(tenants=1) as installation, processes.running(supervisor.workers()):
        run = installation.run
        run.send(20, first=1, at_once=4)
        run.wait(20)
        run.till.request("POST", "/_forget")
        load = run.send(BURST, first=10_000, at_once=32)
        stored = BURST - len(_missing(set(load["sent"])))
        run.wait(BURST)
        return {"stored": stored, **run.figures(load)}


def _figures(load: Mapping[str, Any]) -> dict[str, float]:
    return {
        "per_second": round(len(load["sent"]) / load["seconds"], 1),
        "p50_ms": round(load["p50_ms"], 1),
        "p99_ms": round(load["p99_ms"], 1),
    }


def _missing(numbers: set[str]) -> set[str]:
    """Which of the orders sent are not in the inbox."""
    with scope.door("count what a benchmark has stored"):
        keys = set(InboxItem.objects.filter(entity="order").values_list("key", flat=True))
    return {str(_FIRST_KEY + int(number)) for number in numbers} - keys
