"""Customers and addresses."""

from __future__ import annotations

from integrations.connectors.shopify.sandbox import clock, totals
from integrations.connectors.shopify.sandbox.graph.call import Call
from integrations.connectors.shopify.sandbox.graph.paging import Rows, View
from integrations.connectors.shopify.sandbox.graph.views import metafields
from integrations.connectors.shopify.sandbox.identifiers import gid
from integrations.connectors.shopify.sandbox.money import ZERO, short
from integrations.connectors.shopify.sandbox.people import country_name, full_name, province_name
from integrations.connectors.shopify.sandbox.records import Address, Customer, Order


def address(entry: Address | None) -> View | None:
    if entry is None:
        return None
    area = " ".join(part for part in (entry.city, entry.province_code) if part)
    return {
        "__typename": "MailingAddress",
        "id": f"{gid('MailingAddress', entry.id)}?model_name={entry.owned_by or 'Address'}",
        "name": full_name(entry.first_name, entry.last_name),
        "firstName": entry.first_name,
        "lastName": entry.last_name,
        "company": entry.company,
        "address1": entry.address1,
        "address2": entry.address2,
        "city": entry.city,
        "province": province_name(entry),
        "provinceCode": entry.province_code,
        "country": country_name(entry),
        "countryCodeV2": entry.country_code,
        "zip": entry.zip,
        "phone": entry.phone,
        "formattedArea": ", ".join(part for part in (area, country_name(entry)) if part) or None,
    }


def _email(entry: Customer) -> View | None:
    if not entry.email:
        return None
    return {
        "emailAddress": entry.email,
        "marketingState": entry.marketing_state,
        "marketingOptInLevel": entry.marketing_level,
        "marketingUpdatedAt": clock.utc(entry.marketing_at),
        "validFormat": True,
    }


def _phone(entry: Customer) -> View | None:
    if not entry.phone:
        return None
    return {"phoneNumber": entry.phone, "marketingState": "NOT_SUBSCRIBED"}


def orders_of(call: Call, entry: Customer) -> list[Order]:
    return [order for order in call.shop.orders.values() if order.customer is entry]


def _spent(call: Call, entry: Customer) -> View:
    spent = sum((totals.received(order) for order in orders_of(call, entry)), ZERO)
    return {"amount": short(spent), "currencyCode": call.shop.currency}


def customer(entry: Customer) -> View:
    name = full_name(entry.first_name, entry.last_name)
    return {
        "__typename": "Customer",
        "id": gid("Customer", entry.id),
        "legacyResourceId": str(entry.id),
        "firstName": entry.first_name,
        "lastName": entry.last_name,
        "displayName": name or entry.email or entry.phone or "",
        "email": entry.email,
        "phone": entry.phone,
        "note": entry.note,
        "tags": entry.tags,
        "taxExempt": entry.tax_exempt,
        "locale": entry.locale,
        "state": "DISABLED",
        "verifiedEmail": True,
        "canDelete": lambda call: not orders_of(call, entry),
        "createdAt": clock.utc(entry.created_at),
        "updatedAt": clock.utc(entry.updated_at),
        "numberOfOrders": lambda call: str(len(orders_of(call, entry))),
        "amountSpent": lambda call: _spent(call, entry),
        "defaultEmailAddress": _email(entry),
        "defaultPhoneNumber": _phone(entry),
        "defaultAddress": address(entry.addresses[0]) if entry.addresses else None,
        "addressesV2": lambda _call: Rows(entry.addresses, lambda found: address(found) or {}),
        "orders": lambda call: Rows(orders_of(call, entry), call.show["Order"]),
        **metafields.fields(gid("Customer", entry.id)),
    }
