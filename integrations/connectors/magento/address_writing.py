"""The address book of a customer as it is written: what is there stays, what is new is added.

Magento replaces the whole book by the list that comes: an address left out is deleted, and one that
comes without its flags is the default no more. So each one there goes back as it came, with its id.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from integrations.connector_kit.errors import Rejected
from integrations.connector_kit.payload import Payload
from integrations.connectors.magento import addresses
from integrations.connectors.magento.address_rules import (
    NO_POSTAL_CODE,
    OURS,
    AddressRules,
    rules_of,
)
from integrations.connectors.magento.addresses import UNKNOWN, known
from integrations.connectors.magento.client import StoreClient
from integrations.connectors.magento.regions import Country, country
from mappings.canonical.comparing import comparable
from mappings.canonical.phone import international

Row = Mapping[str, Any]

LEAVE_OUT, HOLD = "leave_out", "hold"


@dataclass(frozen=True)
class Person:
    """Whose addresses they are; fills what an address does not say itself."""

    first_name: str = ""
    last_name: str = ""
    phone: str = ""


@dataclass(frozen=True)
class Book:
    """`rows`: the whole address book as it is to be. `is_changed`: whether it must be written."""

    rows: Sequence[Row]
    is_changed: bool = False


def book(client: StoreClient, fields: Payload, there: Row | None, person: Person) -> Book:
    """The address book after the addresses and the phone number of `fields` have come to it.

    No address there is removed or changed, but for the phone number of the main one. Raises Rejected
    naming the field of an address that Magento could not take, where the connection is set to hold
    such ones; else they are left out.
    """
    rows: list[Row] = [dict(row) for row in (there or {}).get("addresses") or ()]
    before = list(rows)
    found = {where(row) for row in rows}
    for said in fields.rows("addresses"):
        made = _made(client, said, person)
        if made is None or where(made) in found:
            continue
        found.add(where(made))
        is_first = not rows
        rows.append({**made, "default_billing": is_first, "default_shipping": is_first})
    if before and (phone := fields.maybe_text("phone")):
        rows = _with_phone(rows, there or {}, phone)
    return Book(rows, is_changed=rows != before)


def where(row: Row) -> str:
    """Where the address is, in a form in which two spellings of one place are equal."""
    return comparable("addresses", [addresses.normalise(Payload(row)).model_dump()])


def main_of(customer: Row) -> Row | None:
    """The address that speaks for the customer: the default one for billing, else for shipping."""
    rows = list(customer.get("addresses") or ())
    return min(rows, key=lambda row: rank(row, customer)) if rows else None


def rank(row: Row, customer: Row) -> tuple[bool, bool]:
    """Sorts the default address for billing first, then that for shipping."""
    return (
        not _is_default(row, customer, "default_billing"),
        not _is_default(row, customer, "default_shipping"),
    )


def _is_default(row: Row, customer: Row, which: str) -> bool:
    named = str(customer.get(which) or "")
    return row.get(which) is True or (bool(named) and named == str(row.get("id") or ""))


def _with_phone(rows: list[Row], customer: Row, phone: str) -> list[Row]:
    """Magento keeps phone numbers on addresses alone: the main one of those there gets it."""
    main = main_of({**customer, "addresses": rows})
    said = addresses.normalise(Payload(main)) if main is not None else None
    if said is None or comparable("phone", international_of(said.phone, said.country)) == (
        comparable("phone", international_of(phone, said.country))
    ):
        return rows
    return [{**row, "telephone": phone} if row is main else row for row in rows]


def international_of(phone: str, place: str) -> str:
    """The number as it can be dialled from anywhere, as typed where it is none."""
    return international(phone, country=place) or phone


def _made(client: StoreClient, said: Payload, person: Person) -> dict[str, Any] | None:
    """One address in their words; None for one that is left out."""
    rules = rules_of(client)
    place = said.maybe_text("country") or client.account.setting("default_country")
    land = country(client, place) if place else None
    if place and land is None:
        raise Rejected(
            f"The country {place!r} is not among those of the shop",
            field=said.path("country"),
            said=place,
            advice="Correct it at the point of sale; or allow the country in Magento under Stores,"
            " Configuration, General, Country Options. Then replay the record.",
        )
    made: dict[str, Any] = {
        "firstname": said.maybe_text("first_name") or person.first_name or UNKNOWN,
        "lastname": said.maybe_text("last_name") or person.last_name or UNKNOWN,
        "company": said.maybe_text("company"),
        "street": _street(said, rules),
        "city": said.maybe_text("city"),
        "postcode": said.maybe_text("postal_code"),
        "country_id": land.code if land else "",
        "telephone": known(said.maybe_text("phone")) or person.phone or _no_phone(rules),
        **_region(said, land),
    }
    lacking = _lacking(made, rules)
    if lacking and client.account.setting("incomplete_addresses", LEAVE_OUT) == HOLD:
        raise _incomplete(said, lacking)
    return None if lacking else {name: value for name, value in made.items() if value is not None}


def _no_phone(rules: AddressRules) -> str | None:
    return UNKNOWN if "telephone" in rules.required else None


def _street(said: Payload, rules: AddressRules) -> list[str]:
    lines = [line.strip() for line in said.texts("lines") if line.strip()]
    # What does not fit into the lines of the shop is kept together in the last one.
    last = ", ".join(lines[rules.lines - 1 :])
    return [*lines[: rules.lines - 1], last] if last else lines


def _region(said: Payload, land: Country | None) -> dict[str, Any]:
    """The region by its number; as a text where the country has no such region.

    Whether a country must have one of its list, the shop alone knows: it refuses the text then.
    """
    text = (said.maybe_text("region") or "").strip()
    row = land.region(text) if land and text else None
    if row is not None:
        named = {"region_code": row.code, "region": row.name, "region_id": row.id}
        return {"region": named, "region_id": row.id}
    if not text:
        return {}
    return {"region": {"region_code": text, "region": text, "region_id": 0}, "region_id": 0}


def _lacking(made: Row, rules: AddressRules) -> list[str]:
    """Our names of the fields that may not stay empty and do."""
    lacks = [name for name in OURS if name in rules.required and not made.get(name)]
    return [
        OURS[name]
        for name in lacks
        if name != "postcode" or made["country_id"] not in NO_POSTAL_CODE
    ]


_WORDS = {
    "lines": "street",
    "postal_code": "postal code",
    "phone": "phone number",
    "vat_id": "VAT number",
}


def _incomplete(said: Payload, lacking: Sequence[str]) -> Rejected:
    words = " and ".join(_WORDS.get(name, name) for name in lacking)
    shown = ", ".join([*said.texts("lines"), said.maybe_text("city") or ""]).strip(", ")
    return Rejected(
        f"The address “{shown or 'without a street'}” has no {words}, which Magento wants",
        field=said.path(lacking[0]),
        said=shown,
        advice="Complete it at the point of sale, then replay the record. Or set “Incomplete"
        " addresses” of the Magento connection to leave_out: the customer goes without it.",
    )


def unknown_regions(client: StoreClient, rows: Sequence[Row]) -> list[tuple[Row, Country]]:
    """The new addresses whose region is none of their country's list."""
    found = []
    for row in rows:
        if "id" in row or row.get("region_id"):
            continue
        land = country(client, str(row["country_id"]))
        if land and land.regions:
            found.append((row, land))
    return found
