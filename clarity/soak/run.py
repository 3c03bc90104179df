"""A soak: traffic of several merchants for some minutes, and faults all the while."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from clarity.demo import pairing
from clarity.demo.sandboxes import SandboxError
from clarity.faults.ending import EndState
from clarity.faults.ground import Ground, Scale, ground
from clarity.faults.shops import Shops, Wishes
from integrations.connector_kit.errors import ConnectorError
from integrations.models import Delivery, DeliveryState
from mappings.canonical.record import Entity
from tenants import scope

GOODS = 40
_EVENTS = ("order", "order", "order", "order", "sell", "sell", "restock", "cancel")


@dataclass(frozen=True)
class Plan:
    """`per_second`: orders, sales and changes of all merchants together; `fault_every`: seconds
    from one fault to the next, 0 for none."""

    minutes: float
    pairs: int
    per_second: float
    fault_every: float
    seed: int


@dataclass(frozen=True)
class Closing:
    """The closing line. Latency: from an order's notice to its outcome at the till, in ms, of all
    orders, those that met a fault too. `conservation`: whether every row is accounted for."""

    minutes: float
    events: int
    orders: int
    faults: int
    lost: int
    doubled: int
    stock_differences: int
    total_differences: int
    stopped: int
    waiting: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    conservation: bool
    recovery_seconds: float

    @property
    def is_good(self) -> bool:
        wrong = (self.lost, self.doubled, self.stock_differences, self.total_differences)
        return self.conservation and not any((*wrong, self.stopped, self.waiting))


def run(plan: Plan, *, scale: Scale, folder: Path, say: Callable[[str], None]) -> Closing:
    """Traffic and faults for the planned time, then calm until both sides agree.

    The merchants have each of the stores in turn.
    """
    chance = random.Random(plan.seed)  # noqa: S311 - reproducible, not secret
    stores = pairing.stores()
    with ground(folder, scale, stores) as ready:
        merchants = [
            ready.shops(f"soak-{n}", stores[n % len(stores)], Wishes(size=GOODS))
            for n in range(plan.pairs)
        ]
        for one in merchants:
            one.wait_until_watched()
        faults = _trouble(ready, merchants, plan, chance, say)
        over = time.monotonic()
        ends = [one.until_good(scale.patience) for one in merchants]
        return _closing(plan, merchants, faults, ends, time.monotonic() - over)


def _trouble(
    ready: Ground,
    merchants: list[Shops],
    plan: Plan,
    chance: random.Random,
    say: Callable[[str], None],
) -> int:
    """Answers how many faults there were."""
    began = time.monotonic()
    end, done = began + plan.minutes * 60, 0
    faults = _faults(ready, merchants, chance)
    next_fault = began + plan.fault_every if plan.fault_every else float("inf")
    count = 0
    while (now := time.monotonic()) < end:
        if now >= next_fault:
            say(f"{now - began:.0f} s: {next(faults)}")
            count += 1
            next_fault = time.monotonic() + plan.fault_every
        if now >= began + done / plan.per_second:
            _happen(chance.choice(merchants), chance)
            done += 1
        else:
            time.sleep(0.005)
    return count


def _happen(shops: Shops, chance: random.Random) -> None:
    what = chance.choice(_EVENTS)
    try:
        if what == "sell":
            shops.sell()
        elif what == "restock":
            shops.restock(chance.choice(shops.skus), chance.randint(1, 12))
        else:
            made = shops.order()
            if what == "cancel" and made:
                shops.cancel(int(made[0]["id"]))
    except (ConnectorError, SandboxError):
        # Sold out: nothing has happened.
        return


def _faults(ready: Ground, merchants: list[Shops], chance: random.Random) -> Iterator[str]:
    """One fault after the other, for ever; what was done, in words."""
    storms: tuple[tuple[str, dict[str, Any]], ...] = (
        ("refuse", {}),
        ("throttle", {}),
        ("status", {"value": 503}),
        ("latency", {"value": 0.3}),
        ("lost_answer", {"match": "POST"}),
    )
    webhooks = ("duplicate_webhooks", "shuffle_webhooks", "delay_webhooks", "drop_webhooks")
    while True:
        for kind, more in storms:
            shops = chance.choice(merchants)
            side = chance.choice((shops.till, shops.shop))
            seconds = ready.scale.storm / 3
            shops.fault(side, kind, times=-1, seconds=seconds, **more)
            yield f"{kind} at {side.account} for {seconds:.0f} s"
            kind = chance.choice(webhooks)
            shops = chance.choice(merchants)
            shops.fault(shops.shop, kind, times=10, value=2)
            yield f"{kind} at {shops.shop.account}"
        ready.workers.kill()
        ready.workers.start()
        yield "kill -9 to all workers"
        ready.workers.kill_members(pause=0.3)
        yield "kill -9 to each worker, one after the other"
        ready.web.kill()
        ready.start_web()
        yield "kill -9 to the web process"


def _closing(
    plan: Plan, merchants: list[Shops], faults: int, ends: list[EndState], recovery: float
) -> Closing:
    end = sum(ends, EndState())
    times = sorted(ms for one in merchants for ms in _latencies(one.tenant.pk))
    return Closing(
        minutes=plan.minutes,
        events=sum(one.events for one in merchants),
        orders=len(times),
        faults=faults,
        lost=end.lost,
        doubled=end.doubled,
        stock_differences=end.stock_differences,
        total_differences=end.total_differences,
        stopped=end.stopped,
        waiting=end.waiting,
        p50_ms=_percentile(times, 0.50),
        p95_ms=_percentile(times, 0.95),
        p99_ms=_percentile(times, 0.99),
        conservation=end.unaccounted == 0 and end.waiting == 0,
        recovery_seconds=round(recovery, 1),
    )


def _latencies(tenant_id: UUID) -> Iterator[float]:
    """Of each order's first delivery: from its notice to the outcome, in milliseconds."""
    with scope.tenant(tenant_id):
        rows = (
            Delivery.objects.filter(entity=Entity.ORDER, state=DeliveryState.DELIVERED)
            .order_by("key", "id")
            .distinct("key")
            .values_list("inbox_item__received_at", "finished_at")
        )
        yield from [(end - start).total_seconds() * 1000 for start, end in rows]


def _percentile(ordered: list[float], share: float) -> float:
    if not ordered:
        return 0.0
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))], 1)
