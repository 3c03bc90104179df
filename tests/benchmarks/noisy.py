"""What one tenant's 10,000 orders at once do to another tenant's orders."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from clarity import supervisor
from tests import processes
from tests.benchmarks.end_to_end import Run
from tests.benchmarks.installation import at, one_call

EVENTS = 10_000
QUIET_ORDERS = 60
PER_SECOND = 2.0


def measure(*, events: int = EVENTS, quiet_orders: int = QUIET_ORDERS) -> dict[str, Any]:
    """Waits of the quiet tenant's orders, alone and beside the noise, until the till has them."""
    with one_call(tenants=2) as installation, processes.running(supervisor.workers()):
        noisy, quiet = installation.only(0), installation.only(1)
        installation.run.send(20, first=1, at_once=2)
        installation.run.wait(20)
        alone = _quiet(quiet, first=10_000, count=quiet_orders)
        noise: list[Mapping[str, Any]] = []
        thread = threading.Thread(
            target=lambda: noise.append(noisy.send(events, first=100_000, at_once=16))
        )
        thread.start()
        beside = _quiet(quiet, first=20_000, count=quiet_orders)
        thread.join()
        installation.run.wait(20 + 2 * quiet_orders + events)
        all_sent = {
            **alone,
            **beside,
            **{key: at for load in noise for key, at in load["sent"].items()},
        }
        came = _came(installation.run)
        waits = {"alone": _waits(alone, came), "beside": _waits(beside, came)}
        p95 = {name: at(found, 0.95) for name, found in waits.items()}
        return {
            "events": events,
            "alone_p95_seconds": round(p95["alone"], 3),
            "beside_p50_seconds": round(at(waits["beside"], 0.5), 3),
            "beside_p95_seconds": round(p95["beside"], 3),
            "delay_p95_seconds": round(max(0.0, p95["beside"] - p95["alone"]), 3),
            "lost": sum(1 for number in all_sent if _key(number) not in came),
            "doubled": sum(len(moments) - 1 for moments in came.values()),
        }


def _quiet(run: Run, *, first: int, count: int) -> Mapping[str, float]:
    """When each of the quiet tenant's orders was sent, by its number."""
    sent: Mapping[str, float] = run.send(count, first=first, rate=PER_SECOND, at_once=1)["sent"]
    return sent


def _came(run: Run) -> dict[str, list[float]]:
    came: dict[str, list[float]] = {}
    for reference, moment in run.till.request("GET", "/_received").json():
        came.setdefault(reference, []).append(float(moment))
    return came


def _waits(sent: Mapping[str, float], came: Mapping[str, list[float]]) -> list[float]:
    return sorted(came[_key(number)][0] - moment for number, moment in sent.items())


def _key(number: str) -> str:
    return str(6_000_000_000_000 + int(number))
