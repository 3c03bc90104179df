"""Customers, addresses and the shop as webhooks carry them."""

from __future__ import annotations

from typing import Any

from integrations.connectors.shopify.sandbox import clock
from integrations.connectors.shopify.sandbox.identifiers import gid
from integrations.connectors.shopify.sandbox.people import country_name, full_name, province_name
from integrations.connectors.shopify.sandbox.records import Address, Customer
from integrations.connectors.shopify.sandbox.shop import Shop


def address(entry: Address | None) -> dict[str, Any] | None:
    """An order's address."""
    if entry is None:
        return None
    return {
        "first_name": entry.first_name,
        "address1": entry.address1,
        "phone": entry.phone,
        "city": entry.city,
        "zip": entry.zip,
        "province": province_name(entry),
        "country": country_name(entry),
        "last_name": entry.last_name,
        "address2": entry.address2,
        "company": entry.company,
        "latitude": None,
        "longitude": None,
        "name": full_name(entry.first_name, entry.last_name),
        "country_code": entry.country_code,
        "province_code": entry.province_code,
    }


def _customer_address(owner: Customer, entry: Address) -> dict[str, Any]:
    return {
        "id": entry.id,
        "customer_id": owner.id,
        "first_name": entry.first_name,
        "last_name": entry.last_name,
        "company": entry.company,
        "address1": entry.address1,
        "address2": entry.address2,
        "city": entry.city,
        "province": province_name(entry),
        "country": country_name(entry),
        "zip": entry.zip,
        "phone": entry.phone,
        "name": full_name(entry.first_name, entry.last_name),
        "province_code": entry.province_code,
        "country_code": entry.country_code,
        "country_name": country_name(entry),
        "default": entry is owner.addresses[0],
    }


def order_customer(shop: Shop, entry: Customer | None) -> dict[str, Any] | None:
    """The customer inside an order: without the list of addresses."""
    if entry is None:
        return None
    body: dict[str, Any] = {
        "id": entry.id,
        "email": entry.email,
        "created_at": clock.local(entry.created_at),
        "updated_at": clock.local(entry.updated_at),
        "first_name": entry.first_name,
        "last_name": entry.last_name,
        "state": "disabled",
        "note": entry.note,
        "verified_email": True,
        "multipass_identifier": None,
        "tax_exempt": entry.tax_exempt,
        "phone": entry.phone,
        "email_marketing_consent": {
            "state": entry.marketing_state.lower(),
            "opt_in_level": entry.marketing_level.lower(),
            "consent_updated_at": clock.local(entry.marketing_at),
        },
        "sms_marketing_consent": None,
        "tags": ", ".join(entry.tags),
        "currency": shop.currency,
        "tax_exemptions": [],
        "admin_graphql_api_id": gid("Customer", entry.id),
    }
    if entry.addresses:
        body["default_address"] = _customer_address(entry, entry.addresses[0])
    return body


def customer(shop: Shop, entry: Customer) -> dict[str, Any]:
    """A customers/... body: no tags, no consent."""
    body: dict[str, Any] = {
        "id": entry.id,
        "created_at": clock.local(entry.created_at),
        "updated_at": clock.local(entry.updated_at),
        "first_name": entry.first_name,
        "last_name": entry.last_name,
        "state": "disabled",
        "note": entry.note,
        "verified_email": True,
        "multipass_identifier": None,
        "tax_exempt": entry.tax_exempt,
        "email": entry.email,
        "phone": entry.phone,
        "currency": shop.currency,
        "addresses": [_customer_address(entry, found) for found in entry.addresses],
        "tax_exemptions": [],
        "admin_graphql_api_id": gid("Customer", entry.id),
    }
    if entry.addresses:
        body["default_address"] = _customer_address(entry, entry.addresses[0])
    return body


def shop(entry: Shop) -> dict[str, Any]:
    """The app/uninstalled body."""
    return {
        "id": entry.id,
        "name": entry.name,
        "email": "shop@example.com",
        "domain": entry.domain,
        "country": "US",
        "country_code": "US",
        "country_name": "United States",
        "created_at": clock.local(entry.created_at),
        "updated_at": clock.local(entry.created_at),
        "currency": entry.currency,
        "iana_timezone": clock.ZONE_NAME,
        "myshopify_domain": entry.domain,
        "plan_name": "partner_test",
        "plan_display_name": "Developer Preview",
        "primary_location_id": entry.main_location.id,
        "taxes_included": entry.settings.taxes_included,
        "enabled_presentment_currencies": [entry.currency],
    }
