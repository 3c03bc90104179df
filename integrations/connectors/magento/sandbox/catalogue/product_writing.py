"""Products written: made, changed and deleted.

POST with a known SKU changes that product. A store view keeps values of its own: without a store code, or
with "default", name, texts, status and visibility are written for that view alone (magento2#9186).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from integrations.connectors.magento.sandbox.catalogue import (
    media,
    product_view,
    products,
    variants,
)
from integrations.connectors.magento.sandbox.errors import Refusal, required
from integrations.connectors.magento.sandbox.inventory import stock_items
from integrations.connectors.magento.sandbox.records import STOCKED_TYPES, Attribute, Product
from integrations.connectors.magento.sandbox.routing import (
    Call,
    Route,
    decimal_of,
    rows_of,
    whole_of,
)
from integrations.connectors.magento.sandbox.shop import Shop

_TYPES = (*STOCKED_TYPES, "configurable", "bundle", "grouped")
_LONGEST_SKU = 64
# What a view may have of its own among the fields that are no custom attributes.
_PER_STORE = ("name", "status", "visibility")
# Read by what they are made of, never written as attributes.
_DERIVED = ("required_options", "has_options", "options_container")


def save(shop: Shop, given: Mapping[str, Any], store: str) -> Product:
    """The product of the given SKU, made or changed. Raises Refusal before anything is written."""
    sku = given.get("sku")
    if not isinstance(sku, str) or not sku.strip():
        raise required("sku")
    if len(sku) > _LONGEST_SKU:
        raise Refusal("SKU length should be 64 characters maximum.")
    entry = shop.product(sku)
    values = _custom(shop, given)
    _check(shop, given, values, is_new=entry is None)
    if entry is None:
        return _make(shop, given, values, sku.strip())
    _change(shop, entry, given, values, store)
    shop.emit("catalog.product.updated", entry.id)
    return entry


def _make(shop: Shop, given: Mapping[str, Any], values: Mapping[str, Any], sku: str) -> Product:
    """The first values hold for all stores, whatever the store code says."""
    moment = shop.now()
    entry = Product(shop.next_id("product"), sku, str(given["name"]), moment, moment)
    entry.type_id = str(given.get("type_id") or "simple")
    if entry.is_stocked and shop.settings.msi:
        shop.stock.items.setdefault(sku, {})
    shop.add_product(entry)
    _change(shop, entry, given, values, "all")
    entry.custom.setdefault("url_key", _url_key(entry.name, ""))
    shop.emit("catalog.product.created", entry.id)
    return entry


def _custom(shop: Shop, given: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes by code. Raises Refusal for one that the shop does not have, or a value that its list
    does not have."""
    values: dict[str, Any] = {}
    for row in rows_of(given.get("custom_attributes")):
        code, value = str(row.get("attribute_code", "")), row.get("value")
        attribute = shop.attributes.get(code)
        if attribute is None or code in _DERIVED:
            continue
        _check_option(attribute, value)
        values[code] = value
    return values


def _check_option(attribute: Attribute, value: Any) -> None:
    """Of an attribute of the merchant's that is chosen from a list."""
    if attribute.kind != "select" or not attribute.is_own or value in (None, ""):
        return
    if str(value) not in {str(option.id) for option in attribute.options}:
        raise Refusal(
            'The value of attribute "%1" is invalid: the option %2 does not exist.',
            parameters=[attribute.code, str(value)],
        )


def _check(
    shop: Shop, given: Mapping[str, Any], values: Mapping[str, Any], *, is_new: bool
) -> None:
    kind = given.get("type_id", "simple")
    if kind not in _TYPES:
        raise Refusal('The product type "%1" does not exist.', parameters=[str(kind)])
    if is_new and not given.get("name"):
        raise _empty("Product Name")
    if is_new and given.get("attribute_set_id") is None:
        raise Refusal("Invalid attribute set entity type", status=500)
    if is_new and kind in ("simple", "virtual", "downloadable") and given.get("price") is None:
        raise _empty("Price")
    if given.get("price") is not None and decimal_of(given["price"], "price") < 0:
        raise Refusal('The value of attribute "%1" is invalid.', parameters=["price"])
    media.check_all(rows_of(given.get("media_gallery_entries")))
    _check_url(shop, str(given["sku"]), given, values, is_new=is_new)


