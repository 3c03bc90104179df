"""Address books: what is sent replaces all that was there.

Source: magento2#2499 (an address that is left out is deleted), #7380 and #16854 (without the flags the
default addresses are lost).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from integrations.connectors.magento.sandbox.errors import Refusal, no_such_entity, required
from integrations.connectors.magento.sandbox.people.metadata import STREET_LINES
from integrations.connectors.magento.sandbox.people.regions import (
    COUNTRIES,
    REGIONS,
    Region,
    region_by_id,
    region_of,
)
from integrations.connectors.magento.sandbox.records import Address, Customer
from integrations.connectors.magento.sandbox.routing import rows_of, whole_of
from integrations.connectors.magento.sandbox.shop import Shop

_REQUIRED = ("firstname", "lastname", "city", "country_id", "telephone")
_WITHOUT_POSTCODE = ("HK", "IE", "MO", "PA")
_OPTIONAL = ("company", "middlename", "prefix", "suffix", "fax", "vat_id")


def replace_all(shop: Shop, customer: Customer, given: Sequence[Any]) -> None:
    """Raises Refusal before anything is changed."""
    rows = [row for row in given if isinstance(row, Mapping)]
    known = {entry.id: entry for entry in customer.addresses}
    for row in rows:
        if row.get("id") is not None and int(row["id"]) not in known:
            raise no_such_entity("addressId", row["id"])
        _check(row)
    billing: int | None = None
    shipping: int | None = None
    book = []
    for row in rows:
        number = shop.next_id("address") if row.get("id") is None else int(row["id"])
        entry = _made(number, customer.id, row)
        book.append(entry)
        billing = entry.id if row.get("default_billing") else billing
        shipping = entry.id if row.get("default_shipping") else shipping
    customer.addresses = book
    customer.default_billing, customer.default_shipping = billing, shipping


def _check(row: Mapping[str, Any]) -> None:
    for name in _REQUIRED:
        if not str(row.get(name) or "").strip():
            raise required(name)
    street = row.get("street")
    if not isinstance(street, list) or not any(str(line).strip() for line in street):
        raise required("street")
    if len(street) > STREET_LINES:
        raise Refusal(
            '"Street Address" cannot contain more than %1 lines.', parameters=[STREET_LINES]
        )
    country = str(row["country_id"])
    if country not in COUNTRIES:
        raise Refusal(
            'Invalid value of "%value" provided for the %fieldName field.',
            parameters={"fieldName": "countryId", "value": country},
        )
    if not str(row.get("postcode") or "").strip() and country not in _WITHOUT_POSTCODE:
        raise required("postcode")
    if country in REGIONS and _region(row) is None:
        raise required("regionId")


def _region(row: Mapping[str, Any]) -> Region | None:
    """The listed region of an address: by its number, or by its code."""
    inner = row.get("region") if isinstance(row.get("region"), Mapping) else {}
    inner = inner or {}
    country = str(row.get("country_id", ""))
    number = row.get("region_id") or inner.get("region_id")
    if number:
        return region_by_id(country, whole_of(number, "region_id"))
    return region_of(country, str(inner.get("region_code") or ""))


def _made(number: int, customer: int, row: Mapping[str, Any]) -> Address:
    region, inner = _region(row), row.get("region") or {}
    free = inner.get("region") if isinstance(inner, Mapping) else str(inner)
    return Address(
        id=number,
        customer_id=customer,
        firstname=str(row["firstname"]),
        lastname=str(row["lastname"]),
        street=[str(line) for line in row["street"]],
        city=str(row["city"]),
        country_id=str(row["country_id"]),
        postcode=row.get("postcode"),
        telephone=row.get("telephone"),
        region=region.name if region else free,
        region_code=region.code if region else free,
        region_id=region.id if region else 0,
        custom={
            str(entry.get("attribute_code")): entry.get("value")
            for entry in rows_of(row.get("custom_attributes"))
        },
        **{name: row.get(name) for name in _OPTIONAL},
    )
