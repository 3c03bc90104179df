"""A shop and a till of the sandboxes, connected as one integration pair of a tenant of its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import OperationalError
from django.db import connection as database
from django.utils import timezone

from clarity.demo.compare import Sides
from clarity.demo.sandboxes import Sandbox, SandboxError, plain_session
from clarity.demo.tenant import is_watched
from clarity.faults.ending import EndState, look
from integrations.connector_kit.errors import ConnectorError
from integrations.connector_kit.sandbox.catalogue import catalogue
from integrations.models import Connection, Pair, PairState
from integrations.services import connections, pairs
from integrations.services.sandbox import connect_sandbox
from tenants import scope
from tenants.models import Tenant
from tenants.services.members import create_tenant

SEED = "7"
SIZE = 8
LOOK_SECONDS = 0.2


@dataclass(frozen=True)
class Wishes:
    """What is unusual about the accounts of a trial."""

    settings: Mapping[str, str] = field(default_factory=dict)
    shop_settings: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    size: int = SIZE


@dataclass
class Shops:
    """Everything a trial handles. `events`: sales, orders and changes made so far."""

    tenant: Tenant
    pair: Pair
    pos: Connection
    store: Connection
    shop: Sandbox
    till: Sandbox
    sides: Sides
    skus: list[str]
    shop_account: Mapping[str, Any]
    events: int = 0

    def order(self, count: int = 1, **how: Any) -> list[Mapping[str, Any]]:
        """So many orders of buyers in the shop."""
        made = self.shop.act("orders", count=count, seed=self.events + 1, **how)["orders"]
        self.events += len(made)
        return list(made)

    def cancel(self, order_id: int) -> None:
        self.shop.act(f"orders/{order_id}/cancel")
        self.events += 1

    def sell(self, count: int = 1) -> None:
        """So many sales at the till."""
        sold = self.till.act("sales", count=count, seed=str(self.events + 1))
        self.events += len(sold["tickets"])

    def restock(self, sku: str, delta: int) -> None:
        """Goods come to the till, or are written off."""
        self.till.act("stock", sku=sku, delta=delta)
        self.events += 1

    def a_bit_of_everything(self, orders: int = 3) -> None:
        """Orders, with sales and deliveries of goods in between."""
        for number in range(orders):
            self.order()
            self.sell()
            self.restock(self.skus[number % len(self.skus)], 5)

    def rename_buyer(self, number: int, first_name: str) -> None:
        """A customer of the shop changes the name; nothing happens before there are customers."""
        session = plain_session(
            self.shop_account["base_url"],
            {"X-Shopify-Access-Token": self.shop_account["credentials"]["access_token"]},
        )

        def run(query: str, **variables: Any) -> Any:
            path = "/admin/api/2026-10/graphql.json"
            return session.request(
                "POST", path, body={"query": query, "variables": variables}
            ).json()["data"]

        nodes = run("query Someone { customers(first: 20) { nodes { id } } }")["customers"]["nodes"]
        if nodes:
            run(
                "mutation Rename($i: CustomerInput!) { customerUpdate(input: $i) { userErrors"
                " { message } } }",
                i={"id": nodes[number % len(nodes)]["id"], "firstName": first_name},
            )
            self.events += 1

    def fault(self, where: Sandbox, kind: str, **more: Any) -> None:
        where.act("faults", kind=kind, **more)

    def reconnect(self) -> None:
        """The owner enters the credentials again, which are good once more."""
        for connection in (self.pos, self.store):
            connections.reconnect(connection, credentials={}, now=timezone.now())

    def lanes(self) -> list[tuple[str, str]]:
        """Tenant and connection of both lanes."""
        return [(str(self.tenant.pk), str(one.pk)) for one in (self.store, self.pos)]

    def is_watched(self) -> bool:
        """Whether every list was polled once: changes before that are for an initial load."""
        return is_watched(self.tenant.pk, (self.pos.pk, self.store.pk))

    def wait_until_watched(self, patience: float = 30) -> None:
        """Raises TimeoutError."""
        end = time.monotonic() + patience
        while not self.is_watched():
            if time.monotonic() > end:
                raise TimeoutError(f"nobody polled the accounts of {self.tenant.name}")
            time.sleep(0.05)

    def close(self) -> None:
        """The pair rests: its accounts are not polled any more."""
        with scope.tenant(self.tenant.pk):
            pairs.pause(self.pair)

    def end_state(self) -> EndState:
        return look(self.tenant.pk, self.sides)

    def until_good(self, patience: float, work: Callable[[], None] | None = None) -> EndState:
        """The end state once it is good, or when patience ends. `work`: done before each look."""
        end = time.monotonic() + patience
        while True:
            if work is not None:
                work()
            try:
                found = self.end_state()
            except (ConnectorError, SandboxError):
                found = EndState(waiting=1)
            except OperationalError:
                # The database was taken from under us, too.
                database.close()
                found = EndState(waiting=1)
            if found.is_good or time.monotonic() > end:
                return found
            time.sleep(LOOK_SECONDS)


def open_shops(
    name: str, *, urls: Mapping[str, str], public_url: str, wishes: Wishes | None = None
) -> Shops:
    """Fresh accounts, connected and running. Webhooks go to `public_url`."""
    wishes = wishes or Wishes()
    shop, till = Sandbox(urls["shopify"], name), Sandbox(urls["heartland"], name)
    common = {"seed": SEED, "currency": "USD", "size": wishes.size, **wishes.options}
    # The comparison of both sides asks the shop as well, so its budget is large.
    shop_account = shop.open_account(**common, bucket=20_000, restore_rate=2_000)
    till_account = till.open_account(**common)
    tenant = create_tenant(name=name, owner_email=f"{name}@example.com")
    now = timezone.now()
    pos = connect_sandbox(
        till_account,
        tenant_id=tenant.pk,
        connector="heartland",
        flavour="retail",
        name="Till",
        settings={
            "currency": "USD",
            "poll_seconds": "1",
            "requests_per_second": "1000",
            **wishes.settings,
        },
        now=now,
    )
    store = connect_sandbox(
        shop_account,
        tenant_id=tenant.pk,
        connector="shopify",
        flavour="admin",
        name="Shop",
        settings={
            "skip_test_orders": "no",
            "poll_seconds": "3",
            **wishes.settings,
            **wishes.shop_settings,
        },
        now=now,
    )
    with scope.tenant(tenant.pk):
        pair = pairs.create_pair(name="Pair", pos=pos, store=store)
    for connection in (pos, store):
        connections.subscribe(connection, public_url=public_url)
    with scope.tenant(tenant.pk):
        pairs.start(pair, state=PairState.TESTING, now=timezone.now())
    sides = Sides(
        shop_url=shop_account["base_url"],
        shop_token=shop_account["credentials"]["access_token"],
        till_url=till_account["base_url"],
        till_token=till_account["credentials"]["token"],
    )
    skus = [article.sku for article in catalogue(seed=SEED, size=wishes.size)]
    return Shops(tenant, pair, pos, store, shop, till, sides, skus, shop_account)
