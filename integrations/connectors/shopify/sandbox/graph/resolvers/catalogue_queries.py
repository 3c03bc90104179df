"""Products, variants and inventory found and read; prices and SKUs changed."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from integrations.connector_kit.sandbox.values import decimal_of
from integrations.connectors.shopify.sandbox import clock, events
from integrations.connectors.shopify.sandbox.graph.call import Call, number_in, user_error
from integrations.connectors.shopify.sandbox.graph.paging import Rows, View
from integrations.connectors.shopify.sandbox.graph.resolvers.listing import counted, listed
from integrations.connectors.shopify.sandbox.graph.resolvers.metafield_changes import (
    checked_metafields,
    store_metafields,
)
from integrations.connectors.shopify.sandbox.graph.search import Field
from integrations.connectors.shopify.sandbox.graph.views import catalogue
from integrations.connectors.shopify.sandbox.identifiers import gid, parse_gid
from integrations.connectors.shopify.sandbox.records import Product, Variant
from integrations.connectors.shopify.sandbox.shop import phrase

_PRICE_LIMIT = Decimal("1000000000000000000")


def _variant_fields(call: Call) -> dict[str, Field]:
    def by_sku(value: str) -> set[int]:
        return call.shop.sku_index.get(phrase(value), set())

    return {
        "default": Field("text", lambda found: f"{found.sku} {found.product.title}"),
        "sku": Field("text", lambda found: found.sku, by_sku),
        "barcode": Field("text", lambda found: found.barcode),
        "product_id": Field("number", lambda found: found.product.id),
        "title": Field("text", lambda found: found.title),
        "updated_at": Field("instant", lambda found: found.updated_at),
        "created_at": Field("instant", lambda found: found.created_at),
    }


_PRODUCT_FIELDS: dict[str, Field] = {
    "default": Field("text", lambda found: found.title),
    "id": Field("number", lambda found: found.id),
    "title": Field("text", lambda found: found.title),
    "handle": Field("text", lambda found: found.handle),
    "status": Field("state", lambda found: found.status.lower()),
    "tag": Field("text", lambda found: found.tags),
    "product_type": Field("text", lambda found: found.product_type),
    "sku": Field("text", lambda found: [variant.sku for variant in found.variants]),
    "updated_at": Field("instant", lambda found: found.updated_at),
    "created_at": Field("instant", lambda found: found.created_at),
}

_VARIANT_KEYS: dict[str, Callable[[Variant], Any]] = {
    "SKU": lambda found: found.sku,
    "TITLE": lambda found: found.title,
    "POSITION": lambda found: found.position,
}
_PRODUCT_KEYS: dict[str, Callable[[Product], Any]] = {
    "TITLE": lambda found: found.title,
    "UPDATED_AT": lambda found: found.updated_at.isoformat(timespec="microseconds"),
    "CREATED_AT": lambda found: found.created_at.isoformat(timespec="microseconds"),
}


def _variants(call: Call, query: str | None = None, sortKey: str = "ID", **_: Any) -> Rows:
    fields = _variant_fields(call)
    fields["id"] = Field("number", lambda found: found.id)
    return listed(
        call,
        "productVariants",
        call.shop.variants.values(),
        fields,
        query,
        view=catalogue.variant,
        key=_VARIANT_KEYS.get(sortKey),
    )


def _variants_count(call: Call, limit: int | None = None, query: str | None = None) -> View:
    variants = call.shop.variants.values()
    return counted(call, "productVariantsCount", variants, {}, query, limit)


def _item_number(found: Variant) -> int:
    return found.item_id


def _items(call: Call, query: str | None = None, **_: Any) -> Rows:
    fields = _variant_fields(call)
    fields["id"] = Field("number", _item_number)
    return listed(
        call,
        "inventoryItems",
        call.shop.variants.values(),
        fields,
        query,
        view=catalogue.item,
        number=_item_number,
    )


def _products(call: Call, query: str | None = None, sortKey: str = "ID", **_: Any) -> Rows:
    return listed(
        call,
        "products",
        call.shop.products.values(),
        _PRODUCT_FIELDS,
        query,
        view=catalogue.product,
        key=_PRODUCT_KEYS.get(sortKey),
    )


def _level(call: Call, id: str) -> View | None:  # noqa: A002
    parts = parse_gid(id)
    name, _, item = (parts.query if parts else "").partition("=")
    if parts is None or name != "inventory_item_id" or not item.isdigit():
        return None
    variant = call.shop.items.get(int(item))
    found = variant.levels.get(parts.number) if variant else None
    return catalogue.level(found) if found else None


def _one(
    store: Callable[[Call], dict[int, Any]], kind: str, view: Callable[[Any], View]
) -> Callable[..., View | None]:
    def resolve(call: Call, id: str) -> View | None:  # noqa: A002
        found = store(call).get(number_in(id, kind))
        return view(found) if found is not None else None

    return resolve


def _bulk_update(
    call: Call, productId: str, variants: list[dict[str, Any]], allowPartialUpdates: bool = False
) -> View:
    product = call.shop.products.get(number_in(productId, "Product"))
    if product is None:
        error = user_error(["productId"], "Product does not exist", "PRODUCT_DOES_NOT_EXIST")
        return {"product": None, "productVariants": None, "userErrors": [error]}
    owned = {found.id: found for found in product.variants}
    problems, good = [], []
    for index, values in enumerate(variants):
        found = owned.get(number_in(values["id"], "ProductVariant")) if values.get("id") else None
        wrong = variant_problems(call, found, values, ["variants", str(index)])
        problems += wrong
        if found is not None and not wrong:
            good.append((found, values))
    if not problems or allowPartialUpdates:
        for found, values in good:
            update_variant(call, found, values)
        if good:
            events.product_changed(call.shop, product)
    named = [
        owned[number_in(entry["id"], "ProductVariant")]
        for entry in variants
        if entry.get("id") and number_in(entry["id"], "ProductVariant") in owned
    ]
    return {
        "product": catalogue.product(product),
        "productVariants": [catalogue.variant(found) for found in named],
        "userErrors": problems,
    }


def variant_problems(
    call: Call, found: Variant | None, values: dict[str, Any], path: list[str]
) -> list[View]:
    if found is None:
        text, code = "Product variant does not exist", "PRODUCT_VARIANT_DOES_NOT_EXIST"
        return [user_error([*path, "id"], text, code)]
    owner, given = gid("ProductVariant", found.id), values.get("metafields") or []
    return [
        *value_problems(values, path),
        *checked_metafields(call, owner, given, [*path, "metafields"]),
    ]


def value_problems(values: dict[str, Any], path: list[str]) -> list[View]:
    """What is wrong with the prices of a variant that is made or changed."""
    problems = []
    if _amount(values, "compareAtPrice") >= _PRICE_LIMIT:
        text = f"must be less than {_PRICE_LIMIT}"
        problems.append(user_error([*path, "compareAtPrice"], text, "INVALID_INPUT"))
    if _amount(values, "price") < 0:
        text = "Price must be greater than or equal to 0"
        problems.append(user_error([*path, "price"], text, "GREATER_THAN_OR_EQUAL_TO"))
    return problems


def _amount(values: dict[str, Any], name: str) -> Decimal:
    return decimal_of(values[name], name) if values.get(name) is not None else Decimal(0)


def update_variant(call: Call, found: Variant, values: dict[str, Any]) -> None:
    """What a ProductVariantsBulkInput says of a variant."""
    if values.get("price") is not None:
        found.price = decimal_of(values["price"], "price")
    if "compareAtPrice" in values:
        amount = values["compareAtPrice"]
        found.compare_at_price = decimal_of(amount, "compareAtPrice") if amount else None
    if "barcode" in values:
        found.barcode = values["barcode"] or ""
    if values.get("taxable") is not None:
        found.taxable = values["taxable"]
    if values.get("inventoryPolicy"):
        found.policy = values["inventoryPolicy"]
    found.updated_at = found.product.updated_at = clock.now()
    store_metafields(call, gid("ProductVariant", found.id), values.get("metafields") or [])
    update_item(call, found, values.get("inventoryItem") or {})


def _item_update(
    call: Call,
    id: str,  # noqa: A002
    input: dict[str, Any],  # noqa: A002
) -> View:
    found = call.shop.items.get(number_in(id, "InventoryItem"))
    if found is None:
        error = user_error(["id"], "The product couldn't be updated because it does not exist.")
        return {"inventoryItem": None, "userErrors": [error]}
    update_item(call, found, input)
    events.product_changed(call.shop, found.product)
    return {"inventoryItem": catalogue.item(found), "userErrors": []}


def update_item(call: Call, found: Variant, values: dict[str, Any]) -> None:
    """What an InventoryItemInput says of an item."""
    found.updated_at = found.product.updated_at = clock.now()
    if values.get("tracked") is not None:
        found.tracked = values["tracked"]
    if values.get("requiresShipping") is not None:
        found.requires_shipping = values["requiresShipping"]
    if values.get("cost") is not None:
        found.cost = decimal_of(values["cost"], "cost")
    weight = (values.get("measurement") or {}).get("weight")
    if weight:
        found.weight = (float(weight["value"]), weight["unit"])
    if values.get("sku") is not None and values["sku"] != found.sku:
        found.sku = values["sku"]
        call.shop.index_sku(found)


QUERIES: dict[str, Callable[..., Any]] = {
    "productVariants": _variants,
    "productVariantsCount": _variants_count,
    "inventoryItems": _items,
    "products": _products,
    "inventoryLevel": _level,
    "product": _one(lambda call: call.shop.products, "Product", catalogue.product),
    "productVariant": _one(lambda call: call.shop.variants, "ProductVariant", catalogue.variant),
    "inventoryItem": _one(lambda call: call.shop.items, "InventoryItem", catalogue.item),
}
MUTATIONS: dict[str, Callable[..., Any]] = {
    "productVariantsBulkUpdate": _bulk_update,
    "inventoryItemUpdate": _item_update,
}
