"""Stock and products against the sandbox: what is read back, and what may be sold after any week."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest

from integrations.connector_kit.base import Receipt
from integrations.connector_kit.payload import Payload
from integrations.connector_kit.sandbox.testing import serving
from integrations.connectors.magento import (
    audit,
    bulk,
    inventory,
    inventory_levels,
    inventory_load,
    products,
    stock,
    survey,
)
from integrations.connectors.magento.client import StoreClient
from integrations.connectors.magento.tests.real_shop import RealShop, opened
from integrations.connectors.magento.tests.small_warehouse import client, level, small_store
from mappings.canonical.record import Entity

SKU = "TEE-BLK-S"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[str]:
    with serving("magento") as url:
        yield url


@pytest.fixture(autouse=True)
def in_no_hurry_to_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pace that spares a merchant's host only costs time here."""
    monkeypatch.setattr("integrations.connectors.magento.client._RATE", 5000.0)


def salable(client: StoreClient, sku: str = SKU) -> int:
    """What the shop itself says."""
    if client.account.setting("stock_mode") == "legacy":
        return int(client.get(f"stockItems/{sku}")["qty"])
    return int(client.get(f"inventory/get-product-salable-quantity/{sku}/1"))


def shown(client: StoreClient, sku: str = SKU) -> int:
    """What we read of it."""
    raw = stock.read(client, [sku])[sku]
    (number,) = stock.normalise(Payload(raw), client.account).levels
    return int(number.available)


# --- whatever happens, the shop offers what the till has left -------------------------------------


@dataclass
class Week:
    """The till and the engine, as far as the numbers go: what they know, and when they say it.

    `orders`: units by id, by how far each is: placed, known, at the till, shipped, gone.
    """

    shop: RealShop
    client: StoreClient
    on_hand: int
    chance: random.Random
    placed: dict[str, int] = field(default_factory=dict)
    known: dict[str, int] = field(default_factory=dict)
    at_till: dict[str, int] = field(default_factory=dict)

    @property
    def number(self) -> int:
        """As the engine works it out: less what is in flight, less what the till has promised."""
        return self.on_hand - sum(self.known.values()) - sum(self.at_till.values())

    def push(self) -> None:
        knows = {**self.known, **self.at_till}
        batch = [level(SKU, max(0, self.number), knows=knows)]
        (result,) = inventory.write_many(self.client, batch)
        assert isinstance(result, Receipt)

    def buy(self) -> None:
        units = self.chance.randint(1, 3)
        if salable(self.client) < units:
            return
        line = [{"sku": SKU, "quantity": units}]
        made = self.shop.act("orders", count=1, lines_exact=line)["orders"][0]
        self.placed[str(made["id"])] = units

    def hear(self) -> None:
        """The engine learns of an order, and so sends a new number."""
        self._move(self.placed, self.known)
        self.push()

    def deliver(self) -> None:
        self._move(self.known, self.at_till)

    def ship(self) -> None:
        """The till has invoiced: its goods and its promise go together, then the shop hears of it."""
        if not self.at_till:
            return
        order = self.chance.choice(sorted(self.at_till))
        self.on_hand -= self.at_till.pop(order)
        self.shop.act(f"orders/{order}/ship")

    def cancel(self) -> None:
        """The shop gives the units back at once; the till does, and its number follows."""
        for there in (self.placed, self.known, self.at_till):
            if there and self.chance.random() < 0.5:
                order = self.chance.choice(sorted(there))
                self.shop.act(f"orders/{order}/cancel")
                del there[order]
                self.push()
                return

    def sell(self) -> None:
        """Over the counter; goods that are promised to nobody."""
        if self.number - sum(self.placed.values()) > 0:
            self.on_hand -= 1
            self.push()

    def restock(self) -> None:
        self.on_hand += self.chance.randint(1, 9)
        self.push()

    def _move(self, source: dict[str, int], target: dict[str, int]) -> None:
        if source:
            order = self.chance.choice(sorted(source))
            target[order] = source.pop(order)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("mode", ["msi", "legacy"])
def test_after_any_week_the_shop_offers_what_the_till_has_left(
    sandbox: str, mode: str, seed: int
) -> None:
    """In any order of sales, orders, deliveries, shipments and cancellations.

    At every step the shop offers the till's number less the orders that nobody here knows of yet.
    """
    shop = opened(sandbox, size=8, msi=mode == "msi", paid=False)
    week = Week(shop, shop.client(stock_mode=mode), 12, random.Random(seed))
    week.push()
    steps = (week.buy, week.buy, week.hear, week.deliver, week.ship, week.cancel, week.sell)
    for _ in range(12):
        week.chance.choice((*steps, week.restock))()
        assert salable(week.client) == week.number - sum(week.placed.values())
        assert week.number - sum(week.placed.values()) >= 0, "nothing is sold twice"
    assert shown(week.client) == salable(week.client)
    while week.placed:
        week.hear()
    assert salable(week.client) == week.number


# --- reading --------------------------------------------------------------------------------------


