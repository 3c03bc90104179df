"""An order's lines, discounts, taxes and shipping as webhooks carry them."""

from __future__ import annotations

from typing import Any

from integrations.connectors.shopify.sandbox import totals
from integrations.connectors.shopify.sandbox.identifiers import gid
from integrations.connectors.shopify.sandbox.money import ZERO, plain, rest_set
from integrations.connectors.shopify.sandbox.records import Discount, LineItem, Order, TaxLine
from integrations.connectors.shopify.sandbox.seeding import VENDOR


def code(discount: Discount) -> dict[str, Any]:
    # A percentage code shows the money it took, not the percentage (seen in recorded bodies).
    return {
        "code": discount.code,
        "amount": plain(discount.taken),
        "type": "percentage" if discount.is_percentage else "fixed_amount",
    }


def applications(discount: Discount | None) -> list[dict[str, Any]]:
    if discount is None:
        return []
    return [
        {
            "target_type": "line_item",
            "type": "discount_code",
            "value": f"{discount.value:.1f}",
            "value_type": "percentage" if discount.is_percentage else "fixed_amount",
            "allocation_method": "across",
            "target_selection": "all",
            "code": discount.code,
        }
    ]


def tax_line(entry: Order, found: TaxLine) -> dict[str, Any]:
    return {
        "channel_liable": False,
        "price": plain(found.amount),
        "price_set": rest_set(found.amount, entry.currency),
        "rate": float(found.rate),
        "title": found.title,
    }


def _line_state(found: LineItem) -> str | None:
    if not found.fulfilled:
        return None
    return "partial" if found.unfulfilled else "fulfilled"


def line(entry: Order, found: LineItem) -> dict[str, Any]:
    allocations = [
        {
            "amount": plain(found.allocated),
            "amount_set": rest_set(found.allocated, entry.currency),
            "discount_application_index": 0,
        }
    ]
    return {
        "id": found.id,
        "admin_graphql_api_id": gid("LineItem", found.id),
        "attributed_staffs": [],
        "current_quantity": found.current,
        "fulfillable_quantity": found.unfulfilled,
        "fulfillment_service": "manual",
        "fulfillment_status": _line_state(found),
        "gift_card": False,
        "grams": 0,
        "name": f"{found.title} - {found.variant_title}",
        "price": plain(found.price),
        "price_set": rest_set(found.price, entry.currency),
        "product_exists": True,
        "product_id": found.variant.product.id,
        "properties": [],
        "quantity": found.quantity,
        "requires_shipping": found.variant.requires_shipping,
        "sku": found.sku,
        "taxable": found.variant.taxable,
        "title": found.title,
        # Always zero, whatever the allocations say (seen in recorded bodies).
        "total_discount": plain(ZERO),
        "total_discount_set": rest_set(ZERO, entry.currency),
        "variant_id": found.variant.id,
        "variant_inventory_management": "shopify" if found.variant.tracked else None,
        "variant_title": found.variant_title,
        "vendor": VENDOR,
        "tax_lines": [tax_line(entry, tax) for tax in found.tax_lines],
        "duties": [],
        "discount_allocations": allocations if found.allocated else [],
    }


def shipping(entry: Order) -> dict[str, Any]:
    found = entry.shipping
    price = found.price
    return {
        "id": found.id,
        "carrier_identifier": None,
        "code": found.code,
        "current_discounted_price_set": rest_set(totals.current_shipping(entry), entry.currency),
        "discounted_price": plain(price),
        "discounted_price_set": rest_set(price, entry.currency),
        "is_removed": entry.cancelled_at is not None,
        "phone": None,
        "price": plain(price),
        "price_set": rest_set(price, entry.currency),
        "requested_fulfillment_service_id": None,
        "source": "shopify",
        "title": found.title,
        "tax_lines": [tax_line(entry, tax) for tax in found.tax_lines],
        "discount_allocations": [],
    }
