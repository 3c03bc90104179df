"""Bodies of the privacy webhooks (Shopify: Privacy law compliance)."""

from __future__ import annotations

from typing import Any

from integrations.connectors.shopify.sandbox.records import Customer
from integrations.connectors.shopify.sandbox.shop import Shop

TOPICS = ("customers/data_request", "customers/redact", "shop/redact")


def body(shop: Shop, topic: str, customer: Customer | None, orders: Any) -> dict[str, Any]:
    """What the topic says. Call with the shop's lock held."""
    said: dict[str, Any] = {"shop_id": shop.id, "shop_domain": shop.domain}
    if customer is None:
        return said
    said["customer"] = {"id": customer.id, "email": customer.email, "phone": customer.phone}
    known = [
        order.id
        for order in shop.orders.values()
        if order.customer is not None and order.customer.id == customer.id
    ]
    named = list(orders) if orders is not None else known
    if topic == "customers/redact":
        return {**said, "orders_to_redact": named}
    return {**said, "orders_requested": named, "data_request": {"id": shop.numbers.next("Event")}}
