"""Finds or makes the customer and the addresses that an order or a customer record needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from integrations.connector_kit.errors import Rejected
from integrations.connectors.heartland.address_fields import UNKNOWN_NAME, same
from integrations.connectors.heartland.client import HeartlandClient, Row, matching
from integrations.connectors.heartland.order_fields import Buyer
from mappings.canonical.comparing import comparable

GUEST_NUMBER = "WEB-GUEST"
NUMBER_PREFIX = "WEB-"


def customer_for(client: HeartlandClient, buyer: Buyer) -> str:
    """Id of the customer an order belongs to, made when there is none.

    A buyer without e-mail and without an account in the store is the guest of the connection:
    Heartland takes no order without a customer. May be called again after a lost answer, since
    every customer made here can be found by e-mail or number.
    """
    if buyer.email:
        found = by_email(client, buyer.email)
        return str(found["id"]) if found else _make(client, buyer)
    if buyer.key:
        found = by_number(client, NUMBER_PREFIX + buyer.key)
        return str(found["id"]) if found else _make(client, buyer, NUMBER_PREFIX + buyer.key)
    return guest(client)


def guest(client: HeartlandClient) -> str:
    """Id of the customer that orders without a buyer are booked on."""
    chosen = client.account.setting("guest_customer_id") or client.words.get("guest", "")
    if not chosen:
        found = by_number(client, GUEST_NUMBER)
        body = {"first_name": "Web", "last_name": "Guest", "public_id": GUEST_NUMBER}
        chosen = str(found["id"]) if found else create(client, body)
        client.words["guest"] = chosen
    return chosen


def by_email(client: HeartlandClient, email: str) -> Row | None:
    """The oldest customer with this address.

    Heartland lets several customers share an address.
    """
    rows = all_by_email(client, email)
    return min(rows, key=lambda row: int(row["id"])) if rows else None


def all_by_email(client: HeartlandClient, email: str) -> Sequence[Row]:
    """The customers with this address, as typed or else with other capitals; active ones if there
    are."""
    for spelling in dict.fromkeys((email, email.lower())) if email else ():
        if rows := _with_email(client, spelling):
            return _active(rows)
    return _active(_in_any_case(client, email)) if email else ()


def _active(rows: Sequence[Row]) -> Sequence[Row]:
    return [row for row in rows if row.get("active?", True)] or rows


def _in_any_case(client: HeartlandClient, email: str) -> Sequence[Row]:
    """Those whose address differs in capitals alone: cashiers and buyers type them as they like.

    Heartland matches letters exactly but for a search by pattern, which its own reference does not
    show: an account that refuses it has only the spellings asked for before.
    """
    wanted = comparable("email", email)
    try:
        rows = _with_email(client, {"$like": email.lower()})
    except Rejected:
        return ()
    return [row for row in rows if comparable("email", row.get("email")) == wanted]


def _with_email(client: HeartlandClient, wanted: str | Mapping[str, str]) -> Sequence[Row]:
    return client.page("/customers", (matching({"email": wanted}), ("sort[]", "id")))


def by_number(client: HeartlandClient, number: str) -> Row | None:
    rows = client.page("/customers", (matching({"public_id": number}),))
    return rows[0] if rows else None


def create(client: HeartlandClient, body: Mapping[str, Any]) -> str:
    """Heartland requires both names of a customer."""
    named = {
        **body,
        "first_name": body.get("first_name") or UNKNOWN_NAME,
        "last_name": body.get("last_name") or UNKNOWN_NAME,
    }
    return client.create("/customers", named, what="The customer")


def address_id(client: HeartlandClient, customer_id: str, columns: Mapping[str, str]) -> str:
    """The `address_id` an order wants; the address is added when the customer lacks it."""
    path = f"/customers/{customer_id}/addresses"
    for row in client.every(path):
        if same(columns, row):
            return str(row["address_id"])
    joined = client.create(path, columns, what="The address")
    # Heartland: the Location of a new address names the join, not the address.
    return str(client.get(f"{path}/{joined}")["address_id"])


def _make(client: HeartlandClient, buyer: Buyer, number: str = "") -> str:
    body = {
        "first_name": buyer.first_name,
        "last_name": buyer.last_name,
        "email": buyer.email,
        "public_id": number,
    }
    return create(client, {name: value for name, value in body.items() if value})
