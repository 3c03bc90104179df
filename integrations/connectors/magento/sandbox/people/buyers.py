"""Buyers who do not exist: numbered names, and addresses in a few states."""

from __future__ import annotations

from datetime import datetime

from integrations.connector_kit.sandbox.hostile import NAMES
from integrations.connectors.magento.sandbox.people.regions import region_of
from integrations.connectors.magento.sandbox.records import Address, Customer
from integrations.connectors.magento.sandbox.shop import Shop

_TOWNS = (
    ("Springfield", "IL", "62701"),
    ("Portland", "OR", "97204"),
    ("Austin", "TX", "78701"),
    ("Madison", "WI", "53703"),
    ("Albany", "NY", "12207"),
)


def name_of(number: int, *, hostile: bool) -> tuple[str, str]:
    """Given and family name of the buyer of that number; of a hostile account every third is odd."""
    if hostile and number % 3 == 0:
        return NAMES[number // 3 % len(NAMES)]
    return f"Buyer {number}", "Test"


def email_of(number: int) -> str:
    return f"buyer{number}@example.com"


def buyer(shop: Shop, number: int, moment: datetime) -> tuple[Customer, bool]:
    """The buyer of that number, and whether this is the first time they come."""
    email = email_of(number)
    known = next((entry for entry in shop.customers.values() if entry.email == email), None)
    return (known, False) if known is not None else (register(shop, number, moment), True)


def address_of(shop: Shop, number: int, *, identifier: int, customer: int) -> Address:
    """Where the buyer of that number lives."""
    town, state, code = _TOWNS[number % len(_TOWNS)]
    first, last = name_of(number, hostile=shop.settings.hostile)
    region = region_of("US", state)
    street = [f"{100 + number} Example Street"]
    return Address(
        id=identifier,
        customer_id=customer,
        firstname=first,
        lastname=last,
        street=[*street, "Apt 2"] if number % 4 == 0 else street,
        city=town,
        country_id="US",
        postcode=code,
        telephone=f"+1202555{1000 + number:04d}",
        region=region.name if region else state,
        region_code=state,
        region_id=region.id if region else 0,
    )


def register(shop: Shop, number: int, moment: datetime) -> Customer:
    """A new customer: the buyer of that number, who has not come before."""
    first, last = name_of(number, hostile=shop.settings.hostile)
    customer = Customer(shop.next_id("customer"), email_of(number), first, last, moment, moment)
    home = address_of(shop, number, identifier=shop.next_id("address"), customer=customer.id)
    customer.addresses = [home]
    customer.default_billing = customer.default_shipping = home.id
    shop.customers[customer.id] = customer
    return customer
