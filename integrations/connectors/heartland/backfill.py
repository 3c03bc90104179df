"""Everything Heartland Retail holds of an entity, page after page, for a backfill.

Pages go by id: page numbers shift when rows change, ids do not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from integrations.connector_kit.base import Client, Extent, Notice, Page
from integrations.connectors.heartland.client import (
    PAGE,
    HeartlandClient,
    Row,
    client_of,
    matching,
    rows_of,
)
from integrations.connectors.heartland.inventory import values_between
from integrations.connectors.heartland.polling import version
from mappings.canonical.record import Entity

_ITEMS, _CUSTOMERS, _LOCATIONS = "/items", "/customers", "/locations"

# Rows a page. Heartland publishes no ceiling; others are known to use up to 1000.
ITEMS, LEVELS = 500, 1000


def count_stock(client: Client) -> Extent:
    """Articles, and the requests for them and their levels at every location."""
    heartland = client_of(client)
    items, places = _total(heartland, _ITEMS), _total(heartland, _LOCATIONS)
    level_pages = max(1, -(-ITEMS * places // LEVELS))
    return Extent(records=items, calls=_pages(items, ITEMS) * (1 + level_pages))


def stock_pages(client: Client, cursor: str) -> Page:
    """Articles with their levels. A level read earlier is worth less than a later notice."""
    heartland = client_of(client)
    items, more = after(heartland, _ITEMS, cursor, ITEMS)
    if not items:
        return Page((), cursor)
    first, last = int(items[0]["id"]), int(items[-1]["id"])
    levels: dict[str, list[Row]] = {}
    for row in values_between(heartland, first, last, size=LEVELS):
        levels.setdefault(str(row["item_id"]), []).append(row)
    notices = [
        _notice(Entity.INVENTORY, item, {"item": item, "levels": levels.get(str(item["id"]), [])})
        for item in items
    ]
    return Page(notices, str(last), more=more)


# Items that are read together, and what that takes: items, and the siblings of their grids.
_READ_TOGETHER, _READS = 50, 2


def count_products(client: Client) -> Extent:
    """Articles; each is read again with its grid. Images take a request more for each that has any."""
    total = _total(client_of(client), _ITEMS)
    return Extent(records=total, calls=_pages(total, PAGE) + _READS * _pages(total, _READ_TOGETHER))


def product_pages(client: Client, cursor: str) -> Page:
    """Thin notices: siblings and images are read later."""
    rows, more = after(client_of(client), _ITEMS, cursor, PAGE)
    notices = [_notice(Entity.PRODUCT, row, None, version(row)) for row in rows]
    return Page(notices, str(rows[-1]["id"]) if rows else cursor, more=more)


def count_customers(client: Client) -> Extent:
    """Customers; each is read again with the addresses, which lists do not show."""
    total = _total(client_of(client), _CUSTOMERS)
    return Extent(records=total, calls=2 * _pages(total, PAGE) + total)


def customer_pages(client: Client, cursor: str) -> Page:
    """Thin notices: the addresses are read later."""
    rows, more = after(client_of(client), _CUSTOMERS, cursor, PAGE)
    notices = [_notice(Entity.CUSTOMER, row, None, version(row)) for row in rows]
    return Page(notices, str(rows[-1]["id"]) if rows else cursor, more=more)


def _notice(entity: Entity, row: Row, payload: dict[str, Any] | None, changed: str = "") -> Notice:
    return Notice(
        entity=entity, key=str(row["id"]), topic="backfill", version=changed, payload=payload
    )


def after(client: HeartlandClient, path: str, cursor: str, size: int) -> tuple[Sequence[Row], bool]:
    """The rows with the next higher ids, and whether there are more."""
    params = (
        ("sort", "id"),
        ("per_page", str(size)),
        ("page", "1"),
        matching({"id": {"$gt": int(cursor or 0)}}),
    )
    body = client.get(path, params)
    rows = sorted(rows_of(body, path), key=lambda row: int(row["id"]))
    # Not by the size of the page: it may be cut below what was asked for.
    return rows, int(body.get("total") or 0) > len(rows)


def _total(client: HeartlandClient, path: str) -> int:
    body = client.get(path, (("page", "1"), ("per_page", "1")))
    return int(body.get("total") or 0)


def _pages(records: int, size: int) -> int:
    return max(1, -(-records // size))
