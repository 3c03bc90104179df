"""Customers out of Magento; `customer_writing` writes them.

Magento: customers. A customer has no phone number there, an address has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from integrations.connector_kit.base import Account, Extent, Notice, Page
from integrations.connector_kit.payload import Payload
from integrations.connectors.magento import addresses, own_fields
from integrations.connectors.magento.address_writing import international_of, rank
from integrations.connectors.magento.addresses import known
from integrations.connectors.magento.answers import NotFound
from integrations.connectors.magento.client import StoreClient
from integrations.connectors.magento.criteria import PAGE, Criteria, Filter, where
from integrations.connectors.magento.own_fields import GROUP, STANDARD, STORE_CREDIT
from integrations.connectors.magento.polling import changed, instant, version
from integrations.connectors.magento.store_credit import balance_of, is_wanted
from integrations.connectors.magento.websites import has_several, is_elsewhere, named, website_id
from mappings.canonical.customer import Customer
from mappings.canonical.record import Entity, Skipped

Row = Mapping[str, Any]

SEARCH = "customers/search"
# Under this name a read adds what a record alone does not say: labels of choices, whose it is.
SEEN = "clarity"

# Their word -> ours. 3 is “Not Specified”; older customers have 0.
GENDERS = {"1": "male", "2": "female", "3": "not specified"}


def normalise(payload: Payload, account: Account) -> Customer:
    """Their customer as ours, the main address first. Raises Skipped for one of another website."""
    seen = payload.maybe_child(SEEN)
    if seen and (elsewhere := seen.maybe_text("elsewhere")):
        raise Skipped(f"The customer belongs to another website of the shop ({elsewhere})")
    rows = sorted(payload.rows("addresses"), key=lambda row: rank(row.raw(), payload.raw()))
    places = tuple(addresses.normalise(row) for row in rows)
    changed_at = payload.maybe_text("updated_at")
    return Customer(
        key=payload.text("id"),
        updated_at=instant(changed_at) if changed_at else None,
        email=payload.maybe_text("email") or "",
        phone=next((international_of(one.phone, one.country) for one in places if one.phone), ""),
        first_name=known(payload.maybe_text("firstname")),
        last_name=known(payload.maybe_text("lastname")),
        addresses=places,
        custom=_custom(payload, seen),
    )


def _custom(payload: Payload, seen: Payload | None) -> dict[str, str]:
    labels = seen.raw().get("labels") if seen else None
    found = own_fields.values(payload.raw().get("custom_attributes") or (), labels or {})
    for name in (*STANDARD, GROUP):
        if text := payload.maybe_text(name):
            found[name] = GENDERS.get(text, text) if name == "gender" else text
    if found.get("gender") == "0":
        del found["gender"]
    if seen and (left := seen.maybe_text(STORE_CREDIT)):
        found[STORE_CREDIT] = left
    return found


# --- what is known besides ----------------------------------------------------------------------------


def whole(client: StoreClient, row: Row) -> Row:
    """The customer with the labels of what was chosen from lists, which `normalise` needs."""
    named = own_fields.labels(client) if row.get("custom_attributes") else {}
    return {**row, SEEN: {"labels": named}} if named else row


def _read(client: StoreClient, row: Row) -> Row:
    """`whole`, with the store credit where that is wanted, and marked where it is of another website
    than the connection."""
    made = whole(client, row)
    seen = dict(made.get(SEEN, {}))
    if is_elsewhere(client, row):
        seen["elsewhere"] = named(client, row.get("website_id"))
    elif is_wanted(client) and (left := balance_of(client, str(row["id"]))) is not None:
        seen[STORE_CREDIT] = str(left)
    return {**made, SEEN: seen} if seen else made


# --- calls -----------------------------------------------------------------------------------------


def changes(client: StoreClient, cursor: str, now: datetime) -> Page:
    """Thin notices of customers of the website that changed since the cursor."""

    def notice(row: Row) -> Notice | None:
        return None if is_elsewhere(client, row) else _notice(row, "customer.changed")

    return changed(client, SEARCH, cursor, now, notice=notice, key="id", sort_key="entity_id")


def read(client: StoreClient, keys: Sequence[str]) -> dict[str, Row | None]:
    """Each customer as it is now, None for one that is gone."""
    wanted = [key for key in keys if key.isdecimal()]
    if len(wanted) > 1 and _lists_are_whole(client):
        found = {str(row["id"]): row for row in _of_ids(client, wanted)}
    else:
        found = {key: row for key in wanted if (row := one(client, key)) is not None}
    return {key: _read(client, found[key]) if key in found else None for key in keys}


def one(client: StoreClient, key: str) -> Row | None:
    try:
        found: Row = client.get(f"customers/{key}")
    except NotFound:
        return None
    return found


def _lists_are_whole(client: StoreClient) -> bool:
    """Lists may leave out custom attributes and have no store credit, so where these count each
    customer is asked for."""
    return not own_fields.customer_attributes(client) and not is_wanted(client)


def _of_ids(client: StoreClient, keys: Sequence[str]) -> Sequence[Row]:
    found: list[Row] = []
    for start in range(0, len(keys), PAGE):
        some = ",".join(keys[start : start + PAGE])
        criteria = Criteria(filters=(where("entity_id", some, "in"),), sort=(("entity_id", "ASC"),))
        found += client.everything(SEARCH, criteria)
    return found


# --- all of them -----------------------------------------------------------------------------------


def count(client: StoreClient) -> Extent:
    criteria = Criteria(filters=_here(client), sort=(("entity_id", "ASC"),), size=1)
    total = client.search(SEARCH, criteria).total
    pages = max(1, -(-total // min(PAGE, client.page_limit)))
    return Extent(records=total, calls=pages + (0 if _lists_are_whole(client) else total))


def pages(client: StoreClient, cursor: str) -> Page:
    """Customers by rising id, whole where a list shows all of them."""
    criteria = Criteria(
        filters=(where("entity_id", cursor or "0", "gt"), *_here(client)),
        sort=(("entity_id", "ASC"),),
    )
    found = client.search(SEARCH, criteria)
    is_whole = _lists_are_whole(client)
    notices = tuple(
        _notice(row, "backfill", whole(client, row) if is_whole else None) for row in found.items
    )
    last = str(found.items[-1]["id"]) if found.items else cursor
    return Page(notices, last, more=found.more)


def _here(client: StoreClient) -> tuple[tuple[Filter], ...]:
    here = website_id(client)
    return (where("website_id", str(here)),) if has_several(client) and here is not None else ()


def _notice(row: Row, topic: str, payload: Row | None = None) -> Notice:
    return Notice(
        entity=Entity.CUSTOMER,
        key=str(row["id"]),
        topic=topic,
        version=version(str(row.get("updated_at") or "")),
        payload=payload,
    )
