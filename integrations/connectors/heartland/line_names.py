"""What the store calls the articles on lines that Heartland made."""

from __future__ import annotations

from collections.abc import Sequence

from integrations.connector_kit.payload import Payload
from integrations.connectors.heartland.client import HeartlandClient, Row
from integrations.connectors.heartland.inventory import sku_of
from integrations.connectors.heartland.order_settings import match_column
from integrations.connectors.heartland.reading import by_id

NUMBER = "public_id"
_NAME = "store_sku"


def with_names(client: HeartlandClient, lines: Sequence[Row]) -> list[Row]:
    """The lines with the SKU of the store. Lines name the item number alone, so where another
    column holds the SKU their items are read."""
    if match_column(client.account) == NUMBER:
        return list(lines)
    ids = dict.fromkeys(str(row["item_id"]) for row in lines if row.get("item_id"))
    items = by_id(client, "/items", list(ids))
    names = {key: sku_of(Payload(item), client.account) for key, item in items.items()}
    return [{**row, _NAME: names.get(str(row.get("item_id")), "")} for row in lines]


def name_of(line: Payload) -> str:
    """The SKU of the store, else the item number."""
    return line.maybe_text(_NAME) or line.maybe_text("item_public_id") or ""
