"""A backfill of full size against both sandboxes: calls, rates, refusals and differences.

`run` is called by a benchmark command or a test; workers must be running, or are started by it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from clarity.demo.sandboxes import Sandbox
from integrations.models import Backfill, BackfillState, Connection, Pair, PairState
from integrations.services import backfills, pairs, stock
from integrations.services.backfill_progress import progress
from integrations.services.calls import permitted_calls
from integrations.services.sandbox import connect_sandbox
from tenants import scope
from tenants.services.members import create_tenant

SKUS, CUSTOMERS = 20_000, 5_000
BATCH = 250
LOOK_SECONDS = 0.2

# What Shopify asks for one inventorySetQuantities: ten such calls a second are then permitted.
POINTS_PER_WRITE = 13
CALLS_PER_SECOND = 10

Workers = Callable[[], AbstractContextManager[object]]


@dataclass(frozen=True)
class Rig:
    """Two accounts of full size, paired and running."""

    tenant_id: Any
    pair: Pair
    shop: Sandbox
    till: Sandbox


def make(
    *,
    shop_url: str,
    till_url: str,
    name: str,
    skus: int,
    customers: int,
    opening_stock: bool = False,
    store: str = "shopify",
    flavour: str = "admin",
    shop_settings: Mapping[str, str] | None = None,
) -> Rig:
    """Makes both accounts and the pair. The till begins without buyers, the shop without stock
    unless it is given some. `store` and `flavour`: which connector the shop is of."""
    shop, till = Sandbox(shop_url, name), Sandbox(till_url, name)
    points = float(POINTS_PER_WRITE * CALLS_PER_SECOND)
    shop_account = shop.open_account(
        seed="7",
        size=skus,
        customers=customers,
        opening_stock=opening_stock,
        restore_rate=points,
        # No more than a second's worth in hand, so that what is measured is the rate.
        bucket=points,
    )
    till_account = till.open_account(seed="7", size=skus)
    tenant = create_tenant(name=name, owner_email="owner@example.com")
    common = {"tenant_id": tenant.pk, "now": timezone.now()}
    pos = connect_sandbox(
        till_account,
        connector="heartland",
        flavour="retail",
        name="Till",
        settings={"poll_seconds": "2", "requests_per_second": "1000"},
        **common,
    )
    at_shop = connect_sandbox(
        shop_account,
        connector=store,
        flavour=flavour,
        name="Shop",
        settings=shop_settings or {},
        **common,
    )
    with scope.tenant(tenant.pk):
        pair = pairs.create_pair(name="Pair", pos=pos, store=at_shop)
        pairs.start(pair, state=PairState.TESTING, now=timezone.now())
    return Rig(tenant.pk, pair, shop, till)


def run(
    *,
    shop_url: str,
    till_url: str,
    name: str,
    skus: int = SKUS,
    customers: int = CUSTOMERS,
    workers: Workers = nullcontext,
    patience: float = 3600.0,
) -> dict[str, Any]:
    """The figures of both backfills, one after the other. Raises TimeoutError."""
    rig = make(shop_url=shop_url, till_url=till_url, name=name, skus=skus, customers=customers)
    with workers():
        found = {
            "stock": one(rig, "inventory", target=rig.shop, patience=patience),
            "customers": one(rig, "customer", target=rig.till, patience=patience),
        }
    stock.forget()
    compared = stock.compare_stock(pair=rig.pair, now=timezone.now())
    floor = -(-skus // BATCH) / CALLS_PER_SECOND
    found["stock"] |= {
        "floor_seconds": floor,
        "times_floor": round(found["stock"]["writing_seconds"] / floor, 2),
        "target_times_floor": 1.05,
        "differences": sum(1 for row in compared.rows if row.difference not in (None, 0)),
    }
    return {"skus": skus, "customers": customers, **found}


def one(rig: Rig, entity: str, *, target: Sandbox, patience: float) -> dict[str, Any]:
    """The figures of the backfill of one entity. Raises TimeoutError."""
    before = {side: side.log() for side in (rig.shop, rig.till)}
    with scope.tenant(rig.tenant_id):
        flow = backfills.find_flow(rig.pair.pk, entity)
    row = backfills.plan(flow=flow, now=timezone.now())
    with scope.tenant(rig.tenant_id):
        backfills.start(row, by=None, now=timezone.now())
    began = time.monotonic()
    first_write = _until_done(rig, row, patience=patience)
    seconds = time.monotonic() - began
    with scope.tenant(rig.tenant_id):
        ended = backfills.get(row.pk)
        outcomes = dict(progress(ended, now=timezone.now()).counts)
        permitted = permitted_calls(Connection.objects.get(pk=flow.target_id))
    after = {side: side.log() for side in (rig.shop, rig.till)}
    calls = sum(int(after[side]["requests"]) - int(before[side]["requests"]) for side in after)
    planned = row.list_calls + row.read_calls + row.write_calls
    writing = max(0.001, seconds - first_write)
    return {
        "records": row.records,
        "outcomes": outcomes,
        "calls_planned": planned,
        "calls_used": calls,
        "refused_429": sum(
            int(after[side]["throttled"]) - int(before[side]["throttled"]) for side in after
        ),
        "seconds": round(seconds, 1),
        "writing_seconds": round(writing, 1),
        "records_per_second": round((row.records or 0) / seconds, 1),
        "write_calls_per_second": round(row.write_calls / writing, 2),
        "permitted_calls_per_second": CALLS_PER_SECOND if target is rig.shop else permitted,
    }


def _until_done(rig: Rig, row: Backfill, *, patience: float) -> float:
    """Seconds until the first record was settled."""
    began, first = time.monotonic(), 0.0
    while True:
        with scope.tenant(rig.tenant_id):
            found = backfills.get(row.pk)
            if not first and progress(found, now=timezone.now()).settled:
                first = time.monotonic() - began
        if found.state == BackfillState.DONE:
            return first
        if found.state != BackfillState.RUNNING or time.monotonic() - began > patience:
            raise TimeoutError(
                f"the backfill is {found.state} ({found.problem}), read {found.read}"
            )
        time.sleep(LOOK_SECONDS if first else 0.05)
