"""Every article that has stock of its own, with the units the shop offers.

Pages go by id, which changes do not disturb.
"""

from __future__ import annotations

from decimal import Decimal

from integrations.connector_kit.base import Counted, Extent, Listed, Listing, Survey
from integrations.connectors.magento.client import Results, StoreClient
from integrations.connectors.magento.criteria import Criteria, where
from integrations.connectors.magento.inventory_items import COMPOSITES
from integrations.connectors.magento.stock import NOT_TRACKED, Offered, offered

ARTICLES = 100
_FIELDS = "items[id,sku,name,type_id],total_count"


def survey(client: StoreClient, cursor: str) -> Survey:
    """One page of articles. Three calls, one more for each article where there are no sources."""
    found = page(client, cursor)
    skus = [str(row["sku"]) for row in found.items if row.get("sku")]
    units = offered(client, skus)
    rows = []
    for row in found.items:
        sku = str(row.get("sku") or "")
        if not sku:
            continue
        there = units.get(sku, Offered())
        rows.append(
            Counted(
                sku=sku,
                title=str(row.get("name") or sku),
                available=sum(there.at.values(), Decimal(0)),
                key=sku,
                at=there.at,
                problem="" if there.is_tracked else NOT_TRACKED,
            )
        )
    return Survey(tuple(rows), following(found))


def listing(client: StoreClient, cursor: str) -> Listing:
    """One page of articles, by the SKU their stock is written with."""
    found = page(client, cursor)
    return Listing(
        tuple(
            Listed(str(row["sku"]), str(row["sku"]), str(row.get("name") or row["sku"]))
            for row in found.items
            if row.get("sku")
        ),
        following(found),
    )


def count(client: StoreClient) -> Extent:
    """Articles, and the calls that listing them takes."""
    total = client.search("products", _criteria("", size=1), store="all").total
    size = min(ARTICLES, client.page_limit)
    return Extent(records=total, calls=max(1, -(-total // size)))


def page(client: StoreClient, cursor: str, *, fields: str = _FIELDS) -> Results:
    """The articles with the next higher ids; products that are put together of others are left out."""
    return client.search("products", _criteria(cursor, size=ARTICLES, fields=fields), store="all")


def following(found: Results) -> str:
    """Where the next page begins, "" when this was the last."""
    return str(found.items[-1]["id"]) if found.more else ""


def _criteria(cursor: str, *, size: int, fields: str = "") -> Criteria:
    filters = [where("type_id", ",".join(sorted(COMPOSITES)), "nin")]
    if cursor:
        filters.append(where("entity_id", cursor, "gt"))
    return Criteria(filters, sort=(("entity_id", "ASC"),), size=size, fields=fields)
