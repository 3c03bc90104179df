"""Finds the customer that comes among those of the shop, before one is made.

By link, e-mail address, or name and address: Magento does not find people by phone number.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from integrations.connector_kit.base import Outgoing
from integrations.connector_kit.matching import choose
from integrations.connector_kit.payload import Payload
from integrations.connectors.magento.client import StoreClient
from integrations.connectors.magento.criteria import Criteria, Filter, where
from integrations.connectors.magento.customers import SEARCH, normalise, one, whole
from integrations.connectors.magento.websites import website_id
from mappings.canonical.address import Address
from mappings.canonical.customer import Customer

Row = Mapping[str, Any]

SYSTEM = "Magento"
# People of one name who are looked at.
_NAMESAKES = 20
_TEXTS = ("email", "phone", "first_name", "last_name")


def existing(client: StoreClient, outgoing: Outgoing) -> Row | None:
    """The customer by link, e-mail, or name and address, as a read shows it; None: there is none.

    Raises Rejected when several fit equally well.
    """
    if outgoing.linked_id and (linked := one(client, outgoing.linked_id)) is not None:
        return whole(client, linked)
    wanted = wanted_of(outgoing.fields, outgoing.key)
    for by, rows in _candidates(client, wanted):
        if found := _chosen(client, wanted, rows, by):
            return found
    return None


def anywhere(client: StoreClient, outgoing: Outgoing) -> Row | None:
    """The customer with this e-mail address on any website: where a shop shares its accounts between
    websites, an address that one of them knows is taken on all."""
    wanted = wanted_of(outgoing.fields, outgoing.key)
    return _chosen(client, wanted, _by_email(client, wanted.email), "email")


def wanted_of(fields: Mapping[str, Any], key: str) -> Customer:
    """What the rules made of a customer, in our words again."""
    said = Payload(fields)
    texts = {name: said.maybe_text(name) or "" for name in _TEXTS}
    places = tuple(_place(row) for row in said.rows("addresses"))
    return Customer(key=key, addresses=places, **texts)


def _place(row: Payload) -> Address:
    return Address(
        lines=tuple(row.texts("lines")),
        city=row.maybe_text("city") or "",
        postal_code=row.maybe_text("postal_code") or "",
        country=row.maybe_text("country") or "",
    )


def _chosen(client: StoreClient, wanted: Customer, rows: Sequence[Row], by: str) -> Row | None:
    read = [(row, normalise(Payload(row), client.account)) for row in rows]
    found = choose(wanted, read, by=by, system=SYSTEM)
    return None if found is None else whole(client, one(client, str(found["id"])) or found)


def _candidates(client: StoreClient, wanted: Customer) -> Iterator[tuple[str, Sequence[Row]]]:
    """Asked one after the other, as long as nothing is found."""
    here = website_id(client)
    if wanted.email:
        rows = _by_email(client, wanted.email)
        yield "email", [row for row in rows if here is None or row.get("website_id") == here]
    if wanted.first_name and wanted.last_name and (wanted.addresses or wanted.phone):
        names = (
            where("firstname", wanted.first_name),
            where("lastname", wanted.last_name),
            *((where("website_id", str(here)),) if here is not None else ()),
        )
        yield "name", _found(client, names, _NAMESAKES)


def _by_email(client: StoreClient, email: str) -> Sequence[Row]:
    """Of all websites: an address is unique on each, or on all of them together."""
    return _found(client, (where("email", email),)) if email else ()


def _found(
    client: StoreClient, filters: Sequence[Sequence[Filter]], size: int = 100
) -> Sequence[Row]:
    criteria = Criteria(filters=filters, sort=(("entity_id", "ASC"),), size=size)
    return client.search(SEARCH, criteria).items
