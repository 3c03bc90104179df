"""Planted differences among 20,000 articles: all found, in few calls, and mended."""

from __future__ import annotations

import random
import time
from contextlib import ExitStack
from typing import Any

from django.utils import timezone

from clarity import supervisor
from integrations.connector_kit.sandbox.catalogue import catalogue
from integrations.services import converge
from integrations.services.converge import Found
from tests import processes
from tests.benchmarks import backfill
from tests.benchmarks.end_to_end import printing_its_port

PLANTED = 37
PATIENCE = 300.0


def measure(*, skus: int = 20_000, planted: int = PLANTED) -> dict[str, Any]:
    """`not_found` and `wrongly_found`: against what was planted; `left`: after the repair.

    `extra_calls_percent`: the second look, of the calls that one read of each side takes.
    """
    with ExitStack() as stack:
        shop_url, till_url = (
            stack.enter_context(
                printing_its_port("integrations.connector_kit.sandbox.server", name)
            )[1]
            for name in ("shopify", "heartland")
        )
        rig = backfill.make(
            shop_url=shop_url,
            till_url=till_url,
            name="converge",
            skus=skus,
            customers=0,
            opening_stock=True,
        )
        chance = random.Random(7)
        goods = [one.sku for one in catalogue(seed="7", size=skus)]
        wrong = set(chance.sample(goods, planted))
        for number, sku in enumerate(sorted(wrong), 1):
            rig.shop.act("stock", sku=sku, available=500 + number)
        began = time.monotonic()
        found = converge.compare(rig.pair)
        seconds = time.monotonic() - began
        with processes.running(supervisor.workers()):
            sent = converge.repair(found, now=timezone.now())
            repaired = _until_there(found)
        after = converge.compare(rig.pair)
    listed = {one.sku for one in found.differences}
    calls, again = sum(found.calls.values()), sum(found.again.values())
    return {
        "skus": skus,
        "planted": planted,
        "listed": len(found.differences),
        "not_found": len(wrong - listed),
        "wrongly_found": len(listed - wrong),
        "seconds": round(seconds, 1),
        "calls": calls,
        "calls_till": found.calls["till"],
        "calls_shop": found.calls["shop"],
        "calls_again": again,
        "extra_calls_percent": round(100 * again / calls, 2),
        "repaired": sent,
        "repair_seconds": round(repaired, 1),
        "left": len(after.differences) + len(after.on_the_way),
    }


def _until_there(found: Found) -> float:
    """Seconds until every number of the repair has arrived. Raises TimeoutError."""
    began = time.monotonic()
    while converge.is_under_way(found):
        if time.monotonic() - began > PATIENCE:
            raise TimeoutError("the numbers of the repair did not arrive")
        time.sleep(0.2)
    return time.monotonic() - began
