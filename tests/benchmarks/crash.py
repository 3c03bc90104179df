"""kill -9 to all workers in the middle of a run: how long until orders flow again, and what it cost."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from clarity import supervisor
from tests import processes
from tests.benchmarks.end_to_end import Run
from tests.benchmarks.installation import one_call

ORDERS = 800
TENANTS = 8


def measure(*, orders: int = ORDERS) -> dict[str, Any]:
    """`resumed_seconds`: from the new workers' start until the till hears of an order again."""
    with one_call(tenants=TENANTS) as installation:
        run = installation.run
        with processes.running(supervisor.workers()) as workers:
            run.send(2 * TENANTS, first=1, at_once=4)
            run.wait(2 * TENANTS)
            run.till.request("POST", "/_forget")
            load = run.send(orders, first=1_000_000, at_once=16)
            _until(lambda: _count(run) >= orders // 10)
            processes.kill_all(workers)
        before = _count(run)
        began = time.monotonic()
        with processes.running(supervisor.workers()):
            _until(lambda: _count(run) > before)
            resumed = time.monotonic() - began
            run.wait(orders)
            return {
                "orders": orders,
                "delivered_before_the_kill": before,
                "resumed_seconds": round(resumed, 1),
                "drained_seconds": round(time.monotonic() - began, 1),
                **{name: run.figures(load)[name] for name in ("lost", "doubled")},
            }


def _count(run: Run) -> int:
    return int(run.till.request("GET", "/_count").json())


def _until(done: Callable[[], bool], *, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            raise TimeoutError(f"nothing moved within {seconds:.0f} s")
        time.sleep(0.02)
