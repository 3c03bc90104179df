"""Stock of Heartland Retail: the ledger tells what moved, the values tell how much is left."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from integrations.connector_kit.base import Account, Client, Page
from integrations.connector_kit.payload import Payload
from integrations.connectors.heartland.client import HeartlandClient, Row, client_of, matching
from integrations.connectors.heartland.ledger import movements
from integrations.connectors.heartland.order_settings import CUSTOM, match_column
from integrations.connectors.heartland.reading import by_id, chunks
from mappings.canonical.inventory import Level, Stock

_VALUES = "/inventory/values"


def normalise(payload: Payload, account: Account) -> Stock:
    """Levels of one item at every location. Which of them count is a setting, used later."""
    item = payload.child("item")
    return Stock(
        key=item.text("id"),
        number=item.maybe_text("public_id") or "",
        sku=sku_of(item, account),
        tracks_stock=item.flag("track_inventory?", default=True),
        levels=tuple(_level(row) for row in payload.rows("levels")),
    )


def sku_of(item: Payload, account: Account) -> str:
    """What the article is called in the store: its item number, its barcode or a custom field.

    Raises Rejected when articles are matched by a custom field and none is named.
    """
    column = match_column(account)
    if not column.startswith(CUSTOM):
        return item.maybe_text(column) or ""
    custom = item.maybe_child("custom")
    return (custom.maybe_text(column.removeprefix(CUSTOM)) or "") if custom else ""


def _level(row: Payload) -> Level:
    """`qty_available` is what may be sold; tenants that lack it have `qty_on_hand`, older `qty`."""
    on_hand = row.maybe_decimal("qty_on_hand")
    if on_hand is None:
        on_hand = row.maybe_decimal("qty") or Decimal(0)
    available = row.maybe_decimal("qty_available")
    return Level(
        location=row.text("location_id"),
        on_hand=on_hand,
        committed=row.maybe_decimal("qty_committed") or Decimal(0),
        available=on_hand if available is None else available,
    )


def changes(client: Client, cursor: str, now: datetime) -> Page:
    """One thin notice for each item that moved since the cursor."""
    return movements(client_of(client), cursor, now)


def read(client: Client, keys: Sequence[str]) -> Mapping[str, Mapping[str, Any] | None]:
    """The item and its levels for each key; up to 100 items take two requests."""
    heartland = client_of(client)
    found = stock_of(heartland, by_id(heartland, "/items", keys))
    return {key: found.get(key) for key in keys}


def stock_of(client: HeartlandClient, items: Mapping[str, Row]) -> dict[str, Mapping[str, Any]]:
    """Each item, by its id, together with its levels."""
    levels: dict[str, list[Row]] = {}
    for chunk in chunks(list(items)):
        for row in _values(client, chunk):
            levels.setdefault(str(row["item_id"]), []).append(row)
    return {key: {"item": item, "levels": levels.get(key, [])} for key, item in items.items()}


# Heartland: without both groups the answer is one row with everything added up.
_GROUPS = (("group[]", "item_id"), ("group[]", "location_id"))


def _values(client: HeartlandClient, keys: Sequence[str]) -> list[Row]:
    wanted = {"item_id": {"$in": [int(key) for key in keys]}}
    return list(client.every(_VALUES, (*_GROUPS, matching(wanted))))


def values_between(client: HeartlandClient, first: int, last: int, *, size: int) -> Iterator[Row]:
    """The levels of all items whose ids lie between two, both included."""
    wanted = {"item_id": {"$gte": first, "$lte": last}}
    order = (("sort[]", "item_id"), ("sort[]", "location_id"))
    yield from client.every(_VALUES, (*_GROUPS, *order, matching(wanted)), size=size)
