"""Cancelling what was not invoiced, holding and letting go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from integrations.connectors.magento.sandbox.errors import Refusal
from integrations.connectors.magento.sandbox.sales import states
from integrations.connectors.magento.sandbox.sales.amounts import ZERO, cents
from integrations.connectors.magento.sandbox.sales.records import Item, Order

if TYPE_CHECKING:
    from integrations.connectors.magento.sandbox.shop import Shop

_ON_ORDER = ("subtotal", "tax", "shipping", "discount")


def cancel(shop: Shop, order: Order) -> bool:
    """False when the order cannot be cancelled, as REST answers it. The caller holds the lock."""
    if not states.can_cancel(order):
        return False
    state = states.CANCELED
    for item in order.items:
        if state != states.PROCESSING and item.to_refund > 0:
            state = states.PROCESSING if item.to_ship > item.to_cancel else states.COMPLETE
    for item in order.items:
        _cancel_item(shop, order, item)
    for figures in order.amounts.sides():
        for name in _ON_ORDER:
            whole = figures["subtotal"] if name == "subtotal" else figures[f"{name}_amount"]
            figures[f"{name}_canceled"] = whole - figures.get(f"{name}_invoiced", ZERO)
        figures["total_canceled"] = figures["grand_total"] - figures.get("total_paid", ZERO)
    states.enter(order, state)
    if state == states.CANCELED:
        _give_credits_back(shop, order)
    states.settle(order, shop.now())
    shop.sales.comment(order, None)
    shop.emit("sales.order.cancelled", order.id)
    shop.emit("sales.order.updated", order.id)
    return True


def _cancel_item(shop: Shop, order: Order, item: Item) -> None:
    gone = item.to_cancel
    if item.is_dummy and item.parent is not None:
        # The parent comes before its children and is cancelled already.
        gone = item.parent.canceled * item.per_parent
    if gone <= 0:
        return
    item.canceled += gone
    figures = item.amounts.own
    item.tax_canceled += cents(figures.get("tax_amount", ZERO) * gone / item.ordered)
    if item.stock_sku:
        units = min(gone, item.reserved)
        item.reserved -= units
        shop.stock.release(item.stock_sku, units, order.id)


def _give_credits_back(shop: Shop, order: Order) -> None:
    """Gift cards and store credit of an order that was never paid are whole again."""
    for used in order.cards:
        used.card.balance += used.base
    balance = order.extension.get("customer_balance_amount")[1]
    customer = shop.customers.get(order.customer_id) if order.customer_id else None
    if balance and customer is not None:
        customer.balances[1] = customer.balances.get(1, ZERO) + balance


def hold(shop: Shop, order: Order) -> None:
    """Raises Refusal."""
    if not states.can_hold(order):
        raise Refusal("A hold action is not available.")
    order.held_state, order.held_status = order.state, order.status
    states.enter(order, states.HOLDED)
    _changed(shop, order)


def unhold(shop: Shop, order: Order) -> None:
    """Raises Refusal."""
    if order.state != states.HOLDED:
        raise Refusal("You cannot remove the hold.")
    states.enter(order, order.held_state, order.held_status)
    order.held_state = order.held_status = ""
    _changed(shop, order)


def _changed(shop: Shop, order: Order) -> None:
    order.touch(shop.now())
    shop.sales.comment(order, None)
    shop.emit("sales.order.updated", order.id)
