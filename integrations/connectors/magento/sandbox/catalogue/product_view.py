"""A product as the API shows it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from integrations.connectors.magento.sandbox.inventory import stock_items
from integrations.connectors.magento.sandbox.records import ConfigurableOption, MediaEntry, Product
from integrations.connectors.magento.sandbox.shop import Shop


def value_of(product: Product, name: str, store: str) -> Any:
    """A field or attribute as a store view has it; `store` "all" for the global value."""
    own = product.by_store.get(store, {})
    if name in own:
        return own[name]
    if name in _FIELDS:
        return getattr(product, name)
    return product.custom.get(name)


_FIELDS = ("name", "price", "status", "visibility", "weight")


def product(shop: Shop, entry: Product, store: str, *, is_detailed: bool = True) -> dict[str, Any]:
    """`is_detailed` False: as in a list, which leaves out what costs a query each."""
    shown: dict[str, Any] = {
        "id": entry.id,
        "sku": entry.sku,
        "name": value_of(entry, "name", store),
        "attribute_set_id": entry.attribute_set_id,
        "price": entry.price if entry.price is not None else Decimal(0),
        "status": value_of(entry, "status", store),
        "visibility": value_of(entry, "visibility", store),
        "type_id": entry.type_id,
        "created_at": entry.created_at,
        "updated_at": entry.updated_at,
    }
    if entry.weight is not None:
        shown["weight"] = entry.weight
    shown["extension_attributes"] = _extension(shop, entry, is_detailed=is_detailed)
    shown["product_links"] = []
    shown["options"] = []
    shown["media_gallery_entries"] = [media_entry(row) for row in entry.media]
    shown["tier_prices"] = list(entry.tier_prices)
    shown["custom_attributes"] = custom_attributes(entry, store)
    return shown


def _extension(shop: Shop, entry: Product, *, is_detailed: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {"website_ids": list(entry.website_ids)}
    if entry.category_ids:
        shown["category_links"] = [
            {"position": place, "category_id": number}
            for place, number in enumerate(entry.category_ids)
        ]
    if is_detailed:
        shown["stock_item"] = stock_items.view(shop, entry)
    if entry.type_id == "configurable":
        shown["configurable_product_options"] = [
            configurable_option(entry, option) for option in entry.options
        ]
        shown["configurable_product_links"] = [
            child.id for sku in entry.children if (child := shop.product(sku)) is not None
        ]
    shown.update(entry.extension)
    return shown


def configurable_option(entry: Product, option: ConfigurableOption) -> dict[str, Any]:
    return {
        "id": option.id,
        "attribute_id": str(option.attribute_id),
        "label": option.label,
        "position": option.position,
        "values": [{"value_index": value} for value in option.values],
        "product_id": entry.id,
    }


def media_entry(entry: MediaEntry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "media_type": "image",
        "label": entry.label,
        "position": entry.position,
        "disabled": entry.is_disabled,
        "types": list(entry.types),
        "file": entry.file,
    }


def custom_attributes(entry: Product, store: str) -> list[dict[str, Any]]:
    names = list(entry.custom)
    names += [name for name in entry.by_store.get(store, {}) if name not in names]
    shown = [
        {"attribute_code": name, "value": found}
        for name in names
        if name not in _FIELDS and (found := value_of(entry, name, store)) is not None
    ]
    if entry.category_ids:
        shown.append({"attribute_code": "category_ids", "value": list(entry.category_ids)})
    has_options = str(int(bool(entry.options)))
    shown.append({"attribute_code": "required_options", "value": has_options})
    shown.append({"attribute_code": "has_options", "value": has_options})
    return shown
