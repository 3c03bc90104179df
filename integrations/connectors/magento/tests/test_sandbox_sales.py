"""Sales of the sandbox, read over HTTP: whatever its shop made of them, they add up here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import pytest

from integrations.connector_kit.base import Account
from integrations.connector_kit.payload import Payload
from integrations.connector_kit.sandbox.testing import done, serving
from integrations.connectors.magento import money, orders, payments, refunds
from integrations.connectors.magento.client import StoreClient
from integrations.connectors.magento.criteria import Criteria, where
from mappings.canonical.order import Fulfilment, Order, OrderState, PaymentState, check_order
from mappings.canonical.payment import Payment
from mappings.canonical.record import Skipped
from mappings.canonical.refund import Refund, check_refund

_NAMES = count(1)
KINDS = ("simple", "configurable", "bundle", "virtual", "mixed")


@pytest.fixture(scope="module")
def public() -> Iterator[str]:
    with serving("magento") as address:
        yield address


@dataclass
class Shop:
    """One account of the sandbox, and our client for it."""

    url: str
    client: StoreClient

    def control(self, path: str, **body: Any) -> Any:
        return done("POST", f"{self.url}/{path}", body)

    def place(self, **wanted: Any) -> str:
        made = self.control("orders", **{"seed": "t", "tax_rate": 0.0825, **wanted})
        return str(made["orders"][0]["id"])

    def raw(self, key: str) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.client.get(f"orders/{key}")
        return found

    def order(self, key: str) -> Order:
        read = orders.read(self.client, [key])[key]
        assert read is not None
        found = orders.normalise(Payload(read), self.client.account)
        check_order(found)
        return found

    def refunds(self, key: str) -> list[Refund]:
        keys = [str(row["entity_id"]) for row in self.of("creditmemos", key)]
        made = []
        for read in refunds.read(self.client, keys).values():
            assert read is not None
            made.append(refunds.normalise(Payload(read), self.client.account))
            check_refund(made[-1])
        return made

    def payments(self, key: str) -> list[Payment]:
        keys = [str(row["entity_id"]) for row in self.of("invoices", key)]
        read = payments.read(self.client, keys).values()
        return [payments.normalise(Payload(row or {}), self.client.account) for row in read]

    def of(self, path: str, key: str) -> list[Mapping[str, Any]]:
        criteria = Criteria((where("order_id", key),), sort=(("entity_id", "ASC"),))
        return list(self.client.everything(path, criteria))


def opened(public: str, **wanted: Any) -> Shop:
    name = f"read-{next(_NAMES)}"
    made = done(
        "POST", f"{public}/_sandbox/accounts", {"name": name, "seed": "7", "size": 24, **wanted}
    )
    account = Account(
        id=name,
        base_url=made["base_url"],
        flavour="rest",
        settings=made["settings"],
        credentials=made["credentials"],
        private_network=True,
    )
    return Shop(f"{public}/_sandbox/accounts/{name}", StoreClient(account))


def base_total(raw: Mapping[str, Any]) -> Decimal:
    """What the buyer pays in all, as the shop's own sums have it."""
    extension = raw.get("extension_attributes") or {}
    other = ("base_gift_cards_amount", "base_customer_balance_amount")
    whole = raw["base_grand_total"] + sum(extension.get(name) or 0 for name in other)
    return Decimal(str(whole))


@pytest.mark.parametrize("included", [False, True])
def test_orders_of_every_kind_add_up_until_they_are_given_back(public: str, included: bool) -> None:
    shop = opened(
        public,
        taxes_included=included,
        tax_shipping=True,
        order_currency="EUR",
        base_to_order_rate=0.9,
    )
    for kind in KINDS:
        key = shop.place(kind=kind, paid=True, discount=True, lines=3, discount_shipping=True)
        raw, found = shop.raw(key), shop.order(key)
        assert (found.number, found.currency) == (raw["increment_id"], "USD")
        assert (found.total, found.paid_total) == (base_total(raw), base_total(raw))
        assert found.payment is PaymentState.PAID
        shop.control(f"orders/{key}/cancel", refund=True)
        left, back = shop.order(key), shop.refunds(key)
        assert (left.total, left.lines, left.paid_total) == (0, (), 0)
        assert left.payment is PaymentState.REFUNDED
        assert [one.total for one in back] == [found.total]
        assert [one.adjustment_total for one in back] == [0]
        units = sum(line.quantity for line in found.lines)
        assert sum(line.quantity for one in back for line in one.lines) == units
        assert all(line.restock for one in back for line in one.lines)


def test_units_go_back_a_few_at_a_time(public: str) -> None:
    shop = opened(public, taxes_included=True)
    key = shop.place(kind="simple", paid=True, discount="WELCOME10", lines=2, seed="posted")
    before = shop.order(key)
    assert before.shipping_total > 0
    sku, most = before.lines[0].sku, before.lines[0].quantity
    shop.control(f"orders/{key}/ship")
    assert shop.order(key).fulfilment is Fulfilment.WHOLE
    one = {"sku": sku, "quantity": 1}
    shop.control(f"orders/{key}/refund", lines=[one], shipping=0)
    shop.control(f"orders/{key}/refund", lines=[], shipping=str(before.shipping_total))
    first, second = shop.refunds(key)
    after = shop.order(key)
    assert after.total == before.total - first.total - second.total
    assert sum(line.quantity for line in after.lines if line.sku == sku) == most - 1
    assert [(line.sku, line.quantity, line.restock) for line in first.lines] == [(sku, 1, True)]
    assert (second.lines, second.shipping_total) == ((), before.shipping_total)
    assert [one.number for one in (first, second)] == [f"{before.number}-R1", f"{before.number}-R2"]
    assert first.order_total == after.total


