"""The states of an order, what each allows, and which one it is in after a change."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from integrations.connectors.magento.sandbox.sales.amounts import ZERO
from integrations.connectors.magento.sandbox.sales.records import Order

NEW = "new"
PENDING_PAYMENT = "pending_payment"
PROCESSING = "processing"
REVIEW = "payment_review"
HOLDED = "holded"
COMPLETE = "complete"
CLOSED = "closed"
CANCELED = "canceled"

# Statuses that belong to a state, the default first. A merchant may add more (state_statuses).
STATUSES: dict[str, tuple[str, ...]] = {
    NEW: ("pending",),
    PENDING_PAYMENT: ("pending_payment",),
    PROCESSING: ("processing", "fraud"),
    REVIEW: ("payment_review", "fraud"),
    HOLDED: ("holded",),
    COMPLETE: ("complete",),
    CLOSED: ("closed",),
    CANCELED: ("canceled",),
}


def default_status(state: str) -> str:
    return STATUSES[state][0]


def can_ship(order: Order) -> bool:
    if order.state in (HOLDED, REVIEW, CANCELED) or order.is_virtual:
        return False
    return any(item.to_ship > 0 for item in order.items)


def can_invoice(order: Order) -> bool:
    if order.state in (HOLDED, REVIEW, CANCELED, COMPLETE, CLOSED):
        return False
    return any(item.to_invoice > 0 for item in order.items)


def left_to_refund(order: Order) -> tuple[Decimal, Decimal]:
    """Money, gift cards and store credit that were taken and not given back yet, in both currencies."""
    paid, back = order.amounts.get("total_paid"), order.amounts.get("total_refunded")
    left = [paid[0] - back[0], paid[1] - back[1]]
    for name in ("gift_cards", "customer_balance"):
        taken, back = (
            order.extension.get(f"{name}_invoiced"),
            order.extension.get(f"{name}_refunded"),
        )
        left = [left[0] + taken[0] - back[0], left[1] + taken[1] - back[1]]
    return left[0], left[1]


def can_refund(order: Order) -> bool:
    if order.state in (HOLDED, REVIEW, CANCELED, CLOSED):
        return False
    return left_to_refund(order)[0] > 0


def can_cancel(order: Order) -> bool:
    """What was invoiced already stays; an order with nothing left to invoice cannot be cancelled."""
    if order.state in (HOLDED, REVIEW, CANCELED, COMPLETE, CLOSED):
        return False
    return any(item.to_invoice > 0 for item in order.items)


def can_hold(order: Order) -> bool:
    return order.state not in (CANCELED, REVIEW, COMPLETE, CLOSED, HOLDED)


def enter(order: Order, state: str, status: str = "") -> None:
    order.state, order.status = state, status or default_status(state)


def settle(order: Order, moment: datetime, *, in_process: bool = False) -> None:
    """Moves the order on after something was saved. `in_process`: an invoice or a shipment was made.
    The order of these questions is the one of Magento's state handler."""
    if order.state in (NEW, PENDING_PAYMENT) and in_process:
        enter(order, PROCESSING)
    if order.state not in (CANCELED, HOLDED) and not can_invoice(order):
        if order.state in (PROCESSING, COMPLETE) and _is_closed(order):
            enter(order, CLOSED)
        elif order.state == PROCESSING and not can_ship(order):
            enter(order, COMPLETE)
    order.touch(moment)


def _is_closed(order: Order) -> bool:
    if order.amounts.get("total_refunded")[0] <= ZERO and not order.memos:
        return False
    return not can_refund(order) and not can_ship(order)
