"""The demo tenant: a Heartland sandbox and a Shopify sandbox, paired and running."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from clarity.demo.sandboxes import Sandbox
from integrations.models import Cursor, Pair, PairState
from integrations.services import connections, pairs
from integrations.services.sandbox import connect_sandbox
from tenants import scope
from tenants.models import Tenant
from tenants.services.members import create_tenant

OWNER = "owner@demo.example"


@dataclass(frozen=True)
class Demo:
    """A running demo."""

    tenant: Tenant
    pair: Pair
    shop: Sandbox
    till: Sandbox
    shop_account: Mapping[str, Any]
    till_account: Mapping[str, Any]


def make(
    *,
    shop: Sandbox,
    till: Sandbox,
    seed: str,
    size: int,
    public_url: str,
    poll_seconds: float,
    now: datetime,
) -> Demo:
    """A fresh demo tenant; the one of an earlier demo is removed with everything it had.

    The web process must already answer at `public_url`, because the shop sends webhooks there.
    """
    remove()
    tenant = create_tenant(name="Demo", owner_email=OWNER)
    with scope.tenant(tenant.pk):
        tenant.settings["is_demo"] = True
        tenant.save(update_fields=["settings"])
    # Some of their goods, buyers and notes mean harm, as among those of any real shop.
    # The rate limit of Shopify Plus: the comparison of the two sides asks the shop as well.
    shop_account = shop.open_account(
        seed=seed, size=size, currency="USD", hostile=True, bucket=20_000, restore_rate=1_000
    )
    till_account = till.open_account(seed=seed, size=size, currency="USD", hostile=True)
    pos = connect_sandbox(
        till_account,
        tenant_id=tenant.pk,
        connector="heartland",
        flavour="retail",
        name="Store till",
        # The sandbox answers as fast as this machine can; a real account is asked 3 times a second.
        settings={
            "currency": "USD",
            "poll_seconds": str(poll_seconds),
            "requests_per_second": "1000",
        },
        now=now,
    )
    store = connect_sandbox(
        shop_account,
        tenant_id=tenant.pk,
        connector="shopify",
        flavour="admin",
        name="Web shop",
        # Every order of a sandbox shop is a test order.
        settings={"skip_test_orders": "no"},
        now=now,
    )
    with scope.tenant(tenant.pk):
        pair = pairs.create_pair(name="Store till and web shop", pos=pos, store=store)
    for connection in (pos, store):
        connections.subscribe(connection, public_url=public_url)
    with scope.tenant(tenant.pk):
        pairs.start(pair, state=PairState.TESTING, now=now)
    return Demo(tenant, pair, shop, till, shop_account, till_account)


def remove() -> None:
    """Deletes the demo tenant of an earlier run, if there is one."""
    with scope.door("remove the earlier demo tenant"):
        Tenant.objects.filter(settings__is_demo=True).delete()


def is_watched(tenant_id: UUID, accounts: Collection[UUID]) -> bool:
    """Whether every list of these accounts was polled once: changes before are for an initial load."""
    with scope.tenant(tenant_id):
        polled = set(Cursor.objects.exclude(polled_at=None).values_list("connection", flat=True))
        unpolled = Cursor.objects.filter(polled_at=None).exists()
    return polled == set(accounts) and not unpolled
