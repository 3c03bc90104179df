"""Everything a shop holds is listed once, in pages it does not find too costly."""

from __future__ import annotations

from typing import Any

from integrations.connector_kit.base import Extent, Listed
from integrations.connectors.shopify import backfill
from integrations.connectors.shopify.tests.small_shop import client, small_shop


def _variant(key: int, sku: str, *, tracked: bool = True) -> dict[str, Any]:
    return {
        "legacyResourceId": str(key),
        "sku": sku,
        "displayName": f"Article {key}",
        "inventoryItem": {"id": f"gid://shopify/InventoryItem/{key + 100}", "tracked": tracked},
    }


def test_articles_are_listed_by_the_item_stock_is_written_to() -> None:
    nodes = [_variant(1, "A"), _variant(2, ""), _variant(3, "C", tracked=False)]
    answer = {"productVariants": {"nodes": nodes, "pageInfo": {"hasNextPage": True}}}
    with small_shop(ArticlesPage=answer) as shop:
        page = backfill.listing(client(shop), "")
    assert page.rows == (
        Listed("gid://shopify/InventoryItem/101", "A", "Article 1"),
        Listed(
            "gid://shopify/InventoryItem/103",
            "C",
            "Article 3",
            "Shopify does not track the stock of this variant",
        ),
    )
    assert page.cursor == "3"


def test_the_last_page_has_no_cursor() -> None:
    answer = {"productVariants": {"nodes": [_variant(9, "A")], "pageInfo": {"hasNextPage": False}}}
    with small_shop(ArticlesPage=answer) as shop:
        assert backfill.listing(client(shop), "8").cursor == ""


def test_an_empty_shop_has_one_empty_page() -> None:
    answer = {"customers": {"nodes": [], "pageInfo": {"hasNextPage": False}}}
    with small_shop(
        CustomersBackfill=answer, CustomersCount={"customersCount": {"count": 0}}
    ) as shop:
        found = client(shop)
        page = backfill.customer_pages(found, "")
        assert backfill.count_customers(found) == Extent(records=0, calls=1)
    assert (list(page.notices), page.more) == ([], False)
