"""Stock as Shopify keeps it, by inventory item: read when a level changed there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from integrations.connector_kit.base import Account
from integrations.connector_kit.payload import Payload
from integrations.connectors.shopify.client import ShopClient
from integrations.connectors.shopify.gid import to_gid
from integrations.connectors.shopify.polling import complete
from mappings.canonical.inventory import Level, Stock

READ_AT_ONCE = 50


def normalise(payload: Payload, account: Account) -> Stock:
    """An inventory item of a GraphQL answer as ours; items and locations go by their global ids."""
    rows = list(payload.child("inventoryLevels").rows("nodes"))
    moments = [payload.instant("updatedAt"), *(row.instant("updatedAt") for row in rows)]
    return Stock(
        key=payload.text("id"),
        updated_at=max(moments),
        sku=payload.maybe_text("sku") or "",
        tracks_stock=payload.flag("tracked"),
        levels=tuple(_level(row) for row in rows),
    )


def _level(row: Payload) -> Level:
    found = {part.text("name"): part.decimal("quantity") for part in row.rows("quantities")}
    units = Payload(found, row.path("quantities"))
    return Level(
        location=row.child("location").text("id"),
        on_hand=units.decimal("on_hand"),
        committed=units.decimal("committed"),
        available=units.decimal("available"),
    )


def read(client: ShopClient, keys: Sequence[str]) -> dict[str, Mapping[str, Any] | None]:
    """The stock of each inventory item as it is now, None for one that is gone."""
    found: dict[str, Mapping[str, Any] | None] = {}
    for start in range(0, len(keys), READ_AT_ONCE):
        some = keys[start : start + READ_AT_ONCE]
        ids = [to_gid("InventoryItem", key) for key in some]
        nodes = complete(client.run("StockRead", {"ids": ids}))["nodes"]
        found |= {key: node or None for key, node in zip(some, nodes, strict=True)}
    return found