def _empty(label: str) -> Refusal:
    return Refusal(
        'The "%1" attribute value is empty. Set the attribute and try again.', parameters=[label]
    )


def _check_url(
    shop: Shop,
    sku: str,
    given: Mapping[str, Any],
    values: Mapping[str, Any],
    *,
    is_new: bool,
) -> None:
    """Two products cannot have one address; a new one without a key gets it from its name."""
    wanted = values.get("url_key") or (_url_key(str(given.get("name", "")), "") if is_new else None)
    if wanted is None:
        return
    for other in shop.products.values():
        if other.sku.lower() != sku.strip().lower() and other.custom.get("url_key") == wanted:
            raise Refusal("URL key for specified store already exists.")


def _url_key(name: str, ending: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") + ending


def _change(
    shop: Shop,
    entry: Product,
    given: Mapping[str, Any],
    values: Mapping[str, Any],
    store: str,
) -> None:
    if given.get("price") is not None:
        entry.price = decimal_of(given["price"], "price")
    if given.get("weight") is not None:
        entry.weight = decimal_of(given["weight"], "weight")
    if given.get("attribute_set_id") is not None:
        entry.attribute_set_id = whole_of(given["attribute_set_id"], "attribute_set_id")
    for name in _PER_STORE:
        if given.get(name) is not None:
            value = given[name] if name == "name" else whole_of(given[name], name)
            _put(entry, name, value, store)
    for code, value in values.items():
        if code == "category_ids":
            entry.category_ids = [str(number) for number in value or []]
        elif store == "all" or shop.attributes[code].is_global:
            entry.custom[code] = value
        else:
            entry.by_store.setdefault(store, {})[code] = value
    _change_extension(shop, entry, given.get("extension_attributes") or {})
    if given.get("media_gallery_entries") is not None:
        media.replace_all(shop, entry, given["media_gallery_entries"])
    entry.updated_at = shop.now()


def _put(entry: Product, name: str, value: Any, store: str) -> None:
    if store == "all":
        setattr(entry, name, value)
    else:
        entry.by_store.setdefault(store, {})[name] = value


def _change_extension(shop: Shop, entry: Product, given: Mapping[str, Any]) -> None:
    if given.get("website_ids") is not None:
        entry.website_ids = [whole_of(number, "website_ids") for number in given["website_ids"]]
    if given.get("category_links") is not None:
        entry.category_ids = [str(row.get("category_id", "")) for row in given["category_links"]]
    if isinstance(given.get("stock_item"), dict):
        stock_items.change(shop, entry, given["stock_item"])
    if given.get("configurable_product_options") is not None:
        entry.options = []
        for row in given["configurable_product_options"]:
            variants.add_option(shop, entry, row)
    if given.get("configurable_product_links") is not None:
        variants.set_children(shop, entry, given["configurable_product_links"])


def _post(shop: Shop, call: Call) -> dict[str, Any]:
    return product_view.product(shop, save(shop, call.part("product"), call.store), call.store)


def _put_one(shop: Shop, call: Call) -> dict[str, Any]:
    """The SKU of the path is the one that counts; one that is not there is made, as POST does."""
    given = {**call.part("product"), "sku": call.params["sku"]}
    return product_view.product(shop, save(shop, given, call.store), call.store)


def _delete(shop: Shop, call: Call) -> bool:
    remove(shop, products.found(shop, call.params["sku"]))
    return True


def remove(shop: Shop, entry: Product) -> None:
    """A variant leaves its style; the variants of a style stay."""
    for parent in shop.products.values():
        if entry.sku in parent.children:
            parent.children.remove(entry.sku)
    shop.drop_product(entry)
    shop.emit("catalog.product.deleted", entry.id)


ROUTES = (
    Route("POST", "products", _post, products.RESOURCE),
    Route("PUT", "products/{sku}", _put_one, products.RESOURCE),
    Route("DELETE", "products/{sku}", _delete, products.RESOURCE),
)
