"""Fulfilment orders and fulfilments."""

from __future__ import annotations

from collections.abc import Sequence

from integrations.connectors.shopify.sandbox import clock
from integrations.connectors.shopify.sandbox.access import READ_FULFILLMENT_ORDERS
from integrations.connectors.shopify.sandbox.graph.call import Call
from integrations.connectors.shopify.sandbox.graph.paging import Rows, View
from integrations.connectors.shopify.sandbox.graph.views import catalogue
from integrations.connectors.shopify.sandbox.identifiers import gid
from integrations.connectors.shopify.sandbox.money import bag
from integrations.connectors.shopify.sandbox.people import province_name
from integrations.connectors.shopify.sandbox.records import (
    Fulfillment,
    FulfillmentLine,
    FulfillmentOrder,
    FulfillmentOrderLine,
)

FULFILLABLE = ("OPEN", "IN_PROGRESS")


def readable_orders(call: Call, entries: Sequence[FulfillmentOrder]) -> Rows:
    """Without a fulfilment scope the list is silently empty (Shopify: fulfillmentOrders)."""
    is_readable = any(scope in call.shop.tokens.granted for scope in READ_FULFILLMENT_ORDERS)
    return Rows(entries if is_readable else [], fulfillment_order)


def fulfillment_order(entry: FulfillmentOrder) -> View:
    place = catalogue.location(entry.location)
    address = place["address"]
    actions = ["CREATE_FULFILLMENT", "HOLD", "MOVE"] if entry.status in FULFILLABLE else []
    return {
        "__typename": "FulfillmentOrder",
        "id": gid("FulfillmentOrder", entry.id),
        "status": entry.status,
        "requestStatus": "UNSUBMITTED",
        "createdAt": clock.utc(entry.created_at),
        "updatedAt": clock.utc(entry.updated_at),
        "fulfillAt": clock.utc(entry.created_at),
        "orderId": gid("Order", entry.order.id),
        "orderName": entry.order.name,
        "orderProcessedAt": clock.utc(entry.order.created_at),
        "order": lambda call: call.show["Order"](entry.order),
        "assignedLocation": {
            "location": place,
            "name": entry.location.name,
            **{
                name: address[name]
                for name in (
                    "address1",
                    "address2",
                    "city",
                    "countryCode",
                    "province",
                    "zip",
                    "phone",
                )
            },
        },
        "lineItems": Rows(entry.lines, lambda found: _order_line(entry, found)),
        "supportedActions": [{"action": action, "externalUrl": None} for action in actions],
        "fulfillments": lambda _call: Rows(
            [found for found in entry.order.fulfillments if entry in found.origins], fulfillment
        ),
        "destination": lambda _call: _destination(entry),
    }


def _order_line(entry: FulfillmentOrder, found: FulfillmentOrderLine) -> View:
    line = found.line
    return {
        "__typename": "FulfillmentOrderLineItem",
        "id": gid("FulfillmentOrderLineItem", found.id),
        "sku": line.sku,
        "totalQuantity": found.total,
        "remainingQuantity": found.remaining,
        "requiresShipping": line.variant.requires_shipping,
        "productTitle": line.title,
        "variantTitle": line.variant_title,
        "vendor": None,
        "inventoryItemId": gid("InventoryItem", line.variant.item_id),
        "lineItem": lambda call: call.show["LineItem"](entry.order, line),
        "variant": lambda _call: catalogue.variant(line.variant),
    }


def _destination(entry: FulfillmentOrder) -> View | None:
    address = entry.order.shipping_address
    if address is None:
        return None
    return {
        "id": gid("FulfillmentOrderDestination", entry.id),
        "firstName": address.first_name,
        "lastName": address.last_name,
        "company": address.company,
        "address1": address.address1,
        "address2": address.address2,
        "city": address.city,
        "province": province_name(address),
        "countryCode": address.country_code,
        "zip": address.zip,
        "phone": address.phone,
        "email": entry.order.email,
    }


def _tracking(entry: Fulfillment) -> list[View]:
    count = max(len(entry.numbers), len(entry.urls))
    if not count and not entry.company:
        return []
    return [
        {
            "company": entry.company,
            "number": entry.numbers[index] if index < len(entry.numbers) else None,
            "url": entry.urls[index] if index < len(entry.urls) else None,
        }
        for index in range(max(count, 1))
    ]


def fulfillment(entry: Fulfillment) -> View:
    return {
        "__typename": "Fulfillment",
        "id": gid("Fulfillment", entry.id),
        "legacyResourceId": str(entry.id),
        "name": entry.name,
        "status": entry.status,
        "displayStatus": "CANCELED" if entry.status == "CANCELLED" else "FULFILLED",
        "createdAt": clock.utc(entry.created_at),
        "updatedAt": clock.utc(entry.updated_at),
        "totalQuantity": sum(line.quantity for line in entry.lines),
        "requiresShipping": True,
        "trackingInfo": _tracking(entry),
        "fulfillmentLineItems": Rows(entry.lines, lambda line: _line(entry, line)),
        "location": lambda _call: catalogue.location(entry.location),
        "order": lambda call: call.show["Order"](entry.order),
        "fulfillmentOrders": lambda call: readable_orders(call, entry.origins),
    }


def _line(entry: Fulfillment, found: FulfillmentLine) -> View:
    line, currency = found.line, entry.order.currency
    return {
        "__typename": "FulfillmentLineItem",
        "id": gid("FulfillmentLineItem", found.id),
        "quantity": found.quantity,
        "lineItem": lambda call: call.show["LineItem"](entry.order, line),
        "originalTotalSet": bag(line.price * found.quantity, currency),
        "discountedTotalSet": bag(line.price * found.quantity, currency),
    }
