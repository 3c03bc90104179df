"""Refunds: read, suggested, made (refusals as recorded)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from integrations.connectors.shopify.sandbox import refunding, totals
from integrations.connectors.shopify.sandbox.graph.call import Call, number_in, user_error
from integrations.connectors.shopify.sandbox.graph.idempotency import guarded
from integrations.connectors.shopify.sandbox.graph.paging import View
from integrations.connectors.shopify.sandbox.graph.views import orders
from integrations.connectors.shopify.sandbox.money import ZERO, bag, plain
from integrations.connectors.shopify.sandbox.records import Order, Transaction
from integrations.connectors.shopify.sandbox.refunding import Back, Plan

_TOO_MANY = "Quantity cannot refund more items than were purchased"


class _Refused(Exception):  # noqa: N818 - carries a userError inside this module only
    def __init__(self, path: list[str] | None, message: str) -> None:
        super().__init__(message)
        self.error = user_error(path, message)


def _refund(call: Call, id: str) -> View | None:  # noqa: A002
    number = number_in(id, "Refund")
    for order in call.shop.orders.values():
        for found in order.refunds:
            if found.id == number:
                return orders.refund(order, found)
    return None


def _create(call: Call, _info: Any, input: dict[str, Any]) -> View:  # noqa: A002
    order = call.shop.orders.get(number_in(input["orderId"], "Order"))
    if order is None:
        error = user_error(["orderId"], "Order does not exist")
        return {"refund": None, "order": None, "userErrors": [error]}
    try:
        plan = _plan(order, input)
    except _Refused as refused:
        return {"refund": None, "order": orders.order(order), "userErrors": [refused.error]}
    made = refunding.refund(call.shop, order, plan)
    return {
        "refund": orders.refund(order, made),
        "order": orders.order(order),
        "userErrors": [],
    }


def _plan(order: Order, given: dict[str, Any]) -> Plan:
    lines = [
        _back(order, row, index) for index, row in enumerate(given.get("refundLineItems") or [])
    ]
    return Plan(
        lines=lines,
        shipping=_shipping(order, given.get("shipping")),
        money=[_money(order, row) for row in _checked(order, given.get("transactions") or [])],
        note=given.get("note"),
    )


def _back(order: Order, row: dict[str, Any], index: int) -> Back:
    path = ["refundLineItems", str(index)]
    number = number_in(row["lineItemId"], "LineItem")
    line = next((one for one in order.lines if one.id == number), None)
    if line is None:
        raise _Refused([*path, "lineItemId"], "Line item does not exist")
    if not 0 < row["quantity"] <= line.current:
        raise _Refused([*path, "quantity"], _TOO_MANY)
    restock = row.get("restockType") or "NO_RESTOCK"
    if restock != "NO_RESTOCK" and not row.get("locationId"):
        raise _Refused([*path, "locationId"], "Location must be specified to restock")
    return Back(line, row["quantity"], restock)


def _shipping(order: Order, given: dict[str, Any] | None) -> Decimal:
    left = totals.current_shipping(order)
    if not given:
        return ZERO
    if given.get("fullRefund"):
        return left
    wanted = Decimal(str(given.get("amount") or 0)).quantize(ZERO)
    if wanted > left:
        raise _Refused(["shipping", "amount"], "Shipping amount cannot exceed what is refundable")
    return wanted


def _checked(order: Order, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    for row in rows:
        if row["kind"] != "REFUND":
            raise _Refused(None, f"Kind {row['kind'].lower()} is not a valid transaction")
    left = totals.received(order) - totals.refunded(order)
    asked = sum((Decimal(str(row["amount"])) for row in rows), ZERO)
    if asked > left:
        text = f"Refund amount ${plain(asked)} is greater than net payment received ${plain(left)}"
        raise _Refused(None, text)
    return rows


def _money(order: Order, row: dict[str, Any]) -> tuple[Transaction, Decimal]:
    number = number_in(row["parentId"], "OrderTransaction") if row.get("parentId") else 0
    for sale, _ in refunding.sales(order):
        if sale.id == number:
            return sale, Decimal(str(row["amount"])).quantize(ZERO)
    text = "Transactions require a parent_id associated with the order"
    raise _Refused(["transactions"], text)


def suggested(
    order: Order,
    call: Call,
    refundLineItems: list[dict[str, Any]] | None = None,
    refundShipping: bool | None = None,
    shippingAmount: Any = None,
    suggestFullRefund: bool = False,
) -> View:
    """What Shopify reckons for these lines; lines that cannot be refunded count for nothing."""
    given: dict[str, Any] = {"refundLineItems": refundLineItems}
    if refundShipping or suggestFullRefund:
        given["shipping"] = {"fullRefund": True}
    elif shippingAmount is not None:
        given["shipping"] = {"amount": shippingAmount}
    try:
        plan = _plan(order, given)
    except _Refused:
        plan = Plan()
    left = totals.received(order) - totals.refunded(order)
    return {
        "amountSet": bag(min(refunding.due(order, plan), left), order.currency),
        "maximumRefundableSet": bag(left, order.currency),
    }


QUERIES: dict[str, Callable[..., Any]] = {"refund": _refund}
MUTATIONS: dict[str, Callable[..., Any]] = {"refundCreate": guarded("refundCreate", _create)}
WITH_INFO = frozenset(MUTATIONS)
