"""Proportional memory (PSS) of a whole installation: shared pages are counted once."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import ExitStack
from typing import Any

import psutil

from clarity import supervisor
from clarity.supervisor import Part
from tests import processes
from tests.benchmarks import cpu
from tests.benchmarks.end_to_end import printing_its_port
from tests.flow.conftest import Rig
from tests.scale import rigs

SETTLE_SECONDS = 15.0
ORDERS = 60
TENANTS = 4
LOOK_SECONDS = 0.5
PATIENCE = 300.0
MB = 1_000_000


def measure() -> dict[str, Any]:
    """`manage.py serve` with PostgreSQL, after a rest, and the most while orders flow."""
    with ExitStack() as stack:
        enter = stack.enter_context
        _, shop = enter(printing_its_port("integrations.connector_kit.sandbox.server", "shopify"))
        _, till = enter(printing_its_port("integrations.connector_kit.sandbox.server", "heartland"))
        port = supervisor.free_port()
        serve = Part("serve", [sys.executable, "manage.py", "serve", "--port", str(port)])
        served = enter(processes.running(serve))
        supervisor.wait_for_port(port)
        pairs = [
            rigs.make(
                f"memory-{number}",
                shop_url=shop,
                till_url=till,
                public_url=f"http://127.0.0.1:{port}",
                poll_seconds=10,
            )
            for number in range(TENANTS)
        ]
        time.sleep(SETTLE_SECONDS)
        idle = _pss(served)
        for number, pair in enumerate(pairs):
            pair.shop.act("orders", count=ORDERS // TENANTS, seed=number)
        most = _most(served, pairs)
    return {
        "idle_mb": round(sum(idle.values()), 1),
        "load_mb": round(sum(most.values()), 1),
        "idle_parts_mb": idle,
        "load_parts_mb": most,
        "tenants": TENANTS,
        "orders": ORDERS,
    }


def _most(served: subprocess.Popen[bytes], pairs: list[Rig]) -> dict[str, float]:
    """The parts at the moment when together they had the most, until nothing waits any more."""
    most = _pss(served)
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        time.sleep(LOOK_SECONDS)
        now = _pss(served)
        most = max(most, now, key=lambda parts: sum(parts.values()))
        arrived = all(len(pair.deliveries(entity="order")) >= ORDERS // TENANTS for pair in pairs)
        if arrived and not any(pair.waiting() for pair in pairs):
            return most
    raise TimeoutError("the orders of the memory benchmark did not all arrive")


def _pss(served: subprocess.Popen[bytes]) -> dict[str, float]:
    """Megabytes by part.."""
    supervising = psutil.Process(served.pid)
    parts = {"supervisor": _of(supervising)}
    for child in supervising.children():
        kind = "workers" if "qcluster" in child.cmdline() else "web"
        parts[kind] = parts.get(kind, 0.0) + _family(child)
    server = cpu.postgres()
    parts["postgres"] = _family(server) if server else 0.0
    return {name: round(size / MB, 1) for name, size in parts.items()}


def _family(root: psutil.Process) -> float:
    return sum(_of(process) for process in (root, *root.children(recursive=True)))


def _of(process: psutil.Process) -> float:
    try:
        return float(process.memory_full_info().pss)
    except psutil.NoSuchProcess:
        return 0.0
