"""Finds the customer that comes among those of Heartland, before one is made.

Heartland lists customers by e-mail, number and name, not by phone: numbers are kept on addresses.
Among those of one name a phone number counts all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from integrations.connector_kit.base import Account, Outgoing
from integrations.connector_kit.matching import choose
from integrations.connector_kit.payload import Payload
from integrations.connectors.heartland import customer_addresses, people
from integrations.connectors.heartland.address_fields import canonical_address, place
from integrations.connectors.heartland.client import HeartlandClient, Row, matching
from mappings.canonical.customer import Customer

_CUSTOMERS = "/customers"
SYSTEM = "Heartland"
# People of one name whose addresses are read.
_NAMESAKES = 10

Normalise = Callable[[Payload, Account], Customer]


def find(client: HeartlandClient, outgoing: Outgoing, normalise: Normalise) -> Row | None:
    """The customer with the addresses; None when there is none. Raises Rejected when two fit."""
    known = outgoing.linked_id or str(outgoing.progress.get("customer_id") or "")
    if known:
        return _whole(client, client.get(f"{_CUSTOMERS}/{known}", what="The customer"))
    wanted = wanted_of(outgoing.fields, outgoing.key)
    if not wanted.email and (numbered := people.by_number(client, outgoing.reference)):
        return _whole(client, numbered)
    for by, rows in (
        ("email", people.all_by_email(client, wanted.email)),
        ("name", _namesakes(client, wanted)),
    ):
        whole = [_whole(client, row) for row in rows]
        read = [(row, normalise(Payload(row), client.account)) for row in whole]
        if found := choose(wanted, read, by=by, system=SYSTEM):
            return found
    return None


def wanted_of(fields: Mapping[str, Any], key: str) -> Customer:
    """What the rules made of a customer, in our words again."""
    said = Payload(fields)
    places = [one for row in said.rows("addresses") if (one := place(row)) is not None]
    return Customer(
        key=key,
        email=said.maybe_text("email") or "",
        phone=said.maybe_text("phone") or "",
        first_name=said.maybe_text("first_name") or "",
        last_name=said.maybe_text("last_name") or "",
        addresses=tuple(canonical_address(Payload(one.columns())) for one in places),
    )


def _namesakes(client: HeartlandClient, wanted: Customer) -> Sequence[Row]:
    if not (wanted.first_name and wanted.last_name and (wanted.addresses or wanted.phone)):
        return ()
    name = {"first_name": wanted.first_name, "last_name": wanted.last_name}
    limit = ("per_page", str(_NAMESAKES))
    return client.page(_CUSTOMERS, (matching(name), ("sort[]", "id"), limit))


def _whole(client: HeartlandClient, row: Row) -> Row:
    return {**row, "addresses": customer_addresses.of(client, str(row["id"]))}
