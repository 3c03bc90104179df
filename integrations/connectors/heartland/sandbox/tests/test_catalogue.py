"""The goods are those of the shared catalogue, so that a shop of the same seed agrees."""

from __future__ import annotations

from typing import Any

from integrations.connector_kit.sandbox.catalogue import catalogue
from integrations.connectors.heartland.sandbox.seeding import SERVICES


def test_goods_prices_and_opening_stock_match_the_shared_catalogue(make: Any) -> None:
    shop = make(seed="11", size=9)
    articles = catalogue(seed="11", size=9, locations=2)
    items = shop.get("/api/items", ("track_inventory", "true"))["results"]
    assert [(row["public_id"], row["primary_barcode"], row["price"]) for row in items] == [
        (one.sku, one.barcode, one.price) for one in articles
    ]
    for one in articles:
        assert tuple(row[0] for row in shop.stock(one.sku).values()) == one.opening_stock
    services = shop.get("/api/items", ("track_inventory", "false"))["results"]
    assert [row["public_id"] for row in services] == [sku for sku, _ in SERVICES]
    assert shop.stock(SERVICES[0][0]) == {}
