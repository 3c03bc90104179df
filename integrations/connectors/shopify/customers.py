"""Customers out of Shopify; `customer_writing` writes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from integrations.connector_kit.base import (
    Account,
    Notice,
    Page,
)
from integrations.connector_kit.payload import Payload
from integrations.connectors.shopify import addresses, own_fields
from integrations.connectors.shopify.client import ShopClient
from integrations.connectors.shopify.gid import to_gid
from integrations.connectors.shopify.order_shape import address, is_graphql
from integrations.connectors.shopify.orders import split_tags
from integrations.connectors.shopify.own_fields import OWN_ID
from integrations.connectors.shopify.polling import changed, complete, version
from mappings.canonical.customer import Customer
from mappings.canonical.record import Entity

READ_AT_ONCE = 50


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
        custom=_custom(payload),
    )


def _custom(payload: Payload) -> dict[str, str]:
    """Metafields of people and apps, and ours: the id of the customer in the point of sale."""
    own = payload.maybe_child("own_id")
    value = own.maybe_text("value") if own else None
    found = own_fields.values(payload.raw().get("metafields") or ())
    return found | ({OWN_ID: value} if value else {})


def _webhook_words(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": raw["legacyResourceId"],
        "updated_at": raw.get("updatedAt"),
        "email": email_of(raw),
        "phone": phone_of(raw),
        "first_name": raw.get("firstName"),
        "last_name": raw.get("lastName"),
        "tags": ", ".join(raw.get("tags") or []),
        "note": raw.get("note"),
        "addresses": [address(row) for row in addresses_of(raw)],
        "own_id": raw.get("ownId"),
        "metafields": (raw.get("metafields") or {}).get("nodes"),
    }


def addresses_of(raw: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Their addresses, the default one first."""
    default = (raw.get("defaultAddress") or {}).get("id")
    rows = (raw.get("addressesV2") or {}).get("nodes") or []
    return sorted(rows, key=lambda row: row.get("id") != default)


def email_of(raw: Mapping[str, Any]) -> str | None:
    return (raw.get("defaultEmailAddress") or {}).get("emailAddress")


def phone_of(raw: Mapping[str, Any]) -> str | None:
    return (raw.get("defaultPhoneNumber") or {}).get("phoneNumber")


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
        for key, node in zip(some, nodes, strict=True):
            found[key] = own_fields.with_all(client, node) if node else None
    return found
