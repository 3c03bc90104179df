"""An order, its lines, shipments and refunds as webhooks carry them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from integrations.connectors.shopify.sandbox import clock, totals
from integrations.connectors.shopify.sandbox.bodies import lines, people_bodies
from integrations.connectors.shopify.sandbox.identifiers import gid
from integrations.connectors.shopify.sandbox.money import ZERO, plain, rest_set
from integrations.connectors.shopify.sandbox.records import (
    Fulfillment,
    Order,
    Refund,
    Transaction,
)
from integrations.connectors.shopify.sandbox.shop import Shop


def order(shop: Shop, entry: Order) -> dict[str, Any]:
    """A full order, as every orders/... topic but edited and delete has it."""
    return {
        **_head(shop, entry),
        **_amounts(entry),
        "billing_address": people_bodies.address(entry.billing_address),
        "customer": people_bodies.order_customer(shop, entry.customer),
        "discount_applications": lines.applications(entry.discount),
        "fulfillments": [fulfillment(shop, found) for found in entry.fulfillments],
        "line_items": [lines.line(entry, found) for found in entry.lines],
        "payment_terms": None,
        "refunds": [refund(entry, found) for found in entry.refunds],
        "shipping_address": people_bodies.address(entry.shipping_address),
        "shipping_lines": [lines.shipping(entry)],
        "returns": [],
    }


def _head(shop: Shop, entry: Order) -> dict[str, Any]:
    discount = entry.discount
    return {
        "id": entry.id,
        "admin_graphql_api_id": gid("Order", entry.id),
        "app_id": shop.app_id,
        "browser_ip": None,
        "buyer_accepts_marketing": False,
        "cancel_reason": entry.cancel_reason.lower() if entry.cancel_reason else None,
        "cancelled_at": clock.local(entry.cancelled_at),
        "cart_token": None,
        "checkout_token": entry.token,
        "client_details": None,
        "closed_at": clock.local(entry.closed_at),
        "company": None,
        "confirmation_number": entry.token[:9].upper(),
        "confirmed": True,
        "contact_email": entry.email,
        "created_at": clock.local(entry.created_at),
        "currency": entry.currency,
        "customer_locale": "en",
        "device_id": None,
        "discount_codes": [lines.code(discount)] if discount else [],
        "duties_included": False,
        "email": entry.email or "",
        "estimated_taxes": False,
        "financial_status": totals.financial_status(entry).lower(),
        "fulfillment_status": _order_fulfillment(entry),
        "landing_site": None,
        "landing_site_ref": None,
        "location_id": None,
        "merchant_business_entity_id": None,
        "merchant_of_record_app_id": None,
        "name": entry.name,
        "note": entry.note,
        "note_attributes": [{"name": key, "value": value} for key, value in entry.attributes],
        "number": entry.number - 1000,
        "order_number": entry.number,
        "order_status_url": f"{shop.base_url}/orders/{entry.token}",
        "payment_gateway_names": totals.gateways(entry),
        "phone": entry.phone,
        "po_number": entry.po_number,
        "presentment_currency": entry.currency,
        "processed_at": clock.local(entry.created_at),
        "reference": None,
        "referring_site": None,
        "source_identifier": entry.source_identifier,
        "source_name": entry.source_name,
        "source_url": None,
        "tags": ", ".join(entry.tags),
        "tax_exempt": False,
        "tax_lines": [lines.tax_line(entry, found) for found in totals.tax_lines(entry)],
        "taxes_included": entry.taxes_included,
        "test": True,
        "token": entry.token,
        "total_weight": 0,
        "updated_at": clock.local(entry.updated_at),
        "user_id": None,
    }


def _amounts(entry: Order) -> dict[str, Any]:
    both: dict[str, Decimal] = {
        "current_subtotal_price": totals.current_subtotal(entry),
        "current_total_discounts": totals.current_discounts(entry),
        "current_total_price": totals.current_total(entry),
        "current_total_tax": totals.current_tax(entry),
        "subtotal_price": totals.subtotal(entry),
        "total_discounts": totals.discounts(entry),
        "total_line_items_price": totals.items_price(entry),
        "total_price": totals.total(entry),
        "total_tax": totals.tax(entry),
    }
    body: dict[str, Any] = {
        "current_shipping_price_set": rest_set(totals.current_shipping(entry), entry.currency),
        "total_shipping_price_set": rest_set(entry.shipping.price, entry.currency),
        "total_cash_rounding_payment_adjustment_set": rest_set(ZERO, entry.currency),
        "total_cash_rounding_refund_adjustment_set": rest_set(ZERO, entry.currency),
        "current_total_additional_fees_set": None,
        "current_total_duties_set": None,
        "original_total_additional_fees_set": None,
        "original_total_duties_set": None,
        "total_outstanding": plain(totals.outstanding(entry)),
        "total_tip_received": plain(ZERO),
    }
    for name, amount in both.items():
        body[name] = plain(amount)
        body[f"{name}_set"] = rest_set(amount, entry.currency)
    return body


def _order_fulfillment(entry: Order) -> str | None:
    states = {"FULFILLED": "fulfilled", "PARTIALLY_FULFILLED": "partial"}
    return states.get(totals.fulfillment_status(entry))


def fulfillment(shop: Shop, found: Fulfillment) -> dict[str, Any]:
    """A fulfillments/... body, also found inside an order."""
    return {
        "id": found.id,
        "admin_graphql_api_id": gid("Fulfillment", found.id),
        "order_id": found.order.id,
        "status": found.status.lower(),
        "created_at": clock.local(found.created_at),
        "service": "manual",
        "updated_at": clock.local(found.updated_at),
        "tracking_company": found.company,
        "shipment_status": None,
        "location_id": found.location.id,
        "origin_address": None,
        "email": found.order.email or "",
        "destination": people_bodies.address(found.order.shipping_address),
        "line_items": [
            {**lines.line(found.order, entry.line), "quantity": entry.quantity}
            for entry in found.lines
        ],
        "tracking_number": found.numbers[0] if found.numbers else None,
        "tracking_numbers": list(found.numbers),
        "tracking_url": found.urls[0] if found.urls else None,
        "tracking_urls": list(found.urls),
        "receipt": {},
        "name": found.name,
    }


def transaction(entry: Order, made: Transaction) -> dict[str, Any]:
    """An order_transactions/create body."""
    company, last4 = made.card or (None, None)
    return {
        "id": made.id,
        "admin_graphql_api_id": gid("OrderTransaction", made.id),
        "order_id": entry.id,
        "kind": made.kind.lower(),
        "gateway": made.gateway,
        "status": made.status.lower(),
        "message": None,
        "created_at": clock.local(made.processed_at),
        "processed_at": clock.local(made.processed_at),
        "test": made.gateway == "bogus",
        "authorization": None,
        "location_id": None,
        "user_id": None,
        "parent_id": made.parent.id if made.parent else None,
        "device_id": None,
        "error_code": None,
        "source_name": entry.source_name,
        "receipt": {},
        "amount": plain(made.amount),
        "currency": entry.currency,
        "payment_id": f"{entry.name}.{entry.transactions.index(made) + 1}",
        "manual_payment_gateway": made.gateway == "manual",
        "payment_details": None
        if last4 is None
        else {
            "credit_card_number": f"\u2022\u2022\u2022\u2022 \u2022\u2022\u2022\u2022 \u2022\u2022\u2022\u2022 {last4}",
            "credit_card_company": company,
        },
    }


def refund(entry: Order, found: Refund) -> dict[str, Any]:
    """A refunds/create body, also found inside an order."""
    return {
        "id": found.id,
        "admin_graphql_api_id": gid("Refund", found.id),
        "created_at": clock.local(found.created_at),
        "processed_at": clock.local(found.created_at),
        "note": found.note,
        "order_id": entry.id,
        "restock": any(line.restock_type != "NO_RESTOCK" for line in found.lines),
        "order_adjustments": [],
        "refund_shipping_lines": _refund_shipping(entry, found),
        "transactions": [
            {
                "id": paid.id,
                "admin_graphql_api_id": gid("OrderTransaction", paid.id),
                "amount": plain(paid.amount),
                "currency": entry.currency,
                "gateway": paid.gateway,
                "kind": paid.kind.lower(),
                "order_id": entry.id,
                "parent_id": paid.parent.id if paid.parent else None,
                "processed_at": clock.local(paid.processed_at),
                "status": paid.status.lower(),
                "test": True,
            }
            for paid in found.transactions
        ],
        "refund_line_items": [
            {
                "id": line.id,
                "line_item_id": line.line.id,
                "location_id": None,
                "quantity": line.quantity,
                "restock_type": line.restock_type.lower(),
                # JSON numbers here, text everywhere else (seen in recorded bodies).
                "subtotal": float(line.subtotal),
                "subtotal_set": rest_set(line.subtotal, entry.currency),
                "total_tax": float(line.tax),
                "total_tax_set": rest_set(line.tax, entry.currency),
                "line_item": lines.line(entry, line.line),
            }
            for line in found.lines
        ],
    }


def _refund_shipping(entry: Order, found: Refund) -> list[dict[str, Any]]:
    if not found.shipping:
        return []
    return [
        {
            "id": found.id + 1,
            "shipping_line": lines.shipping(entry),
            "subtotal_amount_set": rest_set(found.shipping, entry.currency),
            "tax_amount_set": rest_set(found.shipping_tax, entry.currency),
        }
    ]
