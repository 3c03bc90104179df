"""Orders on request: from the control API and from the shop front."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from integrations.connector_kit.sandbox.values import BadRequest, decimal_of, whole_of
from integrations.connectors.shopify.sandbox.buying import (
    Checkout,
    OutOfStock,
    Wanted,
    place,
    random_checkout,
)
from integrations.connectors.shopify.sandbox.money import cents
from integrations.connectors.shopify.sandbox.records import Order
from integrations.connectors.shopify.sandbox.shop import Shop


def place_orders(shop: Shop, body: Mapping[str, Any]) -> tuple[list[Order], str]:
    """The orders placed, and why there are fewer than asked ("" when there are not). The same
    seed makes the same choices from the same stock. Raises BadRequest."""
    count = whole_of(body.get("count", 1), "count", least=1, most=100_000)
    seed = body.get("seed")
    chance = random.Random(  # noqa: S311 - reproducible, not secret
        f"{shop.settings.seed}/{seed if seed is not None else len(shop.orders)}"
    )
    placed: list[Order] = []
    for _ in range(count):
        try:
            with shop.lock:
                placed.append(place(shop, _checkout(shop, chance, body)))
        except OutOfStock as refused:
            return placed, str(refused)
    return placed, ""


def _checkout(shop: Shop, chance: random.Random, body: Mapping[str, Any]) -> Checkout:
    lines = body.get("lines")
    exact = body.get("lines_exact")
    paid = body.get("paid")
    made = random_checkout(
        shop,
        chance,
        lines=whole_of(lines, "lines", least=1, most=250) if lines is not None else None,
        is_paid=bool(paid) if paid is not None else None,
        discount=_discount(body),
        tax_rate=_tax_rate(shop, body),
    )
    if exact is None:
        return made
    if not isinstance(exact, list) or not exact:
        raise BadRequest("lines_exact must be a list of lines")
    return replace(made, cart=[_wanted(shop, entry) for entry in exact])


def _discount(body: Mapping[str, Any]) -> bool | str | None:
    """None, when left out: some have one. False: none has. True: each has. Text: that code."""
    value = body.get("discount")
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return value.strip()
    raise BadRequest("discount must be true, false or a code")


def _tax_rate(shop: Shop, body: Mapping[str, Any]) -> Decimal:
    given = body.get("tax_rate")
    rate = shop.settings.tax_rate if given is None else decimal_of(given, "tax_rate")
    if not 0 <= rate < 1:
        raise BadRequest("tax_rate must be a fraction such as 0.0825")
    return rate


def _wanted(shop: Shop, entry: Any) -> Wanted:
    if not isinstance(entry, dict):
        raise BadRequest("lines_exact must be a list of objects with sku and quantity")
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
