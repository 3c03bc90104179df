"""Metafields of any owner."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from integrations.connectors.shopify.sandbox import clock
from integrations.connectors.shopify.sandbox.graph.call import Call
from integrations.connectors.shopify.sandbox.graph.paging import Rows, View
from integrations.connectors.shopify.sandbox.identifiers import gid
from integrations.connectors.shopify.sandbox.registrations import Metafield
from integrations.connectors.shopify.sandbox.shop import Shop

OWNER_TYPES = {
    "Order": "ORDER",
    "Customer": "CUSTOMER",
    "Product": "PRODUCT",
    "ProductVariant": "PRODUCTVARIANT",
}


def full_namespace(shop: Shop, namespace: str | None) -> str:
    """The namespace as stored: none or "$app" is the app's own."""
    own = f"app--{shop.app_id}"
    if namespace is None or namespace == "$app":
        return own
    return f"{own}--{namespace[5:]}" if namespace.startswith("$app:") else namespace


def compare_digest(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()


def _json_value(entry: Metafield) -> Any:
    if entry.type == "json" or entry.type.startswith(("list.", "number_integer", "boolean")):
        try:
            return json.loads(entry.value)
        except ValueError:
            return entry.value
    return entry.value


def view(entry: Metafield) -> View:
    kind = entry.owner.split("/")[3]
    return {
        "__typename": "Metafield",
        "id": gid("Metafield", entry.id),
        "legacyResourceId": str(entry.id),
        "namespace": entry.namespace,
        "key": entry.key,
        "type": entry.type,
        "value": entry.value,
        "jsonValue": _json_value(entry),
        "compareDigest": compare_digest(entry.value),
        "createdAt": clock.utc(entry.created_at),
        "updatedAt": clock.utc(entry.updated_at),
        "ownerType": OWNER_TYPES[kind],
        "owner": {"__typename": kind, "id": entry.owner, **fields(entry.owner)},
    }


def fields(owner: str) -> View:
    """The fields `metafield` and `metafields` of an owner."""

    def one(call: Call, key: str, namespace: str | None = None) -> View | None:
        stored = call.shop.metafields.get(owner, {})
        found = stored.get((full_namespace(call.shop, namespace), key))
        return view(found) if found is not None else None

    def many(call: Call, namespace: str | None = None, keys: list[str] | None = None) -> Rows:
        stored = call.shop.metafields.get(owner, {}).values()
        space = full_namespace(call.shop, namespace) if namespace is not None else None
        chosen = [
            entry
            for entry in stored
            if (space is None or entry.namespace == space)
            and (keys is None or entry.key in keys or f"{entry.namespace}.{entry.key}" in keys)
        ]
        return Rows(sorted(chosen, key=lambda entry: entry.id), view)

    return {"metafield": one, "metafields": many}
