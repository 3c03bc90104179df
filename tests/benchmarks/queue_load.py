"""An initial load of stock into a store that takes it through a queue of its own."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

from django.utils import timezone

from clarity import supervisor
from integrations.services import stock
from tests import processes
from tests.benchmarks import backfill
from tests.benchmarks.end_to_end import printing_its_port

_QUEUED, _DIRECT = "/async/bulk/", "POST /V1/inventory/source-items"

# The sandbox answers so fast that levels hardly ever pile up; a shop at work takes seconds.
THRESHOLD = "50"


def measure(
    *, skus: int = 20_000, store: str = "magento", flavour: str = "rest", patience: float = 1800.0
) -> dict[str, Any]:
    """From the start of the load until every level is confirmed. Raises TimeoutError."""
    with ExitStack() as stack:
        shop_url, till_url = (
            stack.enter_context(
                printing_its_port("integrations.connector_kit.sandbox.server", name)
            )[1]
            for name in (store, "heartland")
        )
        rig = backfill.make(
            shop_url=shop_url,
            till_url=till_url,
            name="queue",
            skus=skus,
            customers=0,
            store=store,
            flavour=flavour,
            shop_settings={"bulk_threshold": THRESHOLD},
        )
        stack.enter_context(processes.running(supervisor.workers()))
        found = backfill.one(rig, "inventory", target=rig.shop, patience=patience)
        routes = rig.shop.log()["by_route"]
        stock.forget()
        compared = stock.compare_stock(pair=rig.pair, now=timezone.now())
    return {
        "skus": skus,
        "seconds": found["seconds"],
        "writing_seconds": found["writing_seconds"],
        "levels_per_second": found["records_per_second"],
        "calls_to_the_shop": sum(int(count) for count in routes.values()),
        "loads": sum(int(count) for name, count in routes.items() if _QUEUED in name),
        "direct_writes": int(routes.get(_DIRECT, 0)),
        "refused_429": found["refused_429"],
        "differences": sum(1 for row in compared.rows if row.difference not in (None, 0)),
        "outcomes": found["outcomes"],
    }