def test_an_order_is_sent_when_it_is_paid_and_not_before(public: str) -> None:
    shop = opened(public)
    key = shop.place(kind="simple", paid=False, discount=False, lines=1)
    with pytest.raises(Skipped, match="not paid yet"):
        shop.order(key)
    shop.control(f"orders/{key}/pay")
    found = shop.order(key)
    (paid,) = shop.payments(key)
    assert (paid.amount, paid.received_before, paid.order_key) == (found.total, 0, key)
    unpaid = shop.place(kind="simple", paid=False, discount=False, lines=1)
    shop.control(f"orders/{unpaid}/cancel")
    assert shop.order(unpaid).state is OrderState.CANCELLED


def test_parts_that_are_invoiced_are_payments_and_the_rest_is_cancelled(public: str) -> None:
    shop = opened(public)
    sku = shop.client.search(
        "products", Criteria((where("type_id", "simple"),), sort=(("entity_id", "ASC"),), size=1)
    ).items[0]["sku"]
    lines = [{"sku": sku, "quantity": 4, "kind": "simple"}]
    key = shop.place(paid=False, discount=False, lines_exact=lines)
    (row,) = shop.raw(key)["items"]
    items = [{"order_item_id": row["item_id"], "qty": 1}]
    for _ in range(2):
        shop.client.post(f"order/{key}/invoice", {"capture": True, "items": items})
    first, second = shop.payments(key)
    found = shop.order(key)
    assert (found.payment, found.paid_total) == (
        PaymentState.PARTIALLY_PAID, first.amount + second.amount,
    )  # fmt: skip
    assert second.received_before == first.amount
    shop.client.post(f"orders/{key}/cancel", {})
    left = shop.order(key)
    assert [line.quantity for line in left.lines] == [2]
    assert (left.total, left.payment) == (left.paid_total, PaymentState.PAID)


def test_gift_cards_and_store_credit_are_payments(public: str) -> None:
    shop = opened(public, edition="commerce")
    shop.control("gift_cards", code="GIFT0001", amount="15.00")
    # The same seed is the same buyer, who is known from then on.
    buyer = shop.raw(shop.place(kind="simple", paid=True, lines=2))["customer_id"]
    shop.control("store_credit", customer=buyer, amount="5.00")
    key = shop.place(kind="simple", paid=True, gift_card="GIFT0001", store_credit="5.00", lines=2)
    found = shop.order(key)
    assert [(one.gateway, one.amount) for one in found.payments[1:]] == [
        ("gift_card", Decimal("15.00")), ("customerbalance", Decimal("5.00")),
    ]  # fmt: skip
    assert (found.total, found.paid_total) == (base_total(shop.raw(key)), found.total)
    shop.control(f"orders/{key}/cancel", refund=True)
    (back,) = shop.refunds(key)
    assert [(one.gateway, one.amount) for one in back.tenders[1:]] == [
        ("gift_card", Decimal("15.00")), ("customerbalance", Decimal("5.00")),
    ]  # fmt: skip
    assert (back.total, shop.order(key).total) == (found.total, 0)


def test_the_money_of_today_is_what_orders_received(public: str) -> None:
    shop = opened(public)
    keys = [shop.place(kind="simple", paid=True, lines=1, seed=str(n)) for n in range(3)]
    shop.control(f"orders/{keys[0]}/cancel", refund=True)
    now, cursor, rows = datetime.now(UTC), "", []
    while True:
        page = money.movements(
            shop.client, now - timedelta(hours=1), now + timedelta(hours=1), cursor
        )
        rows += page.rows
        cursor = page.cursor
        if not cursor:
            break
    told = money.orders(shop.client, keys)
    for key in keys:
        moved = sum((row.amount for row in rows if row.order_key == key), Decimal(0))
        assert moved == told[key].received - told[key].refunded
    assert (told[keys[0]].total, told[keys[1]].total) == (0, told[keys[1]].received)


def test_polls_find_what_was_placed_paid_and_given_back(public: str) -> None:
    shop = opened(public)
    now = datetime.now(UTC)
    ports = (orders.PORT, payments.PORT, refunds.PORT)
    starts = [port.changes and port.changes(shop.client, "", now).cursor for port in ports]
    key = shop.place(kind="configurable", paid=True, lines=1)
    shop.control(f"orders/{key}/cancel", refund=True)
    found = [
        [notice.key for notice in port.changes(shop.client, start or "", now).notices]
        for port, start in zip(ports, starts, strict=True)
        if port.changes
    ]
    assert found[0] == [key]
    assert [len(keys) for keys in found] == [1, 1, 1]
    assert orders.newest(shop.client, 1) == [key]
