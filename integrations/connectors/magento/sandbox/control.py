"""The control API: what people do in the shop's admin.

Actions on what a shop holds are found by path in ACTIONS: `(shop, body, **values of the path) -> JSON`,
called under the shop's lock. They raise BadRequest (400), Conflict (409) and LookupError (404).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from decimal import Decimal
from typing import Any

from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Request, Response

from integrations.connector_kit.sandbox.control import body_of
from integrations.connector_kit.sandbox.values import whole_of
from integrations.connectors.magento.sandbox.accounts import Accounts
from integrations.connectors.magento.sandbox.catalogue import product_writing
from integrations.connectors.magento.sandbox.replies import json_reply
from integrations.connectors.magento.sandbox.settings import SWITCHES, Conflict, changed
from integrations.connectors.magento.sandbox.shop import Shop
from integrations.connectors.magento.sandbox.stock import DEFAULT_SOURCE

Action = Callable[..., Any]


def change_account(accounts: Accounts, request: Request, name: str) -> Response:
    """The switches of settings.SWITCHES, from now on; unknown names are ignored."""
    shop = accounts.get(name)
    with shop.lock:
        shop.settings = changed(shop.settings, body_of(request))
    shop.bulks.wake()
    return json_reply({switch: getattr(shop.settings, switch) for switch in SWITCHES})


def acting(action: Action, *, is_locked: bool = True) -> Callable[..., Response]:
    """A handler of the control API around an action. One that waits for others is not locked."""

    def handle(accounts: Accounts, request: Request, name: str, **values: Any) -> Response:
        shop, body = accounts.get(name), body_of(request)
        try:
            with shop.lock if is_locked else nullcontext():
                return json_reply(action(shop, body, **values))
        except Conflict as error:
            return json_reply({"error": str(error)}, 409)
        except LookupError as error:
            raise NotFound(str(error.args[0])) from error

    return handle


def _set_stock(shop: Shop, body: dict[str, Any]) -> dict[str, Any]:
    """{sku, available}: what a person would do in the shop's admin. What may still be sold becomes
    `available`: the source also holds what is promised to orders."""
    entry = shop.product(str(body.get("sku", "")))
    if entry is None:
        raise LookupError(f"no article has the SKU {body.get('sku', '')}")
    wanted = whole_of(body.get("available"), "available", least=-1_000_000)
    others = sum(
        (
            item.quantity
            for code, item in shop.stock.items.get(entry.sku, {}).items()
            if code != DEFAULT_SOURCE
        ),
        Decimal(0),
    )
    lying = Decimal(wanted) - others - shop.stock.reserved(entry.sku)
    shop.stock.put(entry.sku, DEFAULT_SOURCE, lying)
    shop.emit("cataloginventory.stock_item.saved", entry.id)
    return {"sku": entry.sku, "available": wanted}


def _delete_product(shop: Shop, body: dict[str, Any]) -> dict[str, Any]:
    """{sku}: the product of that SKU goes, as a merchant deletes it in the admin."""
    sku = str(body.get("sku", ""))
    entry = shop.product(sku)
    if entry is None:
        raise LookupError(f"no article has the SKU {sku}")
    product_writing.remove(shop, entry)
    return {"deleted": entry.id}


def _change_sku(shop: Shop, body: dict[str, Any]) -> dict[str, Any]:
    """{sku, to}: what a person types into the SKU field of a product."""
    entry = shop.product(str(body.get("sku", "")))
    if entry is None:
        raise LookupError(f"no article has the SKU {body.get('sku', '')}")
    wanted = str(body.get("to", ""))
    if not wanted or shop.product(wanted) is not None:
        raise Conflict(f"an article cannot have the SKU {wanted!r}: it is empty or taken")
    before, lying = entry.sku, shop.stock.items.get(entry.sku, {})
    shop.drop_product(entry)
    entry.sku = wanted
    for item in lying.values():
        item.sku = wanted
    shop.stock.items[wanted] = lying
    for parent in shop.products.values():
        parent.children = [wanted if sku == before else sku for sku in parent.children]
    shop.add_product(entry)
    return {"sku": wanted}


def _uninstall(shop: Shop, body: dict[str, Any]) -> dict[str, Any]:
    """The merchant deletes the integration."""
    shop.keys.remove_integration()
    return {"uninstalled": shop.name}


ACTIONS: dict[str, Action] = {
    "stock": _set_stock,
    "products/delete": _delete_product,
    "articles": _change_sku,
    "uninstall": _uninstall,
}
