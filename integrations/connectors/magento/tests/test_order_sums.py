"""Whatever is bought, invoiced, cancelled and refunded: our order and refunds add up to the cent."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from integrations.connector_kit.base import Account
from integrations.connector_kit.payload import Payload
from integrations.connectors.magento import orders, payments, refunds
from integrations.connectors.magento.order_refunds import MEMOS
from integrations.connectors.magento.tests.small_sales import (
    Cart,
    Item,
    Sale,
    cancel_rest,
    invoice,
    order_of,
    refund,
)
from mappings.canonical.order import Order, OrderState, PaymentState, check_order
from mappings.canonical.record import InvalidRecord
from mappings.canonical.refund import Refund, check_refund

ZERO = Decimal(0)
KINDS = ("simple", "configurable", "bundle", "fixed", "virtual", "giftcard")

cents = st.integers(0, 20_000).map(lambda n: Decimal(n) / 100)
prices = st.integers(1, 50_000).map(lambda n: Decimal(n) / 100)
percents = st.sampled_from([ZERO, Decimal(5), Decimal("12.5"), Decimal(33), Decimal(100)])
rates = st.sampled_from([ZERO, Decimal("8.25"), Decimal(19), Decimal(7)])
items = st.builds(
    Item,
    sku=st.sampled_from(["TEE", "CAP", "MUG"]),
    price=prices,
    quantity=st.integers(1, 7),
    off=percents,
    rate=rates,
    weee=st.sampled_from([ZERO, Decimal("0.35")]),
    kind=st.sampled_from(KINDS),
)
carts = st.builds(
    Cart,
    items=st.lists(items, min_size=1, max_size=4).map(tuple),
    tax_included=st.booleans(),
    shipping=cents,
    shipping_off=percents,
    shipping_rate=rates,
    wrapping=st.sampled_from([ZERO, Decimal("2.50")]),
    fee=st.sampled_from([ZERO, Decimal("4.99")]),
)
other_means = st.tuples(cents, cents, cents)
units = st.lists(st.integers(0, 7), min_size=8, max_size=8)


def account(**given: str) -> Account:
    return Account("1", "https://shop.example.com", "rest", given, {})


def order(sale: Sale, **given: str) -> Order:
    raw = {**sale.order, MEMOS: sale.memos} if sale.memos else sale.order
    found = orders.normalise(Payload(raw), account(**given))
    check_order(found)
    assert all(line.discount >= 0 and line.net >= 0 for line in found.lines), found.lines
    cent = Decimal("0.01")
    assert all(line.unit_price == line.unit_price.quantize(cent) for line in found.lines)
    return found


def refund_of(sale: Sale, memo: dict[str, Any]) -> Refund:
    raw = {**memo, refunds.ORDER: {**sale.order, MEMOS: sale.memos}}
    found = refunds.normalise(Payload(raw), account())
    check_refund(found)
    return found


@given(carts, other_means)
@settings(max_examples=25, deadline=None)
def test_an_order_is_what_the_buyer_owes(cart: Cart, means: tuple[Decimal, ...]) -> None:
    card, credit, points = means
    sale = order_of(Cart(**{**vars(cart), "gift_card": card, "credit": credit, "points": points}))
    found = order(sale, offline_orders="at_once")
    assert found.total == sale.owed
    assert found.paid_total == sale.owed - sale.order["grand_total"]
    bought = sum(item.quantity * (2 if item.kind == "bundle" else 1) for item in cart.items)
    assert sum(line.quantity for line in found.lines) == bought
    invoice(sale)
    found = order(sale)
    assert (found.total, found.paid_total) == (sale.owed, sale.owed)
    assert found.payment is PaymentState.PAID


@given(carts, units)
@settings(max_examples=25, deadline=None)
def test_cancelling_the_rest_leaves_what_was_invoiced(cart: Cart, some: list[int]) -> None:
    sale = order_of(cart)
    invoice(sale, some)
    cancel_rest(sale)
    found = order(sale)
    assert (found.total, found.paid_total) == (sale.owed, sale.owed)
    left = sum(row["qty_invoiced"] for row in sale.rows())
    assert sum(line.quantity for line in found.lines) == left


@given(carts, st.lists(st.tuples(units, cents, st.booleans()), min_size=1, max_size=3))
@settings(max_examples=30, deadline=None)
def test_refunds_take_off_what_they_say(
    cart: Cart, wanted: list[tuple[list[int], Decimal, bool]]
) -> None:
    sale = order_of(Cart(**{**vars(cart), "fee": ZERO}))
    invoice(sale)
    paid, taken = sale.owed, []
    for place, (some, more, is_kept) in enumerate(wanted):
        amount = {"negative" if is_kept else "positive": min(more, Decimal("0.01"))}
        rows = some[: len(sale.rows())] + [0] * (len(sale.rows()) - len(some))
        taken.append(refund(sale, rows, shipping=place == 0, **amount))
        assert sale.memos[-1]["order_id"] == sale.order["entity_id"]
    # Magento refuses a credit memo whose total is below zero; cents shared out over parts can be.
    assume(min(taken) >= 0)
    found = order(sale)
    assert found.total == sale.owed == paid - sum(taken, ZERO)
    assert [one.amount for one in found.refunds] == [part for part in taken if part]
    back = [refund_of(sale, memo) for memo in sale.memos]
    assert [one.total - one.adjustment_total for one in back] == taken
    for one, memo in zip(back, sale.memos, strict=True):
        assert one.adjustment_total == memo["adjustment_positive"] - memo["adjustment_negative"]
        assert one.order_total == found.total
    # What stays of the payments is what was paid without what went back for what is gone.
    gone = sum((min(one.total, part) for one, part in zip(back, taken, strict=True)), ZERO)
    assert found.paid_total == max(ZERO, paid - gone)


@given(carts, units)
@settings(max_examples=15, deadline=None)
def test_partial_invoices_are_payments_one_after_the_other(cart: Cart, some: list[int]) -> None:
    sale = order_of(Cart(**{**vars(cart), "gift_card": Decimal("1.00")}))
    # Halves of a cent that a discount leaves make no invoice below nothing in Magento either.
    assume(invoice(sale, some) >= 0)
    assume(invoice(sale) >= 0)
    # Nor does it ask for a cent of an order that is owed nothing.
    assume(sum((one["grand_total"] for one in sale.invoices), ZERO) <= sale.owed)
    before = sum((one["amount"] for one in sale.order["extension_attributes"]["gift_cards"]), ZERO)
    for row in sale.invoices:
        if not row["grand_total"]:
            continue
        raw = {**row, payments.ORDER: sale.order, payments.INVOICES: sale.invoices}
        found = payments.normalise(Payload(raw), account())
        assert (found.received_before, found.amount) == (before, row["grand_total"])
        before += found.amount
    assert before == sale.owed


def test_a_fee_no_field_names_is_a_charge_where_that_is_wished() -> None:
    sale = order_of(Cart((Item("TEE", Decimal(10), 2),), fee=Decimal("4.99")))
    sale.order["extension_attributes"]["custom_fees"] = []
    invoice(sale)
    with pytest.raises(InvalidRecord, match="lines 20.00 .* the order says 24.99"):
        order(sale)
    found = order(sale, unnamed_fees="charge")
    assert [(one.title, one.amount) for one in found.charges if one.amount] == [
        ("Other charges", Decimal("4.99"))
    ]
    refund(sale, [1])
    for name in ("grand_total", "base_grand_total"):
        sale.memos[0][name] += Decimal("4.99")
    found = order(sale, unnamed_fees="charge")
    assert (found.total, found.shipping_total) == (Decimal("10.00"), 0)


def test_a_cent_too_much_given_back_makes_no_line_below_nothing() -> None:
    sale = order_of(Cart((Item("PIN", Decimal("0.01"), 2),)))
    invoice(sale)
    refund(sale, [1])
    (item,) = sale.memos[0]["items"]
    for name in ("row_total", "base_row_total"):
        item[name] += Decimal("0.02")
    for name in ("grand_total", "base_grand_total"):
        sale.memos[0][name] += Decimal("0.02")
    found = order(sale)
    assert [(line.net, line.quantity) for line in found.lines] == [(0, 1)]
    assert [(one.code, one.amount) for one in found.charges if one.amount] == [
        ("rest", Decimal("-0.01")),
    ]  # fmt: skip


def test_a_cancelled_order_holds_nothing() -> None:
    sale = order_of(Cart((Item("TEE", Decimal(10)),)))
    cancel_rest(sale)
    found = order(sale)
    assert (found.state, found.total, found.lines) == (OrderState.CANCELLED, 0, ())