def test_the_survey_counts_what_may_be_sold(sandbox: str) -> None:
    shop = opened(sandbox, size=130)
    client = shop.client()
    shop.act("orders", count=1, lines_exact=[{"sku": SKU, "quantity": 2}])
    first = survey.survey(client, "")
    second = survey.survey(client, first.cursor)
    rows = {row.sku: row for row in (*first.rows, *second.rows)}
    assert (len(first.rows), len(rows), second.cursor) == (100, 130, "")
    assert rows[SKU].at == {"": salable(client)}
    assert rows[SKU].available == salable(client)
    assert survey.count(client).records == 130
    assert [row.key for row in survey.listing(client, "").rows] == [row.sku for row in first.rows]


def test_sources_are_counted_apart_and_reservations_where_orders_are_shipped_from(
    sandbox: str,
) -> None:
    shop = opened(sandbox, size=8, locations=2)
    codes = [
        row["source_code"]
        for row in shop.client().get("inventory/sources", (("searchCriteria[pageSize]", "9"),))[
            "items"
        ]
    ]
    table = "\n".join(f"{number} = {code}" for number, code in enumerate(codes))
    client = shop.client(location_map=table, source_code=codes[1])
    rows = [{"location_id": code, "quantity": 10 + at} for at, code in enumerate(codes)]
    inventory.write_many(client, [level(SKU, fields={"levels": rows})])
    shop.act("orders", count=1, lines_exact=[{"sku": SKU, "quantity": 4}])
    raw = stock.read(client, [SKU])[SKU]
    found = {
        one.location: one.available for one in stock.normalise(Payload(raw), client.account).levels
    }
    assert found == {codes[0]: 10, codes[1]: 7}


def test_orders_that_wait_for_their_payment_do_not_count_as_a_difference() -> None:
    with small_store("A", levels={("A", "default"): Decimal(9)}) as store:
        store.order(1, "A", 2, state="processing")
        store.order(2, "A", 3, state="pending_payment")
        raw = stock.read(client(store), ["A"])["A"]
    assert raw is not None
    assert raw["levels"] == [{"source_code": "", "quantity": 7, "salable": 7}]


def test_articles_are_read_searched_and_counted(sandbox: str) -> None:
    client = opened(sandbox, size=8).client()
    page = products.pages(client, "")
    assert len(page.notices) == 8
    assert not page.more
    assert all(one.payload and one.payload["type_id"] == "simple" for one in page.notices)
    found = products.read(client, [SKU, "GONE"])
    assert found["GONE"] is None
    made = products.normalise(Payload(found[SKU]), client.account)
    assert (made.key, made.sku, made.is_active, made.tracks_stock) == (SKU, SKU, True, True)
    assert len(products.shelf(client, "").articles) == 8
    assert [one.sku for one in products.search(client, SKU.lower())] == [SKU]
    assert products.search(client, "100%") == ()
    assert products.count(client).records == 8


def test_changed_articles_are_heard_of_by_polling(sandbox: str) -> None:
    client = opened(sandbox, size=8).client()
    now = client.now()
    start = products.changes(client, "", now)
    client.post("products", {"product": {"sku": SKU, "price": 3}}, store="all")
    heard = products.changes(client, start.cursor, now)
    assert SKU in [one.key for one in heard.notices]


def test_a_bulk_load_of_the_sandbox_ends_and_is_as_the_api_has_it(sandbox: str) -> None:
    shop = opened(sandbox, size=120)
    client = shop.client(bulk_threshold="100")
    skus = [row.sku for page in ("",) for row in survey.listing(client, page).rows]
    results = inventory.write_many(client, [level(sku, 7) for sku in skus])
    assert all(isinstance(one, Receipt) for one in results)
    assert {salable(client, sku) for sku in skus[:3]} == {7}
    shop.check_calls()


def test_a_load_in_the_queue_of_the_sandbox_is_told_of(sandbox: str) -> None:
    shop = opened(sandbox, size=8, consumers=False)
    client = shop.client()
    body = inventory_levels.body([inventory_levels.Level(SKU, "default", Decimal("2.5"), True)])
    handed = bulk.hand_over(client, inventory_levels.PATH, [body], store="all")
    assert bulk.still_open(client, inventory_load.TOPIC) == {handed.uuid}
    assert bulk.found(client, handed.uuid).bodies == (body,)
    asked = {
        finding.kind for finding in audit.audit(client, {Entity.INVENTORY}, lambda entity, keys: ())
    }
    assert "consumers_stopped" not in asked


def test_input_limits_of_the_merchant_are_kept(sandbox: str) -> None:
    shop = opened(sandbox, size=60, input_limits=True)
    client = shop.client()
    skus = [row.sku for row in survey.listing(client, "").rows]
    results = inventory.write_many(client, [level(sku, 7) for sku in skus])
    assert all(isinstance(one, Receipt) for one in results)
    again: Mapping[str, Any] = shop.routes()
    inventory.write_many(client, [level(sku, 8) for sku in skus])
    name = next(key for key in again if key.startswith("POST") and "source-items" in key)
    assert shop.routes()[name] - again[name] == 3
