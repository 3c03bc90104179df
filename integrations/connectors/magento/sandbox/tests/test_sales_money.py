"""Sums of orders and of their documents: to the cent, in both currencies, however they are cut up."""

from __future__ import annotations

import random
from collections.abc import Mapping
from decimal import Decimal
from itertools import product
from typing import Any

import pytest

from integrations.connectors.magento.sandbox.accounts import Accounts
from integrations.connectors.magento.sandbox.sales import (
    control,
    invoicing,
    pricing,
    refunding,
    shipping,
)
from integrations.connectors.magento.sandbox.sales.amounts import ZERO, Figures, cents
from integrations.connectors.magento.sandbox.sales.cart import money_rows
from integrations.connectors.magento.sandbox.sales.pricing import Terms
from integrations.connectors.magento.sandbox.sales.records import Order
from integrations.connectors.magento.sandbox.shop import Shop

SIDES = (0, 1)
SHOPS = [
    {"taxes_included": included, "tax_shipping": taxed, "base_to_order_rate": rate}
    for included, taxed, rate in product((False, True), (False, True), ("1", "1.3717"))
]


def shop_of(**wanted: Any) -> Shop:
    return Accounts("http://shop.invalid", "7").create(
        {"name": "m", "tax_rate": "0.0825", "edition": "commerce", **wanted}
    )


def order_of(shop: Shop, **wanted: Any) -> Order:
    made = control.add_orders(shop, {"seed": "money", **wanted})
    return shop.sales.orders[made["orders"][0]["id"]]


def orders_of(shop: Shop) -> list[Order]:
    """Paid and unpaid, with and without a discount, of every kind."""
    return [
        order_of(shop, kind=kind, paid=False, discount=code, lines=5, discount_shipping=bool(code))
        for kind in ("configurable", "bundle", "mixed")
        for code in ("SAVE15", "LESS7", False)
    ]


def _sum(rows: list[Figures], name: str) -> Decimal:
    return sum((row.get(name, ZERO) for row in rows), ZERO)


@pytest.mark.parametrize("wanted", SHOPS, ids=lambda wanted: "-".join(map(str, wanted.values())))
def test_an_order_is_the_sum_of_its_rows(wanted: Mapping[str, Any]) -> None:
    for order in orders_of(shop_of(**wanted)):
        for side in SIDES:
            rows = [item.amounts.sides()[side] for item in money_rows(order.items)]
            whole = order.amounts.sides()[side]
            assert whole["subtotal"] == _sum(rows, "row_total")
            assert whole["tax_amount"] == _sum(rows, "tax_amount") + whole["shipping_tax_amount"]
            discount = _sum(rows, "discount_amount") + whole["shipping_discount_amount"]
            assert whole["discount_amount"] == -discount
            assert whole["grand_total"] == pricing.grand_total(whole)
            if order.taxes_included:
                # What the buyer pays is what the tags say, less the discount.
                said = _sum(rows, "row_total_incl_tax") + whole["shipping_incl_tax"]
                assert whole["grand_total"] == said - discount
        assert all(amount == cents(amount) for amount in order.amounts.own.values())


@pytest.mark.parametrize("wanted", SHOPS, ids=lambda wanted: "-".join(map(str, wanted.values())))
def test_documents_unit_by_unit_add_up_to_the_order(wanted: Mapping[str, Any]) -> None:
    shop = shop_of(**wanted)
    chance = random.Random("units")  # noqa: S311 - reproducible
    for order in orders_of(shop):
        while any(item.to_invoice for item in order.items):
            item = chance.choice([row for row in order.items if row.to_invoice])
            invoicing.invoice(shop, order, {item.id: Decimal(1)}, capture=True)
        while any(item.to_ship for item in order.items):
            item = chance.choice([row for row in order.items if row.to_ship])
            shipping.ship(shop, order, {item.id: Decimal(1)})
        for side in SIDES:
            whole = order.amounts.sides()[side]
            assert whole["total_paid"] == whole["grand_total"]
            assert (whole["total_due"], whole["tax_invoiced"]) == (ZERO, whole["tax_amount"])
        assert order.state == "complete"
        while any(item.to_refund for item in order.items):
            item = chance.choice([row for row in order.items if row.to_refund])
            is_last = sum(row.to_refund for row in order.items) == 1
            plan = refunding.Plan(items={item.id: Decimal(1)}, shipping=None if is_last else ZERO)
            refunding.refund(shop, order, plan)
        for side in SIDES:
            whole = order.amounts.sides()[side]
            assert whole["total_refunded"] == whole["total_paid"]
            assert whole["tax_refunded"] == whole["tax_amount"]
            assert whole["shipping_refunded"] == whole["shipping_amount"]
        assert order.state == "closed"


