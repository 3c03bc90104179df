"""From a sale at the till until the web shop shows the new stock."""

from __future__ import annotations

import random
import time
from typing import Any

from clarity.demo.sandboxes import plain_session
from integrations.connector_kit.sandbox.catalogue import catalogue
from tests.benchmarks.sandboxed import installation
from tests.flow.conftest import Rig

SALES = 40
POLL_SECONDS = 2.0
# Where a webhook tells of the change, the poll only looks after what it missed.
RARE_POLL_SECONDS = 600.0
SIZE = 24
PATIENCE = 60.0
_QUANTITY = """query Quantity($sku: String) { productVariants(first: 1, query: $sku) {
  nodes { sku inventoryQuantity } } }"""


def measure(*, sales: int = SALES) -> dict[str, Any]:
    """Retail Heartland is polled; its unified API sends a webhook."""
    with installation() as make:
        polled = make("stock-polled", size=SIZE, poll_seconds=POLL_SECONDS)
        told = make("stock-told", size=SIZE, flavour="unified_v1", poll_seconds=RARE_POLL_SECONDS)
        found = {"polled": _waits(polled, sales), "webhook": _waits(told, sales)}
    figures = {
        name: {
            "sales": sales,
            "p50_seconds": round(waits[len(waits) // 2], 2),
            "p95_seconds": round(waits[int(len(waits) * 0.95)], 2),
        }
        for name, waits in found.items()
    }
    beyond = figures["polled"]["p95_seconds"] - POLL_SECONDS
    figures["polled"]["p95_after_poll_seconds"] = round(max(0.0, beyond), 2)
    return {"poll_seconds": POLL_SECONDS, **figures}


def _waits(rig: Rig, sales: int) -> list[float]:
    skus = [article.sku for article in catalogue(seed="7", size=SIZE)]
    chance = random.Random(7)
    _warm_up(rig, skus[0])
    waits = []
    for number in range(sales):
        # At any moment between two polls.
        time.sleep(chance.random() * POLL_SECONDS)
        waits.append(_one(rig, skus[number % len(skus)]))
    return sorted(waits)


def _warm_up(rig: Rig, sku: str) -> None:
    """Sells until the shop has heard of it: the first poll only marks where the next one begins."""
    wanted, end = _quantity(rig, sku), time.monotonic() + PATIENCE
    while time.monotonic() < end:
        rig.till.act("sales", sku=sku, quantity=1)
        wanted -= 1
        time.sleep(2 * POLL_SECONDS)
        if _quantity(rig, sku) == wanted:
            return
    raise TimeoutError(f"the shop never showed a sale of {sku}")


def _one(rig: Rig, sku: str) -> float:
    """Seconds from one sale until the shop shows it. Raises TimeoutError."""
    wanted = _quantity(rig, sku) - 1
    began = time.monotonic()
    rig.till.act("sales", sku=sku, quantity=1)
    while _quantity(rig, sku) != wanted:
        if time.monotonic() - began > PATIENCE:
            raise TimeoutError(f"the shop never showed the sale of {sku}")
        time.sleep(0.02)
    return time.monotonic() - began


def _quantity(rig: Rig, sku: str) -> int:
    token = rig.shop_account["credentials"]["access_token"]
    shop = plain_session(rig.shop_account["base_url"], {"X-Shopify-Access-Token": token})
    answer = shop.request(
        "POST",
        "/admin/api/2026-10/graphql.json",
        body={"query": _QUANTITY, "variables": {"sku": f"sku:{sku}"}},
    )
    (node,) = answer.json()["data"]["productVariants"]["nodes"]
    return int(node["inventoryQuantity"])
