"""An initial load of full size: 20,000 stock levels and 5,000 customers."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

from clarity import supervisor
from tests import processes
from tests.benchmarks import backfill
from tests.benchmarks.end_to_end import printing_its_port


def measure(*, skus: int = 20_000, customers: int = 5_000) -> dict[str, Any]:
    """`budget_used_percent`: of the calls the shop permits, while stock is written."""
    with ExitStack() as stack:
        urls = [
            stock_url
            for _, stock_url in (
                stack.enter_context(
                    printing_its_port("integrations.connector_kit.sandbox.server", name)
                )
                for name in ("shopify", "heartland")
            )
        ]
        found = backfill.run(
            shop_url=urls[0],
            till_url=urls[1],
            name="bulk",
            skus=skus,
            customers=customers,
            workers=lambda: processes.running(supervisor.workers()),
        )
    used = found["stock"]["write_calls_per_second"] / backfill.CALLS_PER_SECOND
    return {**found, "budget_used_percent": round(100 * used, 1)}
