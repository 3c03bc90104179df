"""Prices of many products in one call; what fails is answered row by row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from integrations.connectors.magento.sandbox.catalogue import products
from integrations.connectors.magento.sandbox.errors import Refusal
from integrations.connectors.magento.sandbox.records import Product
from integrations.connectors.magento.sandbox.routing import Call, Route, decimal_of
from integrations.connectors.magento.sandbox.shop import Shop

_PRICED = ("simple", "virtual", "downloadable", "bundle")
Row = Mapping[str, Any]


def _failure(text: str, *parameters: object) -> dict[str, Any]:
    return {"message": text, "parameters": [str(entry) for entry in parameters]}


def _problem(shop: Shop, row: Row, name: str) -> dict[str, Any] | None:
    entry = shop.product(str(row.get("sku", "")))
    if entry is None or entry.type_id not in _PRICED:
        return _failure(
            'The SKU "%1" does not exist, or its type has no price of its own.', row.get("sku", "")
        )
    try:
        price = decimal_of(row.get(name), name)
    except Refusal:
        price = None
    if price is None or price < 0:
        return _failure(
            "Invalid attribute %1: %2. Row ID: SKU = %3.", name, row.get(name), row.get("sku")
        )
    if int(row.get("store_id", 0) or 0) > shop.settings.store_views:
        return _failure("Requested store is not found. Row ID: SKU = %1.", row.get("sku"))
    return None


def _update(
    shop: Shop, call: Call, name: str, put: Callable[[Product, Row], None]
) -> list[dict[str, Any]]:
    failures = []
    for row in call.rows("prices"):
        problem = _problem(shop, row, name)
        if problem is not None:
            failures.append(problem)
            continue
        entry = products.found(shop, str(row["sku"]))
        put(entry, row)
        entry.updated_at = shop.now()
        shop.emit("catalog.product.updated", entry.id)
    return failures


def _base(shop: Shop, call: Call) -> list[dict[str, Any]]:
    def put(entry: Product, row: Row) -> None:
        entry.price = decimal_of(row["price"], "price")

    return _update(shop, call, "price", put)


def _cost(shop: Shop, call: Call) -> list[dict[str, Any]]:
    def put(entry: Product, row: Row) -> None:
        entry.custom["cost"] = str(decimal_of(row["cost"], "cost"))

    return _update(shop, call, "cost", put)


def _special(shop: Shop, call: Call) -> list[dict[str, Any]]:
    def put(entry: Product, row: Row) -> None:
        entry.custom["special_price"] = str(decimal_of(row["price"], "price"))
        entry.custom["special_from_date"] = row.get("price_from")
        entry.custom["special_to_date"] = row.get("price_to")

    return _update(shop, call, "price", put)


ROUTES = (
    Route("POST", "products/base-prices", _base, products.RESOURCE),
    Route("POST", "products/cost", _cost, products.RESOURCE),
    Route("POST", "products/special-price", _special, products.RESOURCE),
)
