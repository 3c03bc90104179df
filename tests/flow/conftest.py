"""A pair of sandbox accounts whose webhooks reach a real server of ours."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from django.utils import timezone

from clarity.demo.compare import Comparison, Sides
from clarity.demo.sandboxes import Sandbox
from conftest import SandboxProcess
from integrations.models import (
    Connection,
    Cursor,
    Delivery,
    DeliveryState,
    InboxItem,
    InboxState,
    Pair,
    PairState,
)
from integrations.services import connections, pairs
from integrations.services.sandbox import connect_sandbox
from integrations.sync import slices
from integrations.webhooks import doors
from tenants import scope
from tenants.models import Tenant
from tenants.services.members import create_tenant

PATIENCE = 30.0


@dataclass
class Rig:
    """Everything a flow test handles."""

    tenant: Tenant
    pair: Pair
    pos: Connection
    store: Connection
    shop: Sandbox
    till: Sandbox
    shop_account: Mapping[str, Any]
    till_account: Mapping[str, Any]
    public_url: str

    @property
    def hook(self) -> str:
        return f"{self.public_url}/hooks/shopify/{self.store.pk}/"

    def work(self) -> None:
        """One slice of each lane, as the workers would do it."""
        for connection_id in (self.store.pk, self.pos.pk):
            slices.run(tenant_id=self.tenant.pk, connection_id=connection_id)

    def until(self, done: Callable[[], bool], what: str) -> None:
        """Works both lanes until `done`; fails after some patience."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            self.work()
            if done():
                return
            time.sleep(0.05)
        pytest.fail(f"waited {PATIENCE:.0f} s in vain: {what}\n{self.describe()}")

    def items(self, **match: Any) -> list[InboxItem]:
        with scope.tenant(self.tenant.pk):
            return list(InboxItem.objects.filter(**match).order_by("id"))

    def deliveries(self, **match: Any) -> list[Delivery]:
        with scope.tenant(self.tenant.pk):
            return list(Delivery.objects.filter(**match).order_by("id"))

    def is_watched(self) -> bool:
        """Whether every list was polled once: changes before that are for an initial load."""
        with scope.tenant(self.tenant.pk):
            polled = set(
                Cursor.objects.exclude(polled_at=None).values_list("connection", flat=True)
            )
            unpolled = Cursor.objects.filter(polled_at=None).exists()
        return polled == {self.pos.pk, self.store.pk} and not unpolled

    def waiting(self) -> int:
        return len(self.items(state=InboxState.WAITING)) + len(
            self.deliveries(state=DeliveryState.WAITING)
        )

    def compare(self) -> Comparison:
        return Sides(
            shop_url=self.shop_account["base_url"],
            shop_token=self.shop_account["credentials"]["access_token"],
            till_url=self.till_account["base_url"],
            till_token=self.till_account["credentials"]["token"],
        ).compare()

    def describe(self) -> str:
        rows = [
            f"  {row.entity} {row.number or row.key}: {row.state} {row.reason} {row.field} {row.said}"
            for row in (*self.items(), *self.deliveries())
        ]
        return "\n".join(rows[-30:])


@pytest.fixture
def make_rig(
    transactional_db: None,
    live_server: Any,
    sandboxes: Mapping[str, SandboxProcess],
    account_name: str,
    settings: Any,
) -> Callable[..., Rig]:
    """Makes a running pair; settings of the till and options of the accounts may be given.

    The till is polled so often that its lane always has something to do, and one thread works both
    lanes: turns are short.
    """
    settings.CLARITY_LANE_SLICE_SECONDS = 1

    def make(
        *,
        currency: str = "USD",
        size: int = 8,
        shop_size: int | None = None,
        flavour: str = "retail",
        till_settings: Mapping[str, str] | None = None,
        shop_settings: Mapping[str, str] | None = None,
        till_options: Mapping[str, Any] | None = None,
        shop_options: Mapping[str, Any] | None = None,
    ) -> Rig:
        doors.forget()
        shop = Sandbox(sandboxes["shopify"].url, account_name)
        till = Sandbox(sandboxes["heartland"].url, account_name)
        common = {"seed": "7", "currency": currency}
        shop_account = shop.open_account(**common, size=shop_size or size, **(shop_options or {}))
        till_account = till.open_account(
            **common, size=size, flavour=flavour, **(till_options or {})
        )
        tenant = create_tenant(name=account_name, owner_email="owner@example.com")
        pos = connect_sandbox(
            till_account,
            tenant_id=tenant.pk,
            connector="heartland",
            flavour=flavour,
            name="Till",
            settings={
                "currency": currency,
                "poll_seconds": "0.05",
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
            settings={"skip_test_orders": "no", **(shop_settings or {})},
            now=timezone.now(),
        )
        with scope.tenant(tenant.pk):
            pair = pairs.create_pair(name="Pair", pos=pos, store=store)
        for connection in (pos, store):
            connections.subscribe(connection, public_url=live_server.url)
        with scope.tenant(tenant.pk):
            pairs.start(pair, state=PairState.TESTING, now=timezone.now())
        rig = Rig(tenant, pair, pos, store, shop, till, shop_account, till_account, live_server.url)
        rig.until(rig.is_watched, "every list is polled for the first time")
        return rig

    return make
