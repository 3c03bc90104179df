"""Customers of Heartland Retail, read and written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from integrations.connector_kit.base import (
    Account,
    Client,
    Notice,
    Outcome,
    Outgoing,
    Page,
    Receipt,
    Save,
)
from integrations.connector_kit.payload import Payload
from integrations.connectors.heartland import customer_addresses, people
from integrations.connectors.heartland.address_fields import canonical_address, known_name
from integrations.connectors.heartland.client import HeartlandClient, Row, client_of
from integrations.connectors.heartland.customer_matching import find
from integrations.connectors.heartland.polling import changed, version
from integrations.connectors.heartland.products import custom_fields
from integrations.connectors.heartland.reading import by_id
from mappings.canonical.customer import Customer
from mappings.canonical.phone import international
from mappings.canonical.record import Entity, Record

_CUSTOMERS = "/customers"

# Search by e-mail, by e-mail in any case and by name, create, add the address it comes with.
CALLS_PER_WRITE = 5


def normalise(payload: Payload, account: Account) -> Customer:
    """Their customer as ours, the main address first. Phone numbers are kept on addresses there."""
    main = payload.maybe_text("address_id")
    rows = sorted(payload.rows("addresses"), key=lambda row: row.maybe_text("address_id") != main)
    addresses = tuple(canonical_address(row) for row in rows)
    usual = account.setting("phone_country", "US")
    return Customer(
        key=payload.text("id"),
        number=payload.maybe_text("public_id") or "",
        updated_at=payload.maybe_instant("updated_at"),
        email=payload.maybe_text("email") or "",
        phone=next(
            (
                international(one.phone, country=_code(one.country) or usual) or one.phone
                for one in addresses
                if one.phone
            ),
            "",
        ),
        first_name=known_name(payload.maybe_text("first_name")),
        last_name=known_name(payload.maybe_text("last_name")),
        # One that holds nothing but the phone number is no place.
        addresses=tuple(one for one in addresses if one.lines or one.city),
        custom=custom_fields(payload),
    )


def _code(country: str) -> str:
    """Heartland takes two-letter codes and full names of countries."""
    return country if len(country) == 2 else ""


def changes(client: Client, cursor: str, now: datetime) -> Page:
    """Customers changed since the cursor; their addresses are read with them later."""
    return changed(client_of(client), _CUSTOMERS, cursor, now, _notice)


def read(client: Client, keys: Sequence[str]) -> Mapping[str, Mapping[str, Any] | None]:
    """Each customer with the addresses; asked for one by one where the list does not show them."""
    heartland = client_of(client)
    found = by_id(heartland, _CUSTOMERS, keys, (("_include[]", "addresses"),))
    return {key: _with_addresses(heartland, found[key]) if key in found else None for key in keys}


def _with_addresses(client: HeartlandClient, row: Row) -> Row:
    if isinstance(row.get("addresses"), list):
        return row
    return {**row, "addresses": customer_addresses.of(client, str(row["id"]))}


def reference(record: Record, account: Account) -> str:
    """The number of a customer made for a store account without e-mail."""
    return people.NUMBER_PREFIX + record.key


def write(client: Client, outgoing: Outgoing, save: Save) -> Receipt:
    """Creates the customer or fills in what is new; a blank never overwrites. Repeatable."""
    heartland = client_of(client)
    there = find(heartland, outgoing, normalise)
    fields = Payload(outgoing.over(there))
    wanted = _columns(fields, heartland, outgoing)
    if there is None:
        number = {} if wanted.get("email") else {"public_id": outgoing.reference}
        customer_id = people.create(heartland, {**wanted, **number})
        outcome = Outcome.CREATED
        stands: Row = {"id": customer_id, **wanted, "addresses": []}
    else:
        customer_id, stands = str(there["id"]), there
        outcome = _update(heartland, customer_id, wanted, there)
    save("customer_id", customer_id)
    rows = customer_addresses.bring(heartland, customer_id, fields, stands)
    if rows != stands["addresses"] and outcome is Outcome.UNCHANGED:
        outcome = Outcome.UPDATED
    return Receipt(
        customer_id,
        outcome,
        label=str(outgoing.fields.get("email") or "") or outgoing.reference,
        shown={**stands, **wanted, "custom": _joined(stands, wanted), "addresses": rows},
    )


def _joined(stands: Row, wanted: Row) -> Row:
    custom = stands.get("custom")
    there = custom if isinstance(custom, Mapping) else {}
    return {**there, **(wanted.get("custom") or {})}


def _columns(fields: Payload, client: HeartlandClient, outgoing: Outgoing) -> dict[str, Any]:
    names = ("email", "first_name", "last_name")
    found: dict[str, Any] = {name: fields.maybe_text(name) for name in names}
    custom = dict(custom_fields(fields)) if fields.maybe_child("custom") is not None else {}
    if field := client.account.setting("store_id_field"):
        custom[field] = outgoing.key
    found["custom"] = custom
    return {name: value for name, value in found.items() if value}


def _update(
    client: HeartlandClient, customer_id: str, wanted: Mapping[str, Any], there: Row
) -> Outcome:
    custom = there.get("custom")
    differs = {name: value for name, value in wanted.items() if there.get(name) != value}
    if "custom" in differs and isinstance(custom, Mapping):
        changed_custom = {k: v for k, v in wanted["custom"].items() if str(custom.get(k)) != v}
        differs["custom"] = changed_custom
        if not changed_custom:
            del differs["custom"]
    if not differs:
        return Outcome.UNCHANGED
    client.update(f"{_CUSTOMERS}/{customer_id}", differs, what="The customer")
    return Outcome.UPDATED


def _notice(row: Row) -> Notice:
    return Notice(
        entity=Entity.CUSTOMER, key=str(row["id"]), topic="customer.updated", version=version(row)
    )
