"""Control actions: what buyers, gateways and the merchant's people do with orders."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from integrations.connector_kit.sandbox.values import BadRequest, decimal_of, whole_of
from integrations.connectors.magento.sandbox.errors import Refusal
from integrations.connectors.magento.sandbox.sales import (
    cancelling,
    checkout,
    documents,
    invoicing,
    money_flow,
    refunding,
    shipping,
    states,
)
from integrations.connectors.magento.sandbox.sales.amounts import ZERO
from integrations.connectors.magento.sandbox.sales.ordering import place_orders
from integrations.connectors.magento.sandbox.sales.records import Item, Order
from integrations.connectors.magento.sandbox.settings import Conflict
from integrations.connectors.magento.sandbox.shop import Shop

Body = Mapping[str, Any]


def summary(order: Order) -> dict[str, Any]:
    """`total` as text, in the order's currency."""
    return {
        "id": order.id,
        "name": order.increment_id,
        "total": f"{order.amounts.get('grand_total')[0]:.2f}",
    }


def _order(shop: Shop, number: int) -> Order:
    found = shop.sales.orders.get(number)
    if found is None:
        raise LookupError(f"no order has the id {number}")
    return found


def add_orders(shop: Shop, body: Body) -> dict[str, Any]:
    """Raises Conflict when the stock did not allow a single one of the orders."""
    placed, refused = place_orders(shop, body)
    if not placed:
        raise Conflict(refused)
    answer: dict[str, Any] = {"orders": [summary(order) for order in placed]}
    if refused:
        answer["refused"] = refused
    return answer


def pay(shop: Shop, _body: Body, number: int) -> dict[str, Any]:
    """The money came: everything that is left is invoiced."""
    order = _order(shop, number)
    if order.state in (states.PENDING_PAYMENT, states.REVIEW):
        checkout.accept(shop, order)
        return summary(order)
    try:
        invoicing.invoice(shop, order, {}, capture=True)
    except Refusal as refusal:
        raise Conflict(refusal.text()) from refusal
    return summary(order)


def cancel(shop: Shop, body: Body, number: int) -> dict[str, Any]:
    """{refund, restock}: as a person cancels an order. What was paid is refunded first, as Magento
    cancels nothing that is invoiced; the goods go back on the shelf unless told otherwise."""
    order = _order(shop, number)
    if order.shipments:
        raise Conflict("Cannot cancel an order that has shipments")
    if states.can_cancel(order) and not order.invoices:
        cancelling.cancel(shop, order)
        return summary(order)
    if not body.get("refund", True):
        raise Conflict("Cannot cancel an order that is invoiced; refund it")
    back = {item.id for item in order.items} if body.get("restock", True) else set()
    try:
        refunding.refund(shop, order, refunding.Plan(restock=frozenset(back)))
    except Refusal as refusal:
        raise Conflict(refusal.text()) from refusal
    return summary(order)


def refund(shop: Shop, body: Body, number: int) -> dict[str, Any]:
    """{lines: [{sku, quantity, restock}], shipping, amount, note}, as in the shop's admin.

    Without `amount` the buyer gets what the lines and the shipping come to; with it the difference
    is an adjustment. `online`: through the gateway.
    """
    order = _order(shop, number)
    try:
        made = refunding.refund(shop, order, _plan(shop, order, body))
    except Refusal as refusal:
        raise BadRequest(refusal.text()) from refusal
    return {
        "id": made.id,
        "order": order.increment_id,
        "total": f"{made.amounts.get('grand_total')[0]:.2f}",
    }


def _plan(shop: Shop, order: Order, body: Body) -> refunding.Plan:
    wanted: documents.Quantities = {}
    back: set[int] = set()
    for row in body.get("lines") or []:
        item, quantity = _line(order, row)
        wanted[item.id] = wanted.get(item.id, Decimal(0)) + quantity
        if row.get("restock", True):
            back.add(item.id)
    shipping_amount = decimal_of(body.get("shipping") or 0, "shipping").quantize(ZERO)
    first = next(item.id for item in order.items if not item.is_dummy)
    invoice = order.invoices[0] if body.get("online") and order.invoices else None
    plan = refunding.Plan(
        items=wanted or {first: Decimal(0)},
        shipping=shipping_amount,
        restock=frozenset(back),
        invoice=invoice,
        is_online=invoice is not None,
    )
    amount = body.get("amount")
    if amount is None:
        return plan
    due = refunding.due(shop, order, plan)
    over = decimal_of(amount, "amount").quantize(ZERO) - due
    return refunding.adjusted(order, plan, over)


def _line(order: Order, row: object) -> tuple[Item, Decimal]:
    if not isinstance(row, Mapping):
        raise BadRequest("lines must be a list of objects with sku and quantity")
    quantity = Decimal(whole_of(row.get("quantity", 1), "quantity", least=1))
    for item in order.items:
        if item.sku == row.get("sku") and item.to_refund >= quantity:
            return item, quantity
    raise BadRequest(f"the order has no {quantity} of {row.get('sku')} left to refund")


