"""Every article of Heartland Retail with the units that may be sold."""

from __future__ import annotations

from decimal import Decimal

from integrations.connector_kit.base import Client, Counted, Survey
from integrations.connector_kit.payload import Payload
from integrations.connectors.heartland.client import PAGE, client_of, matching
from integrations.connectors.heartland.inventory import normalise, stock_of


def survey(client: Client, cursor: str) -> Survey:
    """One page of items, in the order of their ids; the cursor is the last id of the page before.

    Page numbers shift when rows change, ids do not.
    """
    heartland = client_of(client)
    params = (
        ("sort", "id"),
        ("per_page", str(PAGE)),
        ("page", "1"),
        matching({"id": {"$gt": int(cursor or 0)}}),
    )
    items = {str(row["id"]): row for row in heartland.page("/items", params)}
    counting = frozenset(
        word.strip()
        for word in heartland.account.setting("stock_locations").split(",")
        if word.strip()
    )
    rows = []
    for key, raw in stock_of(heartland, items).items():
        stock = normalise(Payload(raw), heartland.account)
        if not stock.tracks_stock or not stock.sku:
            continue
        units = sum(
            (
                level.available
                for level in stock.levels
                if not counting or level.location in counting
            ),
            Decimal(0),
        )
        title = str(items[key].get("description") or stock.sku)
        rows.append(Counted(sku=stock.sku, title=title, available=units))
    return Survey(rows=tuple(rows), cursor=list(items)[-1] if len(items) == PAGE else "")
