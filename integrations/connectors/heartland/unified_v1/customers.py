"""Customers of the unified API: one profile with one address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

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
from integrations.connector_kit.matching import choose
from integrations.connector_kit.payload import Payload
from integrations.connectors.heartland.address_fields import UNKNOWN_NAME, known_name, place
from integrations.connectors.heartland.client import HeartlandClient, Row, client_of
from integrations.connectors.heartland.customer_matching import SYSTEM, wanted_of
from integrations.connectors.heartland.customers import reference
from integrations.connectors.heartland.unified_v1 import addresses
from integrations.connectors.heartland.unified_v1.polling import changed, version
from integrations.connectors.heartland.unified_v1.products import texts
from mappings.canonical.customer import Customer
from mappings.canonical.phone import international
from mappings.canonical.record import Entity

__all__ = ["changes", "normalise", "read", "reference", "write"]

_CUSTOMERS = "/v1/customers"


def normalise(payload: Payload, account: Account) -> Customer:
    """Their customer as ours."""
    address = payload.maybe_child("Address")
    phone = payload.maybe_text("Phone") or ""
    return Customer(
        key=payload.text("CustomerID"),
        number=payload.text("CustomerID"),
        updated_at=payload.maybe_instant("UpdatedAt"),
        email=payload.maybe_text("Email") or "",
        phone=international(phone, country=account.setting("phone_country", "US")) or phone,
        first_name=known_name(payload.maybe_text("FirstName")),
        last_name=known_name(payload.maybe_text("LastName")),
        addresses=(addresses.canonical(address),) if address else (),
        custom=texts(payload, "CustomFields"),
    )


def changes(client: Client, cursor: str, now: datetime) -> Page:
    """Customers changed since the cursor, with their content."""
    return changed(client_of(client), _CUSTOMERS, cursor, now, name=_name, make=_notice)


def read(client: Client, keys: Sequence[str]) -> Mapping[str, Mapping[str, Any] | None]:
    """The current customer of each key."""
    heartland = client_of(client)
    return {key: heartland.find(f"{_CUSTOMERS}/{quote(key, safe='')}") for key in keys}


def write(client: Client, outgoing: Outgoing, save: Save) -> Receipt:
    """Creates the customer or fills in what is new; a blank never overwrites. Repeatable."""
    heartland = client_of(client)
    there = _find(heartland, outgoing)
    wanted = _wanted(Payload(outgoing.over(there)))
    label = str(outgoing.fields.get("email") or outgoing.reference)
    if there is None:
        made = create(heartland, wanted, outgoing.delivery_id)
        save("customer_id", made)
        return Receipt(made, Outcome.CREATED, label=label, shown={"CustomerID": made, **wanted})
    key = _name(there)
    differs = {name: value for name, value in wanted.items() if not _same(value, there.get(name))}
    if not differs:
        return Receipt(key, Outcome.UNCHANGED, label=label, shown=there)
    heartland.update(f"{_CUSTOMERS}/{quote(key, safe='')}", differs, what="The customer")
    return Receipt(key, Outcome.UPDATED, label=label, shown={**there, **differs})


def create(client: HeartlandClient, wanted: Row, key: str) -> str:
    """CustomerID of a new customer; the same key makes no second one."""
    body = {
        **wanted,
        "FirstName": wanted.get("FirstName") or UNKNOWN_NAME,
        "LastName": wanted.get("LastName") or UNKNOWN_NAME,
    }
    extra = {"Idempotency-Key": f"{key}:customer"}
    answer = client.post(_CUSTOMERS, body, what="The customer", extra=extra)
    return Payload(answer.json()).text("CustomerID")


def by_email(client: HeartlandClient, email: str) -> Row | None:
    rows = client.page(_CUSTOMERS, (("Email", email),))
    return rows[0] if rows else None


def _find(client: HeartlandClient, outgoing: Outgoing) -> Row | None:
    """By link or e-mail; the service names no search by phone or name. Raises when two fit."""
    known = outgoing.linked_id or str(outgoing.progress.get("customer_id") or "")
    if known:
        return client.find(f"{_CUSTOMERS}/{quote(known, safe='')}")
    wanted = wanted_of(outgoing.fields, outgoing.key)
    rows = client.page(_CUSTOMERS, (("Email", wanted.email),)) if wanted.email else ()
    read = [(row, normalise(Payload(row), client.account)) for row in rows]
    return choose(wanted, read, by="email", system=SYSTEM)


def _wanted(fields: Payload) -> dict[str, Any]:
    found: dict[str, Any] = {
        "Email": fields.maybe_text("email"),
        "FirstName": fields.maybe_text("first_name"),
        "LastName": fields.maybe_text("last_name"),
        "Phone": fields.maybe_text("phone"),
        "CustomFields": texts(fields, "custom"),
    }
    places = [one for row in fields.rows("addresses") if (one := place(row)) is not None]
    if places:
        found["Address"] = addresses.render(
            places[0],
            first_name=found["FirstName"] or "",
            last_name=found["LastName"] or "",
        )
    return {name: value for name, value in found.items() if value}


def _same(wanted: Any, there: Any) -> bool:
    """Whether everything wanted is there; what is there besides does not matter."""
    if isinstance(wanted, Mapping):
        held = there if isinstance(there, Mapping) else {}
        return all(_same(value, held.get(name)) for name, value in wanted.items())
    return bool(wanted == there)


def _name(row: Row) -> str:
    return str(row["CustomerID"])


def _notice(row: Row) -> Notice:
    return Notice(
        entity=Entity.CUSTOMER,
        key=_name(row),
        topic="customer.updated",
        version=version(row),
        payload=row,
    )
