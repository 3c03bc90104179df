"""Every variant with the units Shopify offers at the connection's location."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from integrations.connector_kit.base import Counted, Survey
from integrations.connector_kit.errors import Rejected
from integrations.connectors.shopify.client import ShopClient
from integrations.connectors.shopify.gid import to_gid
from integrations.connectors.shopify.polling import complete


def survey(client: ShopClient, cursor: str) -> Survey:
    """One page of variants; those without SKU or without counted stock are left out.

    Raises Rejected while no location is chosen.
    """
    location = client.account.setting("location_id")
    if not location:
        raise Rejected(
            "No Shopify location is chosen",
            field="location_id",
            advice="Choose the location in the settings of the Shopify connection.",
        )
    variables = {"location": to_gid("Location", location), "after": cursor or None}
    variants = complete(client.run("StockSurvey", variables))["productVariants"]
    page = variants["pageInfo"]
    return Survey(
        rows=tuple(_counted(node) for node in variants["nodes"] if _counts(node)),
        cursor=str(page["endCursor"]) if page["hasNextPage"] else "",
    )


def _counts(node: Mapping[str, Any]) -> bool:
    return bool(node["sku"]) and bool(node["inventoryItem"]["tracked"])


def _counted(node: Mapping[str, Any]) -> Counted:
    level = node["inventoryItem"]["inventoryLevel"] or {}
    units = sum(
        (Decimal(str(row["quantity"])) for row in level.get("quantities") or ()), Decimal(0)
    )
    return Counted(sku=str(node["sku"]), title=str(node["displayName"]), available=units)
