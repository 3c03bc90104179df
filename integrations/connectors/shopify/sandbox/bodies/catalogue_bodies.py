"""Products and stock as webhooks carry them."""

from __future__ import annotations

from typing import Any

from integrations.connectors.shopify.sandbox import clock
from integrations.connectors.shopify.sandbox.identifiers import gid
from integrations.connectors.shopify.sandbox.money import plain
from integrations.connectors.shopify.sandbox.records import Level, Product, Variant

# Only so many variants come in full; the rest are named in variant_gids.
_FULL_VARIANTS = 100


def level(entry: Level) -> dict[str, Any]:
    """An inventory_levels/update body: available only."""
    item = entry.variant.item_id
    return {
        "inventory_item_id": item,
        "location_id": entry.location.id,
        "available": entry.quantity("available"),
        "updated_at": clock.local(entry.updated_at),
        "admin_graphql_api_id": (
            f"gid://shopify/InventoryLevel/{entry.location.id}?inventory_item_id={item}"
        ),
    }


def _variant(entry: Variant) -> dict[str, Any]:
    values = [value for _, value in entry.options] + [None, None, None]
    stock = sum(level.quantity("available") for level in entry.levels.values())
    return {
        "admin_graphql_api_id": gid("ProductVariant", entry.id),
        "barcode": entry.barcode,
        "compare_at_price": plain(entry.compare_at_price) if entry.compare_at_price else None,
        "created_at": clock.local(entry.created_at),
        "id": entry.id,
        "inventory_policy": entry.policy.lower(),
        "position": entry.position,
        "price": plain(entry.price),
        "product_id": entry.product.id,
        "sku": entry.sku,
        "taxable": entry.taxable,
        "title": entry.title,
        "updated_at": clock.local(entry.updated_at),
        "option1": values[0],
        "option2": values[1],
        "option3": values[2],
        "image_id": None,
        "inventory_item_id": entry.item_id,
        "inventory_quantity": stock,
        "old_inventory_quantity": stock,
    }


def product(entry: Product) -> dict[str, Any]:
    names = [name for name, _ in entry.variants[0].options]
    return {
        "admin_graphql_api_id": gid("Product", entry.id),
        "body_html": entry.html or None,
        "created_at": clock.local(entry.created_at),
        "handle": entry.handle,
        "id": entry.id,
        "product_type": entry.product_type,
        "published_at": clock.local(entry.created_at),
        "template_suffix": None,
        "title": entry.title,
        "updated_at": clock.local(entry.updated_at),
        "vendor": entry.vendor,
        "status": entry.status.lower(),
        "published_scope": "global",
        "tags": ", ".join(entry.tags),
        "variants": [_variant(found) for found in entry.variants[:_FULL_VARIANTS]],
        "options": [
            {
                "name": name,
                "product_id": entry.id,
                "position": position + 1,
                "values": list(
                    dict.fromkeys(found.options[position][1] for found in entry.variants)
                ),
            }
            for position, name in enumerate(names)
        ],
        "images": [],
        "image": None,
        "media": [],
        "variant_gids": [
            {
                "admin_graphql_api_id": gid("ProductVariant", found.id),
                "updated_at": clock.utc(found.updated_at),
            }
            for found in entry.variants
        ],
        "has_variants_that_requires_components": False,
        "category": None,
    }
