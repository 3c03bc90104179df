"""Customers into Shopify: found by link, e-mail, phone or name; no blank overwrites, nobody is subscribed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from integrations.connector_kit.base import Outcome, Outgoing, Receipt, Save
from integrations.connector_kit.errors import Rejected
from integrations.connectors.shopify import addresses
from integrations.connectors.shopify.client import ShopClient
from integrations.connectors.shopify.customer_matching import existing
from integrations.connectors.shopify.customers import (
    addresses_of,
    email_of,
    normalise,
    phone_of,
)
from integrations.connectors.shopify.gid import to_gid
from integrations.connectors.shopify.own_fields import OWN_ID
from integrations.connectors.shopify.user_errors import refuse
from mappings.canonical.record import Skipped

# Look by e-mail and by name, set, and note the id of the point of sale.
CALLS_PER_WRITE = 4

Node = Mapping[str, Any]

# Our field -> theirs, for the fields that are plain text on both sides.
_FIELDS = {
    "email": "email",
    "phone": "phone",
    "first_name": "firstName",
    "last_name": "lastName",
    "note": "note",
}


def render(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Our fields as CustomerSetInput. Blanks are left out: they would erase what Shopify knows."""
    made = {theirs: str(fields[ours]) for ours, theirs in _FIELDS.items() if fields.get(ours)}
    places = [addresses.render(place) for place in fields.get("addresses") or ()]
    return made | ({"addresses": places} if any(places) else {})


def write(client: ShopClient, outgoing: Outgoing, save: Save) -> Receipt:
    """Creates or updates the customer. May be called again.

    Tags are added to those there; addresses are written only when the customer has none. Raises
    Skipped for a new customer without e-mail address and phone number, by which shops know people.
    """
    if not outgoing.linked_id and not (
        outgoing.fields.get("email") or outgoing.fields.get("phone")
    ):
        raise Skipped("the customer has neither an e-mail address nor a phone number")
    there = existing(client, outgoing, normalise)
    fields = outgoing.over(there)
    wanted = render(fields)
    node = _made(client, wanted) if there is None else _updated(client, there, wanted)
    is_changed = node is not there
    has = {*((there or {}).get("tags") or ()), *(node.get("tags") or ())}
    tags = [str(tag) for tag in fields.get("tags") or () if tag not in has]
    if tags:
        answer = client.run("TagsAdd", {"id": node["id"], "tags": tags})
        refuse(answer.data["tagsAdd"], "tags")
        node, is_changed = {**node, "tags": sorted({*has, *tags})}, True
    if (node.get("ownId") or {}).get("value") != outgoing.key:
        node = _with_own_id(client, node, outgoing.key)
        is_changed = True
    changed = Outcome.UPDATED if is_changed else Outcome.UNCHANGED
    return Receipt(
        id=str(node["legacyResourceId"]),
        outcome=Outcome.CREATED if there is None else changed,
        label=str(outgoing.fields.get("email") or node["legacyResourceId"]),
        shown=node,
    )


def _made(client: ShopClient, wanted: Mapping[str, Any]) -> Node:
    for name in ("email", "phone"):
        if name in wanted:
            return _set(client, {name: wanted[name]}, wanted)
    raise Rejected(
        "The customer it was linked with is gone from Shopify, and it has neither an e-mail address"
        " nor a phone number",
        field="email",
        advice="Add one in the point of sale: Shopify finds customers by it.",
    )


def _updated(client: ShopClient, there: Node, wanted: Mapping[str, Any]) -> Node:
    known = {**there, "email": email_of(there), "phone": phone_of(there)}
    new = {
        name: value
        for name, value in wanted.items()
        if name != "addresses" and not _same(name, known.get(name), value)
    }
    # `addresses` replaces all that are there, those the buyer typed included.
    if "addresses" in wanted and not addresses_of(there):
        new["addresses"] = wanted["addresses"]
    return _set(client, {"id": there["id"]}, new) if new else there


def _same(name: str, known: object, wanted: str) -> bool:
    there = str(known or "")
    return there.lower() == wanted.lower() if name == "email" else there == wanted


def _set(client: ShopClient, identifier: Mapping[str, str], given: Mapping[str, Any]) -> Node:
    answer = client.run("CustomerSet", {"identifier": identifier, "input": given})
    payload = answer.data["customerSet"]
    rest = {name: value for name, value in given.items() if name != "phone"}
    if "phone" not in identifier and rest and _is_phone_taken(payload):
        # Shopify keeps phone numbers unique; families share them. The rest must not wait for it.
        return _set(client, identifier, rest)
    refuse(payload, "customer")
    made: Node = payload["customer"]
    return made


def _is_phone_taken(payload: Mapping[str, Any]) -> bool:
    errors = payload.get("userErrors") or []
    return bool(errors) and all(
        (error.get("field") or [""])[-1] == "phone" and error.get("code") == "TAKEN"
        for error in errors
    )


def _with_own_id(client: ShopClient, node: Node, key: str) -> Node:
    """The id in the point of sale, kept with the customer, so that people and apps can use it."""
    entry = {
        "ownerId": to_gid("Customer", str(node["legacyResourceId"])),
        "namespace": "clarity",
        "key": OWN_ID,
        "type": "single_line_text_field",
        "value": key,
    }
    refuse(client.run("MetafieldsSet", {"metafields": [entry]}).data["metafieldsSet"], "metafields")
    return {**node, "ownId": {"value": key}}
