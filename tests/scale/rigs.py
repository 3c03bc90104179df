"""Pairs of sandbox accounts, as many tenants as are wanted, wherever the sandboxes and the web are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from clarity.demo.sandboxes import Sandbox
from integrations.models import PairState
from integrations.services import connections, pairs
from integrations.services.sandbox import connect_sandbox
from integrations.webhooks import doors
from tenants import scope
from tenants.services.members import create_tenant
from tests.flow.conftest import Rig


def make(
    name: str,
    *,
    shop_url: str,
    till_url: str,
    public_url: str,
    size: int = 8,
    flavour: str = "retail",
    poll_seconds: float = 1.0,
    till_settings: Mapping[str, str] | None = None,
    shop_options: Mapping[str, Any] | None = None,
) -> Rig:
    """A tenant of its own with a running pair; the web process must already answer."""
    doors.forget()
    shop, till = Sandbox(shop_url, name), Sandbox(till_url, name)
    # The rate limit of Shopify Plus: comparing both sides asks the shop as well.
    plus = {"bucket": 20_000, "restore_rate": 1_000}
    shop_account = shop.open_account(
        seed="7", size=size, currency="USD", **plus, **(shop_options or {})
    )
    till_account = till.open_account(seed="7", size=size, currency="USD", flavour=flavour)
    tenant = create_tenant(name=name, owner_email="owner@example.com")
    pos = connect_sandbox(
        till_account,
        tenant_id=tenant.pk,
        connector="heartland",
        flavour=flavour,
        name="Till",
        settings={
            "currency": "USD",
            "poll_seconds": str(poll_seconds),
            "requests_per_second": "1000",
            **(till_settings or {}),
        },
        now=timezone.now(),
    )
    store = connect_sandbox(
        shop_account,
        tenant_id=tenant.pk,
        connector="shopify",
        flavour="admin",
        name="Shop",
        settings={"skip_test_orders": "no"},
        now=timezone.now(),
    )
    with scope.tenant(tenant.pk):
        pair = pairs.create_pair(name="Pair", pos=pos, store=store)
    for connection in (pos, store):
        connections.subscribe(connection, public_url=public_url)
    with scope.tenant(tenant.pk):
        pairs.start(pair, state=PairState.TESTING, now=timezone.now())
    return Rig(tenant, pair, pos, store, shop, till, shop_account, till_account, public_url)
