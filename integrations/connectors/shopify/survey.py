"""Every variant with the units Shopify offers, at the locations the connection writes to."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from integrations.connector_kit.base import Counted, Survey
from integrations.connector_kit.errors import Rejected
from integrations.connectors.shopify.backfill import ARTICLES, NOT_TRACKED, after, last
from integrations.connectors.shopify.client import ShopClient
from integrations.connectors.shopify.gid import to_gid

ZERO = Decimal(0)


def survey(client: ShopClient, cursor: str) -> Survey:
    """One page of variants by id; those without SKU are left out, untracked ones have a problem.

    Raises Rejected while no location is chosen.
    """
    operation, variables = "StockSurveyPlaces", {}
    if not client.account.setting("location_map"):
        operation, variables = "StockSurvey", {"location": _location(client)}
    found = after(client, operation, "productVariants", cursor, ARTICLES, **variables)
    nodes = found["nodes"]
    return Survey(
        rows=tuple(_counted(node) for node in nodes if node["sku"]),
        cursor=last(nodes, cursor) if found["pageInfo"]["hasNextPage"] else "",
    )


def _location(client: ShopClient) -> str:
    location = client.account.setting("location_id")
    if not location:
        raise Rejected(
            "No Shopify location is chosen",
            field="location_id",
            advice="Choose the location in the settings of the Shopify connection.",
        )
    return to_gid("Location", location)


def _counted(node: Mapping[str, Any]) -> Counted:
    item = node["inventoryItem"]
    levels = (item.get("inventoryLevels") or {}).get("nodes") or [item.get("inventoryLevel")]
    units = {_place(level): _available(level) for level in levels if level}
    return Counted(
        sku=str(node["sku"]),
        title=str(node["displayName"]),
        available=sum(units.values(), ZERO),
        key=str(item["id"]),
        at=units,
        problem="" if item["tracked"] else NOT_TRACKED,
    )


def _place(level: Mapping[str, Any]) -> str:
    """The number of the location, as settings name it."""
    return str(level["location"]["id"]).rpartition("/")[2]


def _available(level: Mapping[str, Any]) -> Decimal:
    return sum((Decimal(str(row["quantity"])) for row in level["quantities"]), ZERO)
