"""Stock of the unified API: one row for each SKU and location."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from integrations.connector_kit.base import Account, Client, Counted, Notice, Page, Survey
from integrations.connector_kit.payload import Payload
from integrations.connectors.heartland.client import HeartlandClient, Row, client_of, rows_of
from integrations.connectors.heartland.survey import counted
from integrations.connectors.heartland.unified_v1.polling import LIMIT, changed
from mappings.canonical.inventory import Level, Stock
from mappings.canonical.record import Entity

_INVENTORY = "/v1/inventory"


def normalise(payload: Payload, account: Account) -> Stock:
    """Levels of one SKU at every location."""
    return Stock(
        key=payload.text("SKU"),
        number=payload.text("SKU"),
        sku=payload.text("SKU"),
        levels=tuple(
            Level(
                location=row.text("LocationID"),
                on_hand=row.decimal("OnHand"),
                committed=row.maybe_decimal("Committed") or Decimal(0),
                available=row.decimal("Available"),
            )
            for row in payload.rows("Levels")
        ),
    )


def changes(client: Client, cursor: str, now: datetime) -> Page:
    """One thin notice for each SKU whose stock changed since the cursor."""
    page = changed(client_of(client), _INVENTORY, cursor, now, name=_name, make=_notice)
    each = {notice.key: notice for notice in page.notices}
    return Page(tuple(each.values()), page.cursor, page.more)


def read(client: Client, keys: Sequence[str]) -> Mapping[str, Mapping[str, Any] | None]:
    """The levels of each SKU, None for a SKU that does not exist."""
    heartland = client_of(client)
    return {key: _record(heartland, key) for key in keys}


def _record(client: HeartlandClient, sku: str) -> Mapping[str, Any] | None:
    rows = client.page(_INVENTORY, (("SKU", sku), ("limit", str(LIMIT))))
    if not rows and client.find(f"/v1/products/{quote(sku, safe='')}") is None:
        return None
    return {"SKU": sku, "Levels": list(rows)}


def _name(row: Row) -> str:
    return f"{row['SKU']}@{row['LocationID']}"


def _notice(row: Row) -> Notice:
    return Notice(
        entity=Entity.INVENTORY,
        key=str(row["SKU"]),
        topic="inventory.updated",
        event=f"{_name(row)}@{row['UpdatedAt']}",
    )


def survey(client: Client, cursor: str) -> Survey:
    """Every SKU with its levels, in one piece: the rows of a SKU may lie on different pages."""
    heartland = client_of(client)
    rows: dict[str, list[Row]] = {}
    following = cursor
    while True:
        params = [("limit", str(LIMIT))] + ([("cursor", following)] if following else [])
        body = heartland.get(_INVENTORY, params)
        for row in rows_of(body, _INVENTORY):
            rows.setdefault(str(row["SKU"]), []).append(row)
        following = str(body.get("NextCursor") or "")
        if not following:
            break
    return Survey(tuple(_counted(heartland, sku, levels) for sku, levels in rows.items()))


def _counted(client: HeartlandClient, sku: str, levels: list[Row]) -> Counted:
    stock = normalise(Payload({"SKU": sku, "Levels": levels}), client.account)
    return counted(stock, sku, client.account)
