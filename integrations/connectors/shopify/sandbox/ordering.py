"""Orders on request: from the control API and from the shop front."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from integrations.connector_kit.sandbox.ordering import (
    discount_of,
    exact_lines,
    lines_of,
    place_each,
    tax_rate_of,
)
from integrations.connector_kit.sandbox.values import BadRequest, decimal_of, whole_of
from integrations.connectors.shopify.sandbox.buying import (
    Checkout,
    Wanted,
    place,
    random_checkout,
)
from integrations.connectors.shopify.sandbox.money import cents
from integrations.connectors.shopify.sandbox.records import Order
from integrations.connectors.shopify.sandbox.shop import Shop


def place_orders(shop: Shop, body: Mapping[str, Any]) -> tuple[list[Order], str]:
    """The orders placed, and why there are fewer than asked. Raises BadRequest."""

    def placed(chance: random.Random) -> Order:
        with shop.lock:
            return place(shop, _checkout(shop, chance, body))

    return place_each(body, shop.settings.seed, len(shop.orders), placed)


def _checkout(shop: Shop, chance: random.Random, body: Mapping[str, Any]) -> Checkout:
    exact = exact_lines(body)
    paid = body.get("paid")
    made = random_checkout(
        shop,
        chance,
        lines=lines_of(body),
        is_paid=bool(paid) if paid is not None else None,
        discount=discount_of(body),
        tax_rate=tax_rate_of(body, shop.settings.tax_rate),
    )
    if exact is None:
        return made
    return replace(made, cart=[_wanted(shop, entry) for entry in exact])


def _wanted(shop: Shop, entry: Mapping[str, Any]) -> Wanted:
    sku = str(entry.get("sku", ""))
    found = shop.variants_by_sku(sku)
    if not found:
        raise BadRequest(f"no article has the SKU {sku}")
    price = entry.get("price")
    return Wanted(
        variant=found[0],
        quantity=whole_of(entry.get("quantity", 1), "quantity", least=1),
        price=found[0].price if price is None else cents(decimal_of(price, "price")),
    )
