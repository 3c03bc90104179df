"""Buyers who do not exist, and the addresses an order is placed with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from integrations.connector_kit.sandbox.hostile import NAMES
from integrations.connectors.magento.sandbox.records import Address, Customer
from integrations.connectors.magento.sandbox.sales.records import OrderAddress

if TYPE_CHECKING:
    from integrations.connectors.magento.sandbox.shop import Shop

# City, region, its code, Magento's id of the region, postcode.
_TOWNS = (
    ("Springfield", "Illinois", "IL", 23, "62701"),
    ("Portland", "Oregon", "OR", 49, "97204"),
    ("Austin", "Texas", "TX", 57, "78701"),
    ("Madison", "Wisconsin", "WI", 64, "53703"),
    ("Albany", "New York", "NY", 43, "12207"),
)


def name_of(number: int, *, hostile: bool) -> tuple[str, str]:
    """Given and family name of the buyer of that number; of a hostile account every third is odd."""
    if hostile and number % 3 == 0:
        return NAMES[number // 3 % len(NAMES)]
    return f"Buyer {number}", "Test"


def email_of(number: int) -> str:
    return f"buyer{number}@example.com"


def buyer(shop: Shop, number: int) -> tuple[Customer, bool]:
    """The buyer of that number, and whether this is the first time they come."""
    email = email_of(number)
    known = next((entry for entry in shop.customers.values() if entry.email == email), None)
    if known is not None:
        return known, False
    return register(shop, number), True


def register(shop: Shop, number: int) -> Customer:
    """A new customer: the buyer of that number, who has not come before."""
    first, last = name_of(number, hostile=shop.settings.hostile)
    moment = shop.now()
    made = Customer(
        id=shop.next_id("customer"),
        email=email_of(number),
        firstname=first,
        lastname=last,
        created_at=moment,
        updated_at=moment,
    )
    address = _address(shop, made.id, number)
    made.addresses.append(address)
    made.default_billing = made.default_shipping = address.id
    shop.customers[made.id] = made
    return made


def _address(shop: Shop, customer: int, number: int) -> Address:
    town, region, code, region_id, postcode = _TOWNS[number % len(_TOWNS)]
    first, last = name_of(number, hostile=shop.settings.hostile)
    street = [f"{100 + number} Example Street", *(["Apt 2"] if number % 4 == 0 else [])]
    return Address(
        id=shop.next_id("address"),
        customer_id=customer,
        firstname=first,
        lastname=last,
        street=street,
        city=town,
        country_id="US",
        postcode=postcode,
        telephone=f"+1202555{1000 + number:04d}",
        region=region,
        region_code=code,
        region_id=region_id,
    )


def guest_address(shop: Shop, number: int) -> Address:
    """What a buyer types who has no account."""
    return _address(shop, 0, number)


def copied(shop: Shop, address: Address, kind: str, email: str) -> OrderAddress:
    """`address` as an order keeps it: "billing" or "shipping"."""
    return OrderAddress(
        id=shop.next_id("order_address"),
        kind=kind,
        firstname=address.firstname,
        lastname=address.lastname,
        street=list(address.street),
        city=address.city,
        postcode=address.postcode or "",
        country_id=address.country_id,
        telephone=address.telephone or "",
        email=email,
        region=address.region or "",
        region_code=address.region_code or "",
        region_id=address.region_id,
        company=address.company or "",
        customer_address_id=address.id if address.customer_id else None,
    )
