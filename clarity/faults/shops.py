"""A shop and a till of the sandboxes, connected as one integration pair of a tenant of its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import OperationalError
from django.db import connection as database
from django.utils import timezone

from clarity.demo import pairing
from clarity.demo.compare import Sides
from clarity.demo.pairing import Paired, Side, open_pair
from clarity.demo.sandboxes import Sandbox, SandboxError
from clarity.faults.ending import EndState, look
from integrations.connector_kit.errors import ConnectorError
from integrations.connector_kit.sandbox.catalogue import catalogue
from integrations.services import connections, pairs
from tenants import scope
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
class Shops(Paired):
    """Everything a trial handles. `events`: sales, orders and changes made so far."""

    seen: Sides
    skus: list[str]
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
        people = self.seen.store.customers()
        if people:
            chosen = people[number % len(people)]
            self.seen.store.save_customer(replace(chosen, first_name=first_name))
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

    def wait_until_watched(self, patience: float = 120) -> None:
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
        return look(self.tenant.pk, self.seen)

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
    name: str,
    *,
    store: str,
    urls: Mapping[str, str],
    public_url: str,
    wishes: Wishes | None = None,
) -> Shops:
    """Fresh accounts, connected and running. `store`: a connector; webhooks go to `public_url`."""
    wishes = wishes or Wishes()
    goods = {"seed": SEED, "currency": "USD", "size": wishes.size, **wishes.options}
    made = open_pair(
        create_tenant(name=name, owner_email=f"{name}@example.com"),
        name,
        till=Side(
            pairing.POS,
            urls[pairing.POS],
            "Till",
            options=goods,
            settings={"poll_seconds": "1", **wishes.settings},
        ),
        shop=Side(
            store,
            urls[store],
            "Shop",
            options={**goods, **pairing.patient(store)},
            settings={"poll_seconds": "3", **wishes.settings, **wishes.shop_settings},
        ),
        public_url=public_url,
    )
    skus = [article.sku for article in catalogue(seed=SEED, size=wishes.size)]
    return Shops(**vars(made), seen=made.sides(), skus=skus)
