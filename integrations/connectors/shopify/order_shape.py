"""An order as GraphQL tells it, in the words of the webhook body.

One normaliser then reads both, so both give the same record.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from integrations.connector_kit.payload import Payload
from integrations.connectors.shopify.gid import to_number
from integrations.connectors.shopify.order_refunds import is_plain

Raw = Mapping[str, Any]


def is_graphql(raw: Raw) -> bool:
    return "legacyResourceId" in raw


def webhook_words(raw: Raw) -> dict[str, Any]:
    """The fields of a webhook body that the normaliser reads, taken from a GraphQL order."""
    gateways = list(raw.get("paymentGatewayNames") or [])
    made: dict[str, Any] = {
        "id": raw["legacyResourceId"],
        "name": raw.get("name"),
        "created_at": raw.get("createdAt"),
        "processed_at": raw.get("processedAt"),
        "updated_at": raw.get("updatedAt"),
        "cancelled_at": raw.get("cancelledAt"),
        "closed_at": raw.get("closedAt"),
        "test": raw.get("test"),
        "email": raw.get("email"),
        "phone": raw.get("phone"),
        "note": raw.get("note"),
        "tags": ", ".join(raw.get("tags") or []),
        "source_name": raw.get("sourceName"),
        "currency": raw.get("currencyCode"),
        "taxes_included": raw.get("taxesIncluded"),
        "financial_status": (raw.get("displayFinancialStatus") or "").lower(),
        "payment_gateway_names": gateways,
        "fulfillment_status": (raw.get("displayFulfillmentStatus") or "").lower(),
        "presentment_currency": raw.get("presentmentCurrencyCode"),
        "current_total_price_set": _both(raw.get("currentTotalPriceSet")),
        "current_total_tax": _shop(raw.get("currentTotalTaxSet")),
        "current_total_duties_set": _set(raw.get("currentTotalDutiesSet")),
        "total_tip_received": _shop(raw.get("totalTipReceivedSet")),
        "total_outstanding": _shop(raw.get("totalOutstandingSet")),
        "note_attributes": [
            {"name": pair["key"], "value": pair.get("value")}
            for pair in raw.get("customAttributes") or []
        ],
        "customer": _customer(raw.get("customer")),
        "billing_address": address(raw.get("billingAddress")),
        "shipping_address": address(raw.get("shippingAddress")),
        "line_items": [_line(row) for row in _nodes(raw.get("lineItems"))],
        "shipping_lines": [_charge(row) for row in _nodes(raw.get("shippingLines"))],
        "refunds": [_refund(row) for row in raw.get("refunds") or []],
    }
    # A webhook body has no transactions. With one gateway its totals say as much as they do, and
    # leaving them out keeps both shapes alike; otherwise only they tell who paid what.
    if len(gateways) != 1 or not is_plain(Payload(made)):
        made["transactions"] = [_transaction(row) for row in raw.get("transactions") or []]
    return made


def address(raw: Raw | None) -> dict[str, Any] | None:
    """A GraphQL address in the webhook's words."""
    if raw is None:
        return None
    return {
        "first_name": raw.get("firstName"),
        "last_name": raw.get("lastName"),
        "company": raw.get("company"),
        "address1": raw.get("address1"),
        "address2": raw.get("address2"),
        "city": raw.get("city"),
        "province": raw.get("province"),
        "province_code": raw.get("provinceCode"),
        "country_code": raw.get("countryCodeV2"),
        "zip": raw.get("zip"),
        "phone": raw.get("phone"),
    }


def _line(raw: Raw) -> dict[str, Any]:
    return {
        "id": to_number(raw["id"]),
        "title": raw.get("title"),
        "sku": raw.get("sku"),
        "quantity": raw.get("quantity"),
        "current_quantity": raw.get("currentQuantity"),
        "gift_card": raw.get("isGiftCard"),
        "requires_shipping": raw.get("requiresShipping"),
        "taxable": raw.get("taxable"),
        "variant_id": (raw.get("variant") or {}).get("legacyResourceId"),
        "price": _shop(raw.get("originalUnitPriceSet")),
        "discount_allocations": [
            {"amount": _shop(row.get("allocatedAmountSet"))}
            for row in raw.get("discountAllocations") or []
        ],
        "tax_lines": _taxes(raw),
    }


def _charge(raw: Raw) -> dict[str, Any]:
    return {
        "title": raw.get("title"),
        "code": raw.get("code"),
        "is_removed": raw.get("isRemoved"),
        "discounted_price": _shop(raw.get("discountedPriceSet")),
        "current_discounted_price_set": _set(raw.get("currentDiscountedPriceSet")),
        "tax_lines": _taxes(raw),
    }


def _refund(raw: Raw) -> dict[str, Any]:
    return {
        "id": raw.get("legacyResourceId"),
        "duties": [{"amount_set": _set(row.get("amountSet"))} for row in raw.get("duties") or []],
        "transactions": [_transaction(row) for row in _nodes(raw.get("transactions"))],
        "refund_line_items": [
            {
                "line_item_id": to_number(row["lineItem"]["id"]),
                "quantity": row.get("quantity"),
                "subtotal": _shop(row.get("subtotalSet")),
                "total_tax": _shop(row.get("totalTaxSet")),
            }
            for row in _nodes(raw.get("refundLineItems"))
        ],
        "refund_shipping_lines": [
            {
                "subtotal_amount_set": _set(row.get("subtotalAmountSet")),
                "tax_amount_set": _set(row.get("taxAmountSet")),
            }
            for row in _nodes(raw.get("refundShippingLines"))
        ],
    }


def _transaction(raw: Raw) -> dict[str, Any]:
    parent = raw.get("parentTransaction")
    return {
        "id": to_number(raw["id"]),
        "kind": str(raw.get("kind")).lower(),
        "status": str(raw.get("status")).lower(),
        "gateway": raw.get("gateway"),
        "processed_at": raw.get("processedAt"),
        "amount": _shop(raw.get("amountSet")),
        "parent_id": to_number(parent["id"]) if parent else None,
    }


def _customer(raw: Raw | None) -> dict[str, Any] | None:
    if raw is None:
        return None
    return {
        "id": raw.get("legacyResourceId"),
        "first_name": raw.get("firstName"),
        "last_name": raw.get("lastName"),
        "email": (raw.get("defaultEmailAddress") or {}).get("emailAddress"),
        "phone": (raw.get("defaultPhoneNumber") or {}).get("phoneNumber"),
    }


def _taxes(raw: Raw) -> list[dict[str, Any]]:
    return [{"price": _shop(row.get("priceSet"))} for row in raw.get("taxLines") or []]


def _shop(money: Raw | None) -> Any:
    """The amount in the shop's own currency, the one that is booked."""
    return ((money or {}).get("shopMoney") or {}).get("amount")


def _set(money: Raw | None) -> dict[str, Any] | None:
    return None if money is None else {"shop_money": {"amount": _shop(money)}}


def _both(money: Raw | None) -> dict[str, Any] | None:
    if money is None:
        return None
    shown = (money.get("presentmentMoney") or {}).get("amount")
    made: dict[str, Any] = {"shop_money": {"amount": _shop(money)}}
    return made if shown is None else {**made, "presentment_money": {"amount": shown}}


def _nodes(connection: Raw | None) -> Iterable[Raw]:
    return (connection or {}).get("nodes") or []
