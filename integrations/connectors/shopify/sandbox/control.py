"""The control API: rate limits, orders as buyers would place them, and what a merchant does."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Request, Response

from integrations.connector_kit.sandbox.control import body_of
from integrations.connector_kit.sandbox.replies import json_reply
from integrations.connector_kit.sandbox.values import BadRequest, decimal_of, whole_of
from integrations.connectors.shopify.sandbox import (
    buying,
    cancelling,
    cards,
    clock,
    events,
    refunding,
    totals,
)
from integrations.connectors.shopify.sandbox.accounts import Accounts
from integrations.connectors.shopify.sandbox.bodies import privacy_bodies
from integrations.connectors.shopify.sandbox.graph.resolvers import product_changes
from integrations.connectors.shopify.sandbox.money import ZERO, cents, plain
from integrations.connectors.shopify.sandbox.ordering import place_orders
from integrations.connectors.shopify.sandbox.records import Order, Transaction
from integrations.connectors.shopify.sandbox.shop import Shop


def change_account(accounts: Accounts, request: Request, name: str) -> Response:
    """{bucket, restore_rate}: another rate limit from now on."""
    budget, body = accounts.get(name).budget, body_of(request)
    size = float(decimal_of(body.get("bucket", budget.size), "bucket"))
    rate = float(decimal_of(body.get("restore_rate", budget.rate), "restore_rate"))
    if size <= 0 or rate <= 0:
        raise BadRequest("bucket and restore_rate must be above 0")
    budget.change(size=size, rate=rate)
    return json_reply({"bucket": size, "restore_rate": rate})


def order_summary(order: Order) -> dict[str, Any]:
    return {"id": order.id, "name": order.name, "total": plain(totals.total(order))}


def add_orders(accounts: Accounts, request: Request, name: str) -> Response:
    """409 when the stock did not allow a single one of the orders."""
    placed, refused = place_orders(accounts.get(name), body_of(request))
    answer: dict[str, Any] = {"orders": [order_summary(order) for order in placed]}
    if refused:
        answer["refused"] = refused
    return json_reply(answer, 200 if placed else 409)


def _order(shop: Shop, number: int) -> Order:
    found = shop.orders.get(number)
    if found is None:
        raise NotFound(f"no order has the id {number}")
    return found


def pay_order(accounts: Accounts, _request: Request, name: str, number: int) -> Response:
    shop = accounts.get(name)
    with shop.lock:
        order = _order(shop, number)
        if not buying.mark_paid(shop, order):
            return json_reply({"error": "Order cannot be marked as paid."}, 409)
    return json_reply(order_summary(order))


def transact(accounts: Accounts, request: Request, name: str, number: int) -> Response:
    """{kind, status, gateway, amount, card}: a transaction of the order as a gateway makes it."""
    shop, body = accounts.get(name), body_of(request)
    with shop.lock:
        order = _order(shop, number)
        card = body.get("card")
        made = Transaction(
            id=shop.numbers.next("OrderTransaction"),
            kind=str(body.get("kind", "sale")).upper(),
            status=str(body.get("status", "success")).upper(),
            gateway=str(body.get("gateway", "bogus")),
            amount=cents(decimal_of(body.get("amount", totals.outstanding(order)), "amount")),
            processed_at=clock.now(),
            card=(str(card[0]), str(card[1])) if card else None,
        )
        buying.transact(shop, order, made)
    return json_reply({"id": made.id, "amount": plain(made.amount)})


def cancel_order(accounts: Accounts, request: Request, name: str, number: int) -> Response:
    shop, body = accounts.get(name), body_of(request)
    with shop.lock:
        order = _order(shop, number)
        refusal = cancelling.refusal(order)
        if refusal:
            return json_reply({"error": refusal}, 409)
        cancelling.cancel(
            shop,
            order,
            reason=str(body.get("reason", "CUSTOMER")).upper(),
            restock=bool(body.get("restock", True)),
            pays_back=bool(body.get("refund", True)),
        )
    return json_reply(order_summary(order))


def refund_order(accounts: Accounts, request: Request, name: str, number: int) -> Response:
    """{lines: [{sku, quantity, restock}], shipping, amount, note}, as in the shop's admin.

    Without `amount` the buyer gets what the lines and the shipping come to.
    """
    shop, body = accounts.get(name), body_of(request)
    with shop.lock:
        order = _order(shop, number)
        made = refunding.refund(shop, order, _refund_plan(order, body))
    return json_reply({"id": made.id, "order": order.name, "total": plain(made.total)})


def _refund_plan(order: Order, body: dict[str, Any]) -> refunding.Plan:
    lines = [_back(order, row) for row in body.get("lines") or []]
    shipping = decimal_of(body.get("shipping", 0), "shipping").quantize(ZERO)
    plan = refunding.Plan(lines, shipping, note=body.get("note"))
    amount = body.get("amount")
    left = refunding.due(order, plan) if amount is None else decimal_of(amount, "amount")
    money = []
    for sale, rest in refunding.sales(order):
        part = min(left.quantize(ZERO), rest)
        if part > 0:
            money.append((sale, part))
            left -= part
    if left > 0:
        raise BadRequest("amount is more than was paid")
    return replace(plan, money=money)


def _back(order: Order, row: dict[str, Any]) -> refunding.Back:
    quantity = whole_of(row.get("quantity", 1), "quantity", least=1)
    for line in order.lines:
        if line.sku == row.get("sku") and line.current >= quantity:
            restock = "CANCEL" if line.unfulfilled >= quantity else "RETURN"
            return refunding.Back(
                line, quantity, restock if row.get("restock", True) else "NO_RESTOCK"
            )
    raise BadRequest(f"the order has no {quantity} of {row.get('sku')} left")


def add_gift_card(accounts: Accounts, request: Request, name: str) -> Response:
    """{code, amount}: a card as the merchant makes one in the admin."""
    shop, body = accounts.get(name), body_of(request)
    amount = decimal_of(body.get("amount"), "amount").quantize(ZERO)
    with shop.lock:
        made = cards.issue(shop, str(body.get("code") or ""), amount, None)
    return json_reply({"id": made.id, "balance": plain(made.balance)})


def use_gift_card(accounts: Accounts, request: Request, name: str) -> Response:
    """{code, amount}: a buyer pays with the card; below zero it is topped up."""
    shop, body = accounts.get(name), body_of(request)
    amount = decimal_of(body.get("amount"), "amount").quantize(ZERO)
    with shop.lock:
        card = cards.find_code(shop, str(body.get("code") or ""))
        if card is None:
            raise NotFound("no gift card has this code")
        if card.balance < amount:
            return json_reply({"error": "The gift card does not have sufficient funds."}, 409)
        cards.change(shop, card, -amount, None)
    return json_reply({"id": card.id, "balance": plain(card.balance)})


def set_stock(accounts: Accounts, request: Request, name: str) -> Response:
    """What a person would do in the shop's admin."""
    shop, body = accounts.get(name), body_of(request)
    found = shop.variants_by_sku(str(body.get("sku", "")))
    if not found:
        raise NotFound(f"no article has the SKU {body.get('sku', '')}")
    with shop.lock:
        level = found[0].levels[shop.main_location.id]
        wanted = whole_of(body.get("available"), "available", least=-1_000_000)
        level.shift("available", wanted - level.quantity("available"))
        level.updated_at = clock.now()
        events.stock_changed(shop, [level])
    return json_reply({"sku": found[0].sku, "available": wanted})


