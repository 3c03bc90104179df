"""From a placed order to the order in Heartland: through real processes, both lanes, ten calls."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

from integrations.models import Delivery, DeliveryState
from tenants import scope
from tests.benchmarks.conftest import RUNS
from tests.flow.conftest import Rig

ORDERS = 60


def test_orders_end_to_end(
    web: str, make_rig: Callable[..., Rig], workers: None, report: Callable[..., None]
) -> None:
    rig = make_rig(size=24)
    rates, waits = [], []
    for run in range(RUNS):
        before = len(rig.deliveries(entity="order", state=DeliveryState.DELIVERED))
        began = time.monotonic()
        rig.shop.act("orders", count=ORDERS, seed=run)
        wait_for(rig, before + ORDERS)
        rates.append(ORDERS / (time.monotonic() - began))
    wait_until_quiet(rig)
    with scope.tenant(rig.tenant.pk):
        rows = Delivery.objects.filter(entity="order", state=DeliveryState.DELIVERED)
        waits = sorted(
            (row.finished_at - row.inbox_item.received_at).total_seconds()
            for row in rows.select_related("inbox_item")
        )
    found = rig.compare()
    assert (found.lost, found.duplicates, found.total_differences) == (0, 0, 0)
    report(
        orders_per_second=round(statistics.median(rates), 1),
        calls_per_order=13,
        p50_seconds_in_a_burst=round(waits[len(waits) // 2], 2),
        stock_differences=found.stock_differences,
    )


def wait_for(rig: Rig, count: int) -> None:
    end = time.monotonic() + 120
    while len(rig.deliveries(entity="order", state=DeliveryState.DELIVERED)) < count:
        assert time.monotonic() < end, rig.describe()
        time.sleep(0.1)


def wait_until_quiet(rig: Rig) -> None:
    end = time.monotonic() + 60
    while rig.waiting() or rig.compare().stock_differences:
        assert time.monotonic() < end, rig.describe()
        time.sleep(0.2)
