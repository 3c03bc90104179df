"""Cancelling an order: stock comes back, money may go back."""

from __future__ import annotations

from datetime import datetime

from integrations.connectors.shopify.sandbox import clock, events, totals
from integrations.connectors.shopify.sandbox.money import cents
from integrations.connectors.shopify.sandbox.records import (
    Order,
    Refund,
    RefundLine,
    Transaction,
)
from integrations.connectors.shopify.sandbox.shop import Shop


def refusal(order: Order) -> str:
    """Why Shopify would not cancel the order, "" when it would (recorded texts)."""
    if order.cancelled_at is not None:
        return "Cannot cancel an order that has already been canceled"
    if any(entry.status != "CANCELLED" for entry in order.fulfillments):
        return "Cannot cancel an order that has outstanding fulfillments"
    return ""


def cancel(shop: Shop, order: Order, *, reason: str, restock: bool, pays_back: bool) -> None:
    """The caller has asked `refusal` and holds the shop's lock."""
    moment = clock.now()
    owed = totals.received(order) - totals.refunded(order)
    if pays_back and owed > 0:
        order.refunds.append(_refund(shop, order, moment, restock=restock))
    levels = []
    for line in order.lines:
        level = line.variant.levels.get(shop.main_location.id)
        if level is not None:
            level.shift("committed", -line.unfulfilled)
            level.shift("available", line.unfulfilled if restock else 0)
            level.updated_at = moment
            levels.append(level)
        line.removed += line.unfulfilled
    for entry in order.fulfillment_orders:
        entry.status, entry.updated_at = "CLOSED", moment
        for waiting in entry.lines:
            waiting.remaining = 0
    order.cancelled_at = order.closed_at = moment
    order.cancel_reason = reason
    order.touch(moment)
    if pays_back and owed > 0:
        events.money_moved(shop, order, order.transactions[-1])
    events.order_changed(shop, order, "orders/cancelled", "orders/updated")
    if restock:
        events.stock_changed(shop, levels)


def _refund(shop: Shop, order: Order, moment: datetime, *, restock: bool) -> Refund:
    sale = next(
        entry
        for entry in order.transactions
        if entry.status == "SUCCESS" and entry.kind in ("SALE", "CAPTURE")
    )
    back = Transaction(
        id=shop.numbers.next("OrderTransaction"),
        kind="REFUND",
        status="SUCCESS",
        gateway=sale.gateway,
        amount=totals.received(order) - totals.refunded(order),
        processed_at=moment,
        parent=sale,
    )
    order.transactions.append(back)
    return Refund(
        id=shop.numbers.next("Refund"),
        created_at=moment,
        lines=[
            RefundLine(
                id=shop.numbers.next("RefundLineItem"),
                line=line,
                quantity=line.unfulfilled,
                restock_type="CANCEL" if restock else "NO_RESTOCK",
                subtotal=cents(line.net * line.unfulfilled / line.quantity),
                tax=cents(totals.tax_of(line.tax_lines) * line.unfulfilled / line.quantity),
            )
            for line in order.lines
            if line.unfulfilled
        ],
        transactions=[back],
    )
