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
from integrations.connectors.heartland import people
from integrations.connectors.heartland.address_fields import (
    Place,
    canonical_address,
    known_name,
    place,
    same,
)
from integrations.connectors.heartland.client import HeartlandClient, Row, client_of
from integrations.connectors.heartland.polling import changed, version
from integrations.connectors.heartland.products import custom_fields
from integrations.connectors.heartland.reading import by_id
from mappings.canonical.customer import Customer
from mappings.canonical.record import Entity, Record

_CUSTOMERS = "/customers"

# Search by e-mail, create, read the addresses, add the one it comes with.
CALLS_PER_WRITE = 4


def normalise(payload: Payload, account: Account) -> Customer:
    """Their customer as ours. Phone numbers are kept on addresses there; the first one counts."""
    addresses = tuple(canonical_address(row) for row in payload.rows("addresses"))
    return Customer(
        key=payload.text("id"),
        number=payload.maybe_text("public_id") or "",
        updated_at=payload.maybe_instant("updated_at"),
        email=payload.maybe_text("email") or "",
        phone=next((address.phone for address in addresses if address.phone), ""),
        first_name=known_name(payload.maybe_text("first_name")),
        last_name=known_name(payload.maybe_text("last_name")),
        addresses=addresses,
        custom=custom_fields(payload),
    )


def changes(client: Client, cursor: str, now: datetime) -> Page:
    """Customers changed since the cursor; their addresses are read with them later."""
    return changed(client_of(client), _CUSTOMERS, cursor, now, _notice)


def read(client: Client, keys: Sequence[str]) -> Mapping[str, Mapping[str, Any] | None]:
    """Each customer with the addresses."""
    heartland = client_of(client)
    found = by_id(heartland, _CUSTOMERS, keys)
    return {
        key: {**found[key], "addresses": list(heartland.every(f"{_CUSTOMERS}/{key}/addresses"))}
        if key in found
        else None
        for key in keys
    }


def reference(record: Record, account: Account) -> str:
    """The number of a customer made for a store account without e-mail."""
    return people.NUMBER_PREFIX + record.key


def write(client: Client, outgoing: Outgoing, save: Save) -> Receipt:
    """Creates the customer or fills in what is new; a blank never overwrites. Repeatable."""
    heartland = client_of(client)
    fields = Payload(outgoing.fields)
    wanted = _columns(fields)
    there = _find(heartland, outgoing, wanted)
    if there is None:
        number = {} if wanted.get("email") else {"public_id": outgoing.reference}
        customer_id = people.create(heartland, {**wanted, **number})
        outcome = Outcome.CREATED
    else:
        customer_id = str(there["id"])
        outcome = _update(heartland, customer_id, wanted, there)
    save("customer_id", customer_id)
    if _add_addresses(heartland, customer_id, fields) and outcome is Outcome.UNCHANGED:
        outcome = Outcome.UPDATED
    return Receipt(customer_id, outcome, label=wanted.get("email", "") or outgoing.reference)


def _columns(fields: Payload) -> dict[str, Any]:
    names = ("email", "first_name", "last_name")
    found: dict[str, Any] = {name: fields.maybe_text(name) for name in names}
    custom = fields.maybe_child("custom")
    if custom is not None:
        found["custom"] = custom_fields(fields)
    return {name: value for name, value in found.items() if value}


def _find(client: HeartlandClient, outgoing: Outgoing, wanted: Mapping[str, Any]) -> Row | None:
    known = outgoing.linked_id or str(outgoing.progress.get("customer_id") or "")
    if known:
        return client.get(f"{_CUSTOMERS}/{known}", what="The customer")
    if wanted.get("email"):
        return people.by_email(client, wanted["email"])
    return people.by_number(client, outgoing.reference)


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


def _add_addresses(client: HeartlandClient, customer_id: str, fields: Payload) -> bool:
    """Adds those that are not there yet; addresses there are never changed or removed."""
    places = [found for row in fields.rows("addresses") if (found := place(row)) is not None]
    if not places:
        return False
    path = f"{_CUSTOMERS}/{customer_id}/addresses"
    there = list(client.every(path))
    added = False
    for columns in (_filled(found, fields) for found in places):
        if not any(same(columns, row) for row in there):
            client.create(path, columns, what="The address")
            there.append(columns)
            added = True
    return added


def _filled(found: Place, fields: Payload) -> dict[str, str]:
    columns = found.columns(
        first_name=fields.maybe_text("first_name") or "",
        last_name=fields.maybe_text("last_name") or "",
    )
    phone = fields.maybe_text("phone")
    return {**columns, "phone": phone} if phone and not columns.get("phone") else columns


def _notice(row: Row) -> Notice:
    return Notice(
        entity=Entity.CUSTOMER, key=str(row["id"]), topic="customer.updated", version=version(row)
    )
