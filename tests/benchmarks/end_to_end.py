"""Orders end to end: signed Shopify webhook -> our processes -> a till that takes one call.

`measure` answers the figures as a dict. It needs Django set up, the migrated database of the
`default` connection to itself, and starts every process it measures.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import psutil
from django.utils import timezone

from clarity import supervisor
from clarity.demo.sandboxes import Sandbox, plain_session
from integrations.models import (
    Delivery,
    DeliveryState,
    Environment,
    InboxItem,
    InboxState,
    PairState,
)
from integrations.services import connections, pairs
from integrations.services.connections import NewConnection
from integrations.services.sandbox import connect_sandbox
from tenants import scope
from tenants.models import Tenant
from tenants.services.members import create_tenant
from tests import processes
from tests.benchmarks import cpu
from tests.benchmarks.till import NAME, add_connectors

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = "tests.benchmarks.settings"
STALLED_SECONDS = 30.0


@dataclass(frozen=True)
class Shop:
    """One tenant's store, as the sender of webhooks sees it."""

    tenant: Tenant
    path: str
    secret: str


@contextmanager
def printing_its_port(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A process that prints {"port"} once it listens; gives it and its address."""
    process = subprocess.Popen(
        [sys.executable, "-m", *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        port = json.loads(process.stdout.readline())["port"]
        yield process, f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


def open_shops(count: int, *, sandbox_url: str, till_url: str) -> list[Shop]:
    """`count` tenants, each with a running pair of a Shopify store and a one-call till."""
    return [_open_shop(sandbox_url, till_url) for _ in range(count)]


def _open_shop(sandbox_url: str, till_url: str) -> Shop:
    name, now = f"bench-{uuid.uuid4().hex[:10]}", timezone.now()
    account = Sandbox(sandbox_url, name).open_account(seed="7", currency="USD", size=1)
    tenant = create_tenant(name=name, owner_email="owner@example.com")
    store = connect_sandbox(
        account,
        tenant_id=tenant.pk,
        connector="shopify",
        flavour="admin",
        name="Shop",
        settings={},
        now=now,
    )
    wanted = NewConnection(
        connector=NAME,
        flavour="till",
        name="Till",
        environment=Environment.SANDBOX,
        base_url=till_url,
        settings={},
        credentials={"token": uuid.uuid4().hex},
    )
    pos = connections.connect(wanted, tenant_id=tenant.pk, now=now)
    with scope.tenant(tenant.pk):
        pair = pairs.create_pair(name="Pair", pos=pos, store=store)
        pairs.start(pair, state=PairState.TESTING, now=now)
    secret = account["credentials"]["client_secret"]
    return Shop(tenant, f"/hooks/shopify/{store.pk}/", secret)


def measure(
    *,
    orders: int = 5000,
    tenants: int = 20,
    rate: float = 0.0,
    at_once: int = 16,
    call_seconds: float = 0.05,
) -> dict[str, Any]:
    """Rates, latencies, losses and CPU of `orders` orders over `tenants` tenants.

    `rate`: webhooks a second, 0 for as fast as they are accepted. `at_once`: connections of the
    sender. Latency is from before the webhook is sent until the till has the request.
    """
    add_connectors()
    with ExitStack() as stack, patch.dict(os.environ, {"DJANGO_SETTINGS_MODULE": SETTINGS}):
        enter = stack.enter_context
        _, sandbox = enter(
            printing_its_port("integrations.connector_kit.sandbox.server", "shopify")
        )
        _, till = enter(printing_its_port("tests.benchmarks.till", str(call_seconds)))
        shops = open_shops(tenants, sandbox_url=sandbox, till_url=till)
        port = supervisor.free_port()
        web = enter(processes.running(supervisor.web(port=port)))
        workers = enter(processes.running(supervisor.workers()))
        supervisor.wait_for_port(port)
        run = Run(shops, f"http://127.0.0.1:{port}", till)
        run.send(4 * tenants, first=1, at_once=4)
        run.wait(4 * tenants)
        meter = cpu.Meter(
            {
                "web": psutil.Process(web.pid),
                "workers": psutil.Process(workers.pid),
                "postgres": cpu.postgres(),
            }
        )
        run.till.request("POST", "/_forget")
        load = run.send(orders, first=1_000_000, rate=rate, at_once=at_once)
        run.wait(orders)
        return {
            "orders": orders,
            "tenants": tenants,
            "offered_per_second": rate or "as accepted",
            **run.figures(load),
            "cpu_ms_per_order": meter.per(orders),
        }


class Run:
    """The shops of one measurement, the till they share, and what came of it."""

    def __init__(self, shops: list[Shop], web: str, till: str) -> None:
        self.shops = shops
        self.web = web
        self.till = plain_session(till)

    def send(self, count: int, *, first: int, rate: float = 0.0, at_once: int) -> Mapping[str, Any]:
        """Sends webhooks from a process of its own and waits until all are answered."""
        job = {
            "shops": [[f"{self.web}{shop.path}", shop.secret] for shop in self.shops],
            "count": count,
            "first": first,
            "rate": rate,
            "at_once": at_once,
        }
        found = subprocess.run(
            [sys.executable, "-m", "tests.benchmarks.order_load"],
            cwd=ROOT,
            input=json.dumps(job),
            capture_output=True,
            text=True,
            check=True,
        )
        answer: Mapping[str, Any] = json.loads(found.stdout)
        return answer

    def wait(self, count: int) -> None:
        """Until the till has so many orders and nothing waits; gives up when nothing moves."""
        seen, moved_at = (-1, -1), time.monotonic()
        while time.monotonic() - moved_at < STALLED_SECONDS:
            came = int(self.till.request("GET", "/_count").json())
            waiting = self.waiting() if came >= count else -1
            if came >= count and not waiting:
                return
            if (came, waiting) != seen:
                seen, moved_at = (came, waiting), time.monotonic()
            time.sleep(0.1)

    def waiting(self) -> int:
        """How many notices and deliveries of all tenants wait."""
        with scope.door("count what a benchmark has left"):
            return int(
                InboxItem.objects.filter(state=InboxState.WAITING).count()
                + Delivery.objects.filter(state=DeliveryState.WAITING).count()
            )

    def figures(self, load: Mapping[str, Any]) -> dict[str, Any]:
        """What the till got, held against what was sent."""
        sent = {str(6_000_000_000_000 + int(key)): at for key, at in load["sent"].items()}
        came: dict[str, list[float]] = {}
        for reference, at in self.till.request("GET", "/_received").json():
            came.setdefault(reference, []).append(float(at))
        waits = sorted(came[name][0] - at for name, at in sent.items() if name in came)
        took = max((moments[0] for moments in came.values()), default=0) - min(sent.values())
        return {
            "per_second": round(len(waits) / took, 1),
            "lost": len(sent) - len(waits),
            "doubled": sum(len(moments) - 1 for moments in came.values()),
            "refused": load["refused"],
            "p50_ms": _at(waits, 0.50),
            "p95_ms": _at(waits, 0.95),
            "p99_ms": _at(waits, 0.99),
            "accepted_per_second": round(len(sent) / load["seconds"], 1),
            "accepted_p50_ms": round(load["p50_ms"], 1),
            "accepted_p99_ms": round(load["p99_ms"], 1),
        }


def _at(waits: list[float], share: float) -> float:
    return round(waits[int(len(waits) * share)] * 1000, 1) if waits else 0.0
