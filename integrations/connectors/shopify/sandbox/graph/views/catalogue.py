"""Products, variants, inventory items, levels and locations."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from integrations.connectors.shopify.sandbox import clock
from integrations.connectors.shopify.sandbox.graph.call import Call, number_in
from integrations.connectors.shopify.sandbox.graph.paging import Rows, View
from integrations.connectors.shopify.sandbox.graph.views import metafields
from integrations.connectors.shopify.sandbox.identifiers import digest, gid
from integrations.connectors.shopify.sandbox.money import plain, short
from integrations.connectors.shopify.sandbox.records import Level, Location, Product, Variant


def location(entry: Location) -> View:
    return {
        "__typename": "Location",
        "id": gid("Location", entry.id),
        "legacyResourceId": str(entry.id),
        "name": entry.name,
        "isActive": True,
        "fulfillsOnlineOrders": True,
        "isFulfillmentService": False,
        "shipsInventory": True,
        "hasActiveInventory": True,
        "createdAt": clock.utc(entry.created_at),
        "updatedAt": clock.utc(entry.created_at),
        "address": {
            "address1": "1 Example Street",
            "address2": None,
            "city": "Phoenix",
            "country": "United States",
            "countryCode": "US",
            "province": "Arizona",
            "provinceCode": "AZ",
            "zip": "85003",
            "phone": None,
        },
        "inventoryLevel": lambda call, **args: _level_there(call, entry, **args),
    }


def _level_there(
    call: Call, place: Location, inventoryItemId: str, includeInactive: bool = False
) -> View | None:
    variant = call.shop.items.get(number_in(inventoryItemId, "InventoryItem"))
    found = variant.levels.get(place.id) if variant is not None else None
    return level(found) if found and (found.is_active or includeInactive) else None


def level_id(entry: Level) -> str:
    place = gid("InventoryLevel", entry.location.id)
    return f"{place}?inventory_item_id={entry.variant.item_id}"


def level(entry: Level) -> View:
    moment = clock.utc(entry.updated_at)

    def quantities(_call: Call, names: Iterable[str]) -> list[View]:
        return [
            {
                "id": f"{level_id(entry)}&name={name}",
                "name": name,
                "quantity": entry.quantity(name),
                # Shown for what is set, not for what is added up (seen in recorded answers).
                "updatedAt": None if name == "on_hand" else moment,
            }
            for name in names
        ]

    return {
        "__typename": "InventoryLevel",
        "id": level_id(entry),
        "isActive": entry.is_active,
        "canDeactivate": False,
        "createdAt": clock.utc(entry.created_at),
        "updatedAt": moment,
        "item": lambda _call: item(entry.variant),
        "location": lambda _call: location(entry.location),
        "quantities": quantities,
    }


def _level_number(entry: Level) -> int:
    return entry.location.id


def item(entry: Variant) -> View:
    """The inventory item of a variant."""

    def levels(_call: Call, includeInactive: bool = False) -> Rows:
        chosen = [found for found in entry.levels.values() if found.is_active or includeInactive]
        return Rows(chosen, level, key=_level_number, number=_level_number)

    def one_level(_call: Call, locationId: str, includeInactive: bool = False) -> View | None:
        found = entry.levels.get(number_in(locationId, "Location"))
        return level(found) if found and (found.is_active or includeInactive) else None

    return {
        "__typename": "InventoryItem",
        "id": gid("InventoryItem", entry.item_id),
        "legacyResourceId": str(entry.item_id),
        "sku": entry.sku,
        "tracked": entry.tracked,
        "requiresShipping": entry.requires_shipping,
        "duplicateSkuCount": lambda call: len(call.shop.variants_by_sku(entry.sku)) - 1,
        "createdAt": clock.utc(entry.created_at),
        "updatedAt": clock.utc(entry.updated_at),
        "unitCost": lambda call: {"amount": short(entry.cost), "currencyCode": call.shop.currency},
        "measurement": {
            "id": gid("InventoryItemMeasurement", entry.item_id),
            "weight": {"value": entry.weight[0], "unit": entry.weight[1]},
        },
        "variant": lambda _call: variant(entry),
        "variants": lambda _call: Rows([entry], variant),
        "inventoryLevel": one_level,
        "inventoryLevels": levels,
    }


def _stock(entry: Variant) -> int:
    return sum(found.quantity("available") for found in entry.levels.values())


def variant(entry: Variant) -> View:
    return {
        "__typename": "ProductVariant",
        "id": gid("ProductVariant", entry.id),
        "legacyResourceId": str(entry.id),
        "sku": entry.sku,
        "barcode": entry.barcode,
        "price": plain(entry.price),
        "compareAtPrice": plain(entry.compare_at_price) if entry.compare_at_price else None,
        "title": entry.title,
        "displayName": f"{entry.product.title} - {entry.title}",
        "position": entry.position,
        "taxable": entry.taxable,
        "inventoryPolicy": entry.policy,
        "inventoryQuantity": _stock(entry),
        "availableForSale": _stock(entry) > 0 or entry.policy == "CONTINUE",
        "inventoryItem": lambda _call: item(entry),
        "selectedOptions": [{"name": name, "value": value} for name, value in entry.options],
        "product": lambda _call: product(entry.product),
        "createdAt": clock.utc(entry.created_at),
        "updatedAt": clock.utc(entry.updated_at),
        **metafields.fields(gid("ProductVariant", entry.id)),
    }


def _options(entry: Product) -> list[View]:
    names = [name for name, _ in entry.variants[0].options]
    return [
        {
            "id": gid("ProductOption", int(digest(str(entry.id), name)[:11], 16)),
            "name": name,
            "position": position + 1,
            "values": list(dict.fromkeys(found.options[position][1] for found in entry.variants)),
        }
        for position, name in enumerate(names)
    ]


def _variant_key(sort: str) -> Any:
    keys = {"SKU": lambda found: found.sku, "TITLE": lambda found: found.title}
    return keys.get(sort, lambda found: found.id)


def product(entry: Product) -> View:
    def variants(_call: Call, sortKey: str = "POSITION") -> Rows:
        key = _variant_key(sortKey)
        chosen = sorted(entry.variants, key=lambda found: (key(found), found.id))
        return Rows(chosen, variant, key=key)

    return {
        "__typename": "Product",
        "id": gid("Product", entry.id),
        "legacyResourceId": str(entry.id),
        "handle": entry.handle,
        "title": entry.title,
        "status": entry.status,
        "vendor": entry.vendor,
        "productType": entry.product_type,
        "tags": entry.tags,
        "description": re.sub(r"<[^>]*>", "", entry.html),
        "descriptionHtml": entry.html,
        "isGiftCard": False,
        "hasOnlyDefaultVariant": entry.variants[0].title == "Default Title",
        "tracksInventory": True,
        "totalInventory": lambda _call: sum(_stock(found) for found in entry.variants),
        "createdAt": clock.utc(entry.created_at),
        "updatedAt": clock.utc(entry.updated_at),
        "publishedAt": clock.utc(entry.created_at),
        "options": lambda _call: _options(entry),
        "variants": variants,
        **metafields.fields(gid("Product", entry.id)),
    }
