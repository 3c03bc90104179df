"""Metafields people define in their shop: what there is, and their values on a customer.

Shopify: Metafield definitions; `custom` is the namespace of what people add in its admin pages.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from integrations.connector_kit.errors import NeedsOwner
from integrations.connector_kit.own_fields import FieldFound, Use
from integrations.connectors.shopify.client import ShopClient
from integrations.connectors.shopify.polling import complete
from integrations.connectors.shopify.product_fields import NAMESPACE, TEXT
from mappings.canonical.record import Entity

# The key of our own metafield on a customer, in our namespace.
OWN_ID = "customer_id"
_USUAL = "custom"

# Where rules for products put metafields, by what bears them.
_WRITTEN = {"PRODUCT": "metafields", "PRODUCTVARIANT": "variant_metafields"}


def fields(client: ShopClient) -> Sequence[FieldFound]:
    """Customers' metafields to read, and texts of products and variants to write.

    Kinds of record whose scope the app lacks are left out; `audit` says so.
    """
    found = [
        FieldFound(
            entity=Entity.CUSTOMER,
            path=f"custom.{name_of(row['namespace'], row['key'])}",
            title=row["name"],
            use=Use.READ,
            type=row["type"]["name"],
        )
        for row in _defined(client, "CUSTOMER")
    ]
    for owner, place in _WRITTEN.items():
        found += [
            FieldFound(
                entity=Entity.PRODUCT,
                path=f"{place}.{row['namespace']}.{row['key']}",
                title=row["name"],
                use=Use.WRITTEN,
                type=row["type"]["name"],
            )
            for row in _defined(client, owner)
            # Texts are what is written; Shopify refuses a text where something else is defined.
            if row["type"]["name"] == TEXT
        ]
    return found


def _defined(client: ShopClient, owner: str) -> Iterator[Mapping[str, Any]]:
    try:
        rows = list(client.rows("MetafieldsDefined", "metafieldDefinitions", {"owner": owner}))
    except NeedsOwner:
        return
    yield from (row for row in rows if row["namespace"] != NAMESPACE)


def name_of(namespace: str, key: str) -> str:
    """What the metafield is called among custom fields: "tier", or "loyalty:tier" where it is not in
    the usual namespace. Neither part of a name can hold a colon."""
    return key if namespace == _USUAL and key != OWN_ID else f"{namespace}:{key}"


def values(nodes: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The values on one record by name, without our own marks."""
    return {
        name_of(node["namespace"], node["key"]): str(node["value"])
        for node in nodes
        if node["namespace"] != NAMESPACE
    }


def with_all(client: ShopClient, customer: Mapping[str, Any]) -> Mapping[str, Any]:
    """The customer with the metafields that were not on the first page."""
    first = customer.get("metafields") or {"nodes": (), "pageInfo": {"hasNextPage": False}}
    nodes, page = list(first["nodes"]), first["pageInfo"]
    if not page["hasNextPage"]:
        return customer
    while page["hasNextPage"]:
        given = {"id": customer["id"], "after": page["endCursor"]}
        answer = complete(client.run("CustomerMetafields", given))["customer"]
        if answer is None:
            break
        nodes.extend(answer["metafields"]["nodes"])
        page = answer["metafields"]["pageInfo"]
    return {**customer, "metafields": {"nodes": nodes, "pageInfo": {"hasNextPage": False}}}
