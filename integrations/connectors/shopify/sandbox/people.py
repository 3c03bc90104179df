"""Buyers who do not exist: numbered names, and addresses in a few states."""

from __future__ import annotations

from datetime import datetime

from integrations.connector_kit.sandbox.hostile import NAMES
from integrations.connectors.shopify.sandbox.records import Address, Customer
from integrations.connectors.shopify.sandbox.shop import Shop

_TOWNS = (
    ("Springfield", "IL", "62701"),
    ("Portland", "OR", "97204"),
    ("Austin", "TX", "78701"),
    ("Madison", "WI", "53703"),
    ("Albany", "NY", "12207"),
)

PROVINCES = {
    "IL": "Illinois",
    "OR": "Oregon",
    "TX": "Texas",
    "WI": "Wisconsin",
    "NY": "New York",
    "CA": "California",
    "AZ": "Arizona",
    "ON": "Ontario",
}
COUNTRIES = {"US": "United States", "CA": "Canada", "GB": "United Kingdom", "DE": "Germany"}


def name_of(number: int, *, hostile: bool) -> tuple[str, str]:
    """Given and family name of the buyer of that number; of a hostile account every third is odd."""
    if hostile and number % 3 == 0:
        return NAMES[number // 3 % len(NAMES)]
    return f"Buyer {number}", "Test"


def buyer(shop: Shop, number: int, moment: datetime) -> tuple[Customer, bool]:
    """The buyer of that number, and whether this is the first time they come."""
    email = f"buyer{number}@example.com"
    known = next((entry for entry in shop.customers.values() if entry.email == email), None)
    if known is not None:
        return known, False
    return register(shop, number, moment), True


def register(shop: Shop, number: int, moment: datetime) -> Customer:
    """A new customer: the buyer of that number, who has not come before."""
    town, province, code = _TOWNS[number % len(_TOWNS)]
    first, last = name_of(number, hostile=shop.settings.hostile)
    identifier = shop.numbers.next("Customer")
    address = Address(
        id=shop.numbers.next("MailingAddress"),
        first_name=first,
        last_name=last,
        address1=f"{100 + number} Example Street",
        address2="Apt 2" if number % 4 == 0 else None,
        city=town,
        province_code=province,
        country_code="US",
        zip=code,
        phone=f"+1202555{1000 + number:04d}" if number % 3 else None,
        owned_by="CustomerAddress",
    )
    customer = Customer(
        id=identifier,
        created_at=moment,
        updated_at=moment,
        first_name=first,
        last_name=last,
        email=f"buyer{number}@example.com",
        addresses=[address],
    )
    shop.customers[identifier] = customer
    return customer


def province_name(address: Address) -> str | None:
    code = address.province_code
    return PROVINCES.get(code, code) if code else None


def country_name(address: Address) -> str | None:
    code = address.country_code
    return COUNTRIES.get(code, code) if code else None


def full_name(first: str | None, last: str | None) -> str:
    return " ".join(part for part in (first, last) if part)
