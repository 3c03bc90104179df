"""Lines of an order: goods, shipping, their taxes and discounts."""

from __future__ import annotations

from decimal import Decimal

from integrations.connectors.shopify.sandbox import totals
from integrations.connectors.shopify.sandbox.graph.paging import View
from integrations.connectors.shopify.sandbox.graph.views import catalogue
from integrations.connectors.shopify.sandbox.identifiers import gid
from integrations.connectors.shopify.sandbox.money import bag, cents, short
from integrations.connectors.shopify.sandbox.records import Discount, LineItem, Order, TaxLine
from integrations.connectors.shopify.sandbox.seeding import VENDOR


def tax_lines(entry: Order, lines: list[TaxLine]) -> list[View]:
    return [
        {
            "title": found.title,
            "rate": float(found.rate),
            "ratePercentage": float(found.rate * 100),
            "priceSet": bag(found.amount, entry.currency),
            "channelLiable": False,
            "source": None,
        }
        for found in lines
    ]


def application(entry: Order, discount: Discount) -> View:
    value: View = {"__typename": "PricingPercentageValue", "percentage": float(discount.value)}
    if not discount.is_percentage:
        value = {
            "__typename": "MoneyV2",
            "amount": short(discount.value),
            "currencyCode": entry.currency,
        }
    return {
        "__typename": "DiscountCodeApplication",
        "allocationMethod": "ACROSS",
        "code": discount.code,
        "index": 0,
        "targetSelection": "ALL",
        "targetType": "LINE_ITEM",
        "value": value,
    }


def line_item(entry: Order, found: LineItem) -> View:
    currency = entry.currency
    unit = cents(found.net / found.quantity)
    allocations: list[View] = []
    if entry.discount is not None and found.allocated:
        allocations = [
            {
                "allocatedAmountSet": bag(found.allocated, currency),
                "discountApplication": application(entry, entry.discount),
            }
        ]
    amounts: dict[str, Decimal] = {
        "originalUnitPriceSet": found.price,
        "originalTotalSet": found.gross,
        # Code discounts are left out of these two, as the schema says of them.
        "discountedUnitPriceSet": found.price,
        "discountedTotalSet": found.gross,
        "discountedUnitPriceAfterAllDiscountsSet": unit,
        "totalDiscountSet": found.allocated,
    }
    return {
        "__typename": "LineItem",
        "id": gid("LineItem", found.id),
        "name": f"{found.title} - {found.variant_title}",
        "title": found.title,
        "sku": found.sku,
        "quantity": found.quantity,
        "currentQuantity": found.current,
        "unfulfilledQuantity": found.unfulfilled,
        "refundableQuantity": found.current,
        "isGiftCard": False,
        "requiresShipping": found.variant.requires_shipping,
        "taxable": found.variant.taxable,
        "vendor": VENDOR,
        "variantTitle": found.variant_title,
        "variant": lambda _call: catalogue.variant(found.variant),
        "product": lambda _call: catalogue.product(found.variant.product),
        "customAttributes": [],
        "discountAllocations": allocations,
        "taxLines": tax_lines(entry, found.tax_lines),
        **{name: bag(amount, currency) for name, amount in amounts.items()},
    }


def shipping_line(entry: Order) -> View:
    found = entry.shipping
    return {
        "id": gid("ShippingLine", found.id),
        "title": found.title,
        "code": found.code,
        "source": "shopify",
        "carrierIdentifier": None,
        "custom": False,
        "deliveryCategory": None,
        "isRemoved": entry.cancelled_at is not None,
        "phone": None,
        "originalPriceSet": bag(found.price, entry.currency),
        "discountedPriceSet": bag(found.price, entry.currency),
        "currentDiscountedPriceSet": bag(totals.current_shipping(entry), entry.currency),
        "discountAllocations": [],
        "taxLines": tax_lines(entry, found.tax_lines),
    }