def delete_product(accounts: Accounts, request: Request, name: str) -> Response:
    """{sku}: the product with that article goes, as a merchant deletes it in the admin."""
    shop, sku = accounts.get(name), str(body_of(request).get("sku", ""))
    with shop.lock:
        found = shop.variants_by_sku(sku)
        if not found:
            raise NotFound(f"no article has the SKU {sku}")
        product_changes.delete_product(shop, found[0].product)
    return json_reply({"deleted": found[0].product.id})


def uninstall(accounts: Accounts, _request: Request, name: str) -> Response:
    shop = accounts.get(name)
    with shop.lock:
        events.uninstalled(shop)
    return json_reply({"uninstalled": name})


def ask_privacy(accounts: Accounts, request: Request, name: str) -> Response:
    """{topic, url, customer, orders}: one of the three privacy webhooks, sent to the app's url.

    `customer` is an id, `orders` are ids; all of the customer's when they are left out.
    """
    shop, body = accounts.get(name), body_of(request)
    topic, url = str(body.get("topic", "")), str(body.get("url", ""))
    if topic not in privacy_bodies.TOPICS:
        raise BadRequest(f"topic must be one of {', '.join(privacy_bodies.TOPICS)}")
    with shop.lock:
        customer = shop.customers.get(
            whole_of(body.get("customer", 0), "customer", least=0, most=10**18)
        )
        if customer is None and topic != "shop/redact":
            raise NotFound(f"no customer has the id {body.get('customer')}")
        said = privacy_bodies.body(shop, topic, customer, body.get("orders"))
    accounts.tell_app(shop, topic, said, url)
    return json_reply({"sent": topic})
