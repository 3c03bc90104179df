"""Refunds: goods taken back, shipping and money given back, the texts of refusals as recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from integrations.connectors.shopify.sandbox import clock, events, totals
from integrations.connectors.shopify.sandbox.money import ZERO, cents
from integrations.connectors.shopify.sandbox.records import (
    Level,
    LineItem,
    Order,
    Refund,
    RefundLine,
    Transaction,
)
from integrations.connectors.shopify.sandbox.shop import Shop


@dataclass(frozen=True)
class Back:
    """Units of one line on their way back. `restock`: NO_RESTOCK, CANCEL or RETURN."""

    line: LineItem
    quantity: int
    restock: str


@dataclass(frozen=True)
class Plan:
    """What is to be refunded. `money`: the payment it goes back to, and how much."""

    lines: Sequence[Back] = ()
    shipping: Decimal = ZERO
    money: Sequence[tuple[Transaction, Decimal]] = ()
    note: str | None = None


def due(order: Order, plan: Plan) -> Decimal:
    """What Shopify reckons the buyer gets for these lines and this shipping."""
    before = totals.current_total(order)
    amounts = [_worth(order, back) for back in plan.lines]
    goods = sum((net + (ZERO if order.taxes_included else tax) for net, tax in amounts), ZERO)
    return min(goods + plan.shipping + _added_shipping_tax(order, plan.shipping), before)


def refund(shop: Shop, order: Order, plan: Plan) -> Refund:
    """Books the refund and tells of it. The caller has checked the plan and holds the lock."""
    moment = clock.now()
    lines = [_line(shop, order, back) for back in plan.lines]
    made = Refund(
        id=shop.numbers.next("Refund"),
        created_at=moment,
        lines=lines,
        transactions=[_give(shop, order, sale, amount, moment) for sale, amount in plan.money],
        note=plan.note,
        shipping=plan.shipping,
        shipping_tax=_shipping_tax(order, plan.shipping),
    )
    order.refunds.append(made)
    levels = _move(shop, order, plan.lines, moment)
    order.touch(moment)
    events.refunded(shop, order, made)
    events.order_changed(shop, order, "orders/updated")
    events.stock_changed(shop, levels)
    return made


def sales(order: Order) -> list[tuple[Transaction, Decimal]]:
    """Payments that came, each with what is left of it."""
    found = []
    for sale in order.transactions:
        if sale.status == "SUCCESS" and sale.kind in ("SALE", "CAPTURE"):
            back = sum((one.amount for one in order.transactions if one.parent is sale), ZERO)
            found.append((sale, sale.amount - back))
    return found


def _worth(order: Order, back: Back) -> tuple[Decimal, Decimal]:
    """Net and tax of the units: what the line loses, so that the cents add up."""
    line = back.line
    tax = totals.tax_of(line.tax_lines)
    left = line.current - back.quantity

    def share(amount: Decimal, units: int) -> Decimal:
        return cents(amount * units / line.quantity)

    return (
        share(line.net, line.current) - share(line.net, left),
        share(tax, line.current) - share(tax, left),
    )


def _line(shop: Shop, order: Order, back: Back) -> RefundLine:
    net, tax = _worth(order, back)
    made = RefundLine(
        id=shop.numbers.next("RefundLineItem"),
        line=back.line,
        quantity=back.quantity,
        restock_type=back.restock,
        subtotal=net,
        tax=tax,
    )
    waiting = 0 if back.restock == "RETURN" else min(back.quantity, back.line.unfulfilled)
    back.line.removed += waiting
    back.line.returned += back.quantity - waiting
    _take_off(order, back.line, waiting)
    return made


def _take_off(order: Order, line: LineItem, units: int) -> None:
    """Units that will not be shipped any more leave the fulfilment orders."""
    for origin in order.fulfillment_orders:
        for entry in origin.lines:
            if entry.line is line:
                gone = min(units, entry.remaining)
                entry.remaining -= gone
                units -= gone
        if origin.status == "OPEN" and not any(entry.remaining for entry in origin.lines):
            origin.status = "CLOSED"


def _move(shop: Shop, order: Order, lines: Sequence[Back], moment: datetime) -> list[Level]:
    levels = []
    for back in lines:
        level = back.line.variant.levels.get(shop.main_location.id)
        if level is None:
            continue
        if back.restock != "RETURN":
            level.shift("committed", -min(back.quantity, level.quantity("committed")))
        level.shift("available", 0 if back.restock == "NO_RESTOCK" else back.quantity)
        level.updated_at = moment
        levels.append(level)
    return levels


def _give(
    shop: Shop, order: Order, sale: Transaction, amount: Decimal, moment: datetime
) -> Transaction:
    made = Transaction(
        id=shop.numbers.next("OrderTransaction"),
        kind="REFUND",
        status="SUCCESS",
        # A refund takes the gateway of the payment, whatever was asked (recorded).
        gateway=sale.gateway,
        amount=amount,
        processed_at=moment,
        parent=sale,
    )
    order.transactions.append(made)
    return made


def _shipping_tax(order: Order, shipping: Decimal) -> Decimal:
    price = order.shipping.price
    return cents(totals.tax_of(order.shipping.tax_lines) * shipping / price) if price else ZERO


def _added_shipping_tax(order: Order, shipping: Decimal) -> Decimal:
    return ZERO if order.taxes_included else _shipping_tax(order, shipping)