def ship(shop: Shop, body: Body, number: int) -> dict[str, Any]:
    """{lines: [{sku, quantity}], tracks, source_code}: everything left without lines."""
    order = _order(shop, number)
    wanted: documents.Quantities = {}
    for row in body.get("lines") or []:
        quantity = Decimal(whole_of(row.get("quantity", 1), "quantity", least=1))
        found = next(
            (i for i in order.items if i.sku == row.get("sku") and i.to_ship >= quantity), None
        )
        if found is None:
            raise BadRequest(f"the order has no {quantity} of {row.get('sku')} left to ship")
        wanted[found.id] = wanted.get(found.id, Decimal(0)) + quantity
    try:
        made = shipping.ship(
            shop,
            order,
            wanted,
            source_code=str(body.get("source_code", "default")),
            tracks=body.get("tracks") or [],
        )
    except Refusal as refusal:
        raise Conflict(refusal.text()) from refusal
    return {"id": made.id, "order": order.increment_id}


def transact(shop: Shop, body: Body, number: int) -> dict[str, Any]:
    """{kind}: what a gateway writes beside an order: authorization, capture, void. A capture invoices
    what is left; a void closes the authorization."""
    order = _order(shop, number)
    kind = str(body.get("kind", "capture"))
    if kind == "capture":
        try:
            made = invoicing.invoice(shop, order, {}, capture=True)
        except Refusal as refusal:
            raise Conflict(refusal.text()) from refusal
        return {"id": made.id, "amount": f"{made.amounts.get('grand_total')[0]:.2f}"}
    if kind not in ("authorization", "void", "order", "payment"):
        raise BadRequest("kind must be authorization, capture, order, payment or void")
    entry = money_flow.transact(shop, order, kind, is_closed=kind == "void")
    if kind == "authorization":
        order.payment.amounts.add("amount_authorized", *order.amounts.get("grand_total"))
    order.payment.last_trans_id = entry.txn_id
    order.touch(shop.now())
    shop.emit("sales.order.updated", order.id)
    return {"id": entry.id, "amount": f"{order.amounts.get('grand_total')[0]:.2f}"}


def hold(shop: Shop, _body: Body, number: int) -> dict[str, Any]:
    order = _order(shop, number)
    try:
        cancelling.hold(shop, order)
    except Refusal as refusal:
        raise Conflict(refusal.text()) from refusal
    return summary(order)


def unhold(shop: Shop, _body: Body, number: int) -> dict[str, Any]:
    order = _order(shop, number)
    try:
        cancelling.unhold(shop, order)
    except Refusal as refusal:
        raise Conflict(refusal.text()) from refusal
    return summary(order)


def add_status(shop: Shop, body: Body) -> dict[str, Any]:
    """{state, status}: the merchant adds a status of their own to a state."""
    state, status = str(body.get("state", "")), str(body.get("status", ""))
    if state not in states.STATUSES or not status:
        raise BadRequest(f"state must be one of {', '.join(states.STATUSES)}, status a word")
    known = shop.sales.state_statuses.get(state, ())
    shop.sales.state_statuses[state] = (*known, status)
    return {"state": state, "statuses": [*states.STATUSES[state], *known, status]}


def add_gift_card(shop: Shop, body: Body) -> dict[str, Any]:
    """{code, amount}: a card as the merchant makes one in the admin."""
    amount = decimal_of(body.get("amount"), "amount").quantize(ZERO)
    try:
        made = shop.sales.issue_card(str(body.get("code") or ""), amount)
    except Refusal as refusal:
        raise Conflict(refusal.text()) from refusal
    return {"id": made.id, "balance": f"{made.balance:.2f}"}


def use_gift_card(shop: Shop, body: Body) -> dict[str, Any]:
    """{code, amount}: a buyer pays with the card; below zero it is topped up."""
    amount = decimal_of(body.get("amount"), "amount").quantize(ZERO)
    card = shop.sales.card(str(body.get("code") or ""))
    if card is None:
        raise LookupError("no gift card has this code")
    if card.balance < amount:
        raise Conflict("The gift card does not have sufficient funds.")
    card.balance -= amount
    return {"id": card.id, "balance": f"{card.balance:.2f}"}


def give_credit(shop: Shop, body: Body) -> dict[str, Any]:
    """{customer, amount}: store credit as the merchant gives it in the admin."""
    customer = shop.customers.get(whole_of(body.get("customer"), "customer", most=10**12))
    if customer is None:
        raise LookupError(f"no customer has the id {body.get('customer')}")
    amount = decimal_of(body.get("amount"), "amount").quantize(ZERO)
    customer.balances[1] = customer.balances.get(1, ZERO) + amount
    return {"customer": customer.id, "balance": f"{customer.balances[1]:.2f}"}


ACTIONS: dict[str, Callable[..., Any]] = {
    "orders": add_orders,
    "orders/<int:number>/pay": pay,
    "orders/<int:number>/cancel": cancel,
    "orders/<int:number>/refund": refund,
    "orders/<int:number>/transactions": transact,
    "orders/<int:number>/ship": ship,
    "orders/<int:number>/hold": hold,
    "orders/<int:number>/unhold": unhold,
    "statuses": add_status,
    "gift_cards": add_gift_card,
    "gift_cards/use": use_gift_card,
    "store_credit": give_credit,
}
