"""Customers: both ways. A customer is found by e-mail, and nothing there is overwritten by a blank."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from integrations.connector_kit.base import (
    Account,
    Notice,
    Outcome,
    Outgoing,
    Page,
    Receipt,
    Save,
)
from integrations.connector_kit.errors import Rejected
from integrations.connector_kit.payload import Payload
from integrations.connectors.shopify import addresses
from integrations.connectors.shopify.client import ShopClient
from integrations.connectors.shopify.gid import to_gid
from integrations.connectors.shopify.order_shape import address, is_graphql
from integrations.connectors.shopify.orders import split_tags
from integrations.connectors.shopify.polling import changed, complete, version
from integrations.connectors.shopify.user_errors import refuse
from mappings.canonical.customer import Customer
from mappings.canonical.record import Entity

READ_AT_ONCE = 50

# Look, then set.
CALLS_PER_WRITE = 2

# Our field -> theirs, for the fields that are plain text on both sides.
_FIELDS = {
    "email": "email",
    "phone": "phone",
    "first_name": "firstName",
    "last_name": "lastName",
    "note": "note",
}


def normalise(payload: Payload, account: Account) -> Customer:
    """Their customer as ours. A webhook body holds no tags; a read holds everything."""
    if is_graphql(payload.raw()):
        payload = Payload(_webhook_words(payload.raw()))
    found = (addresses.normalise(row) for row in payload.rows("addresses"))
    return Customer(
        key=payload.text("id"),
        updated_at=payload.maybe_instant("updated_at"),
        email=payload.maybe_text("email") or "",
        phone=payload.maybe_text("phone") or "",
        first_name=payload.maybe_text("first_name") or "",
        last_name=payload.maybe_text("last_name") or "",
        tags=tuple(sorted(split_tags(payload.maybe_text("tags")))),
        note=payload.maybe_text("note") or "",
        addresses=tuple(place for place in found if place),
    )


def _webhook_words(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": raw["legacyResourceId"],
        "updated_at": raw.get("updatedAt"),
        "email": _email(raw),
        "phone": _phone(raw),
        "first_name": raw.get("firstName"),
        "last_name": raw.get("lastName"),
        "tags": ", ".join(raw.get("tags") or []),
        "note": raw.get("note"),
        "addresses": [address(row) for row in _addresses(raw)],
    }


def _addresses(raw: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Their addresses, the default one first."""
    default = (raw.get("defaultAddress") or {}).get("id")
    rows = (raw.get("addressesV2") or {}).get("nodes") or []
    return sorted(rows, key=lambda row: row.get("id") != default)


def _email(raw: Mapping[str, Any]) -> str | None:
    return (raw.get("defaultEmailAddress") or {}).get("emailAddress")


def _phone(raw: Mapping[str, Any]) -> str | None:
    return (raw.get("defaultPhoneNumber") or {}).get("phoneNumber")


def render(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Our fields as CustomerSetInput. Blanks are left out: they would erase what Shopify knows."""
    made = {theirs: str(fields[ours]) for ours, theirs in _FIELDS.items() if fields.get(ours)}
    places = [addresses.render(place) for place in fields.get("addresses") or ()]
    return made | ({"addresses": places} if any(places) else {})


# --- calls ---------------------------------------------------------------------------------------


def changes(client: ShopClient, cursor: str, now: datetime) -> Page:
    """Thin notices of customers changed since the cursor."""

    def notice(row: Mapping[str, Any]) -> Notice:
        return Notice(
            entity=Entity.CUSTOMER,
            key=str(row["legacyResourceId"]),
            topic="customers/poll",
            version=version(row["updatedAt"]),
        )

    return changed(
        client,
        cursor,
        now,
        operation="CustomersPage",
        root="customers",
        notices=lambda row: [notice(row)],
    )


def read(client: ShopClient, keys: Sequence[str]) -> dict[str, Mapping[str, Any] | None]:
    """Each customer as it is now, None for one that is gone."""
    found: dict[str, Mapping[str, Any] | None] = {}
    for start in range(0, len(keys), READ_AT_ONCE):
        some = keys[start : start + READ_AT_ONCE]
        ids = [to_gid("Customer", key) for key in some]
        nodes = complete(client.run("CustomersRead", {"ids": ids}))["nodes"]
        found |= {key: node or None for key, node in zip(some, nodes, strict=True)}
    return found


def write(client: ShopClient, outgoing: Outgoing, save: Save) -> Receipt:
    """Creates or updates the customer with this e-mail (or link). May be called again.

    Tags are added to those there; addresses are written only when the customer has none.
    """
    wanted = render(outgoing.fields)
    existing = _existing(client, outgoing.linked_id, wanted)
    if existing is None:
        key, outcome = _set(client, _identifier(wanted), wanted), Outcome.CREATED
        there: set[str] = set()
    else:
        key = str(existing["legacyResourceId"])
        there = set(existing.get("tags") or ())
        outcome = _update(client, existing, wanted)
    tags = [str(tag) for tag in outgoing.fields.get("tags") or () if tag not in there]
    if tags:
        answer = client.run("TagsAdd", {"id": to_gid("Customer", key), "tags": tags})
        refuse(answer.data["tagsAdd"], "tags")
        outcome = Outcome.UPDATED if outcome is Outcome.UNCHANGED else outcome
    return Receipt(id=key, outcome=outcome, label=wanted.get("email", key))


def _existing(
    client: ShopClient, linked: str, wanted: Mapping[str, Any]
) -> Mapping[str, Any] | None:
    tries: list[dict[str, str]] = []
    if linked:
        tries.append({"id": to_gid("Customer", linked)})
    if "email" in wanted:
        tries.append({"emailAddress": wanted["email"]})
    elif "phone" in wanted:
        tries.append({"phoneNumber": wanted["phone"]})
    for identifier in tries:
        answer = client.run("CustomerByIdentifier", {"identifier": identifier})
        found: Mapping[str, Any] | None = complete(answer)["customerByIdentifier"]
        if found is not None:
            return found
    return None


def _identifier(wanted: Mapping[str, Any]) -> dict[str, str]:
    for name in ("email", "phone"):
        if name in wanted:
            return {name: wanted[name]}
    raise Rejected(
        "The customer has neither an e-mail address nor a phone number",
        field="email",
        advice="Add one in the point of sale: Shopify finds customers by it.",
    )


def _update(client: ShopClient, existing: Mapping[str, Any], wanted: Mapping[str, Any]) -> Outcome:
    known = {**existing, "email": _email(existing), "phone": _phone(existing)}
    new = {
        name: value
        for name, value in wanted.items()
        if name != "addresses" and not _same(name, known.get(name), value)
    }
    # `addresses` replaces all that are there, those the buyer typed included.
    if "addresses" in wanted and not _addresses(existing):
        new["addresses"] = wanted["addresses"]
    if not new:
        return Outcome.UNCHANGED
    _set(client, {"id": existing["id"]}, new)
    return Outcome.UPDATED


def _same(name: str, known: object, wanted: str) -> bool:
    there = str(known or "")
    return there.lower() == wanted.lower() if name == "email" else there == wanted


def _set(client: ShopClient, identifier: Mapping[str, str], given: Mapping[str, Any]) -> str:
    answer = client.run("CustomerSet", {"identifier": identifier, "input": given})
    payload = answer.data["customerSet"]
    refuse(payload, "customer")
    return str(payload["customer"]["legacyResourceId"])