def test_rounding_is_handed_on_from_row_to_row() -> None:
    """Three rows of 0.10 at 15 %: 0.015 each is 0.045 in all, so one of three rounds up twice."""
    terms = Terms(Decimal("0.15"), ZERO, taxes_included=False)
    taxes = [row["tax_amount"] for row in pricing.rows([(Decimal("0.10"), Decimal(1))] * 3, terms)]
    assert sum(taxes) == Decimal("0.05")
    assert sorted(taxes) == [Decimal("0.01"), Decimal("0.02"), Decimal("0.02")]


def test_the_discount_takes_its_part_of_the_tax_inside_the_price() -> None:
    """Worked by hand: 119.00 with 19 % holds 19.00 of tax; 10 % off leaves 17.10 in 107.10."""
    terms = Terms(Decimal("0.19"), ZERO, taxes_included=True, percent=Decimal(10))
    (row,) = pricing.rows([(Decimal("119.00"), Decimal(1))], terms)
    assert row["row_total"] == Decimal("100.00")
    assert (row["tax_amount"], row["discount_amount"]) == (Decimal("17.10"), Decimal("11.90"))
    assert row["discount_tax_compensation_amount"] == Decimal("1.90")
    whole = pricing.header([row], pricing.shipping(Decimal("5.95"), terms))
    assert whole["grand_total"] == Decimal("113.05")


def test_a_gift_card_and_store_credit_pay_first_and_come_back_when_it_is_cancelled() -> None:
    shop = shop_of(base_to_order_rate="2")
    control.add_gift_card(shop, {"code": "GC", "amount": "10"})
    sku = next(row.sku for row in shop.products.values() if row.type_id == "simple")
    lines = [{"sku": sku, "quantity": 1, "price": "50.00", "kind": "simple"}]
    first = order_of(shop, lines_exact=lines, paid=False, discount=False, tax_rate=0)
    control.give_credit(shop, {"customer": first.customer_id, "amount": "7.50"})
    order = order_of(
        shop,
        lines_exact=lines,
        paid=False,
        discount=False,
        tax_rate=0,
        gift_card="GC",
        store_credit="7.50",
    )
    own, base = order.amounts.get("grand_total")
    delivery = order.amounts.get("shipping_amount")[1]
    assert base == Decimal("50.00") + delivery - Decimal("17.50")
    assert own == 2 * base
    assert order.extension.get("gift_cards_amount") == (Decimal("20.00"), Decimal("10.00"))
    card = shop.sales.card("GC")
    assert card is not None
    assert (card.balance, card.state) == (ZERO, 1)
    control.cancel(shop, {}, order.id)
    assert order.state == "canceled"
    assert card.balance == Decimal("10.00")
    assert shop.customers[order.customer_id or 0].balances[1] == Decimal("7.50")


def test_a_card_that_covers_all_leaves_nothing_to_pay() -> None:
    shop = shop_of()
    control.add_gift_card(shop, {"code": "GC", "amount": "1000"})
    order = order_of(shop, gift_card="GC", paid=True, lines=1)
    assert order.payment.method == "free"
    assert order.amounts.get("grand_total") == (ZERO, ZERO)
    assert order.invoices[0].extension.get("gift_cards_amount") == order.extension.get(
        "gift_cards_amount"
    )
    refunding.refund(shop, order, refunding.Plan())
    assert order.extension.get("gift_cards_refunded") == order.extension.get("gift_cards_amount")
    assert (
        order.amounts.get("total_refunded")[0],
        order.memos[0].amounts.get("grand_total")[0],
    ) == (
        ZERO,
        ZERO,
    )


def test_an_amount_beside_the_goods_is_an_adjustment() -> None:
    shop = shop_of(base_to_order_rate="2")
    order = order_of(shop, paid=True, lines=2, kind="simple", discount=False)
    item = order.items[0]
    whole = refunding.due(shop, order, refunding.Plan(items={item.id: Decimal(1)}, shipping=ZERO))
    line = {"sku": item.sku, "quantity": 1}
    control.refund(shop, {"lines": [line], "amount": str(whole - 2)}, order.id)
    memo = order.memos[0].amounts
    assert memo.get("grand_total")[0] == whole - 2
    assert memo.get("adjustment_negative") == (Decimal("2.00"), Decimal("1.00"))
    made = control.refund(shop, {"lines": [], "amount": "1.00"}, order.id)
    assert made["total"] == "1.00"
    assert order.memos[1].items == []
