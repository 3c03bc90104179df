"""Brings a shop into the states that shops of real people are in: SKUs mistyped, orders by draft."""

from __future__ import annotations

from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Request, Response

from integrations.connector_kit.sandbox.control import body_of
from integrations.connector_kit.sandbox.replies import json_reply
from integrations.connectors.shopify.sandbox.accounts import Accounts


def change_sku(accounts: Accounts, request: Request, name: str) -> Response:
    """{sku, to}: what a person types into the SKU field of a variant; `to` may be ""."""
    shop, body = accounts.get(name), body_of(request)
    with shop.lock:
        found = shop.variants_by_sku(str(body.get("sku", "")))
        if not found:
            raise NotFound(f"no article has the SKU {body.get('sku', '')}")
        found[0].sku = str(body.get("to", ""))
        shop.index_skus()
    return json_reply({"sku": found[0].sku})


def change_source(accounts: Accounts, request: Request, name: str, number: int) -> Response:
    """{source}: where the order came from, for example shopify_draft_order."""
    shop, body = accounts.get(name), body_of(request)
    with shop.lock:
        order = shop.orders.get(number)
        if order is None:
            raise NotFound(f"no order has the id {number}")
        order.source_name = str(body.get("source", "web"))
    return json_reply({"source": order.source_name})
