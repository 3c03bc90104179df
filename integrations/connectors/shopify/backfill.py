"""Everything a shop holds, page after page: customers to carry, articles to link stock to.

Pages go by id through the search, since Shopify's cursors end after 25,000 objects.
Shopify: API limits; API search syntax.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from integrations.connector_kit.base import Extent, Listed, Listing, Notice, Page
from integrations.connectors.shopify.answers import TooCostly
from integrations.connectors.shopify.client import ShopClient
from integrations.connectors.shopify.own_fields import with_all
from integrations.connectors.shopify.polling import complete, version
from mappings.canonical.record import Entity

CUSTOMERS, ARTICLES, PRODUCTS = 100, 250, 100
NOT_TRACKED = "Shopify does not track the stock of this variant"


def count_customers(client: ShopClient) -> Extent:
    total = _count(client, "CustomersCount", "customersCount")
    return Extent(records=total, calls=max(1, -(-total // CUSTOMERS)))


def customer_pages(client: ShopClient, cursor: str) -> Page:
    """Whole customers."""
    found = after(client, "CustomersBackfill", "customers", cursor, CUSTOMERS)
    nodes = found["nodes"]
    notices = [
        Notice(
            entity=Entity.CUSTOMER,
            key=str(node["legacyResourceId"]),
            topic="backfill",
            version=version(node["updatedAt"]),
            payload=with_all(client, node),
        )
        for node in nodes
    ]
    return Page(notices, last(nodes, cursor), more=bool(found["pageInfo"]["hasNextPage"]))


def count_articles(client: ShopClient) -> Extent:
    """Variants, and the requests that listing them takes."""
    total = _count(client, "VariantsCount", "productVariantsCount")
    return Extent(records=total, calls=max(1, -(-total // ARTICLES)))


def product_pages(client: ShopClient, cursor: str) -> Page:
    """Whole variants."""
    found = after(client, "VariantsBackfill", "productVariants", cursor, PRODUCTS)
    nodes = found["nodes"]
    notices = [
        Notice(
            entity=Entity.PRODUCT,
            key=str(node["legacyResourceId"]),
            topic="backfill",
            version=version(node["updatedAt"]),
            payload=node,
        )
        for node in nodes
    ]
    return Page(notices, last(nodes, cursor), more=bool(found["pageInfo"]["hasNextPage"]))


def count_products(client: ShopClient) -> Extent:
    total = _count(client, "VariantsCount", "productVariantsCount")
    return Extent(records=total, calls=max(1, -(-total // PRODUCTS)))


def listing(client: ShopClient, cursor: str) -> Listing:
    """Every variant with a SKU, by the inventory item its stock is written to."""
    found = after(client, "ArticlesPage", "productVariants", cursor, ARTICLES)
    nodes = found["nodes"]
    more = bool(found["pageInfo"]["hasNextPage"])
    return Listing(
        rows=tuple(_listed(node) for node in nodes if node["sku"]),
        cursor=last(nodes, cursor) if more else "",
    )


def _listed(node: Mapping[str, Any]) -> Listed:
    item = node["inventoryItem"]
    return Listed(
        key=str(item["id"]),
        sku=str(node["sku"]),
        title=str(node["displayName"]),
        problem="" if item["tracked"] else NOT_TRACKED,
    )


def _count(client: ShopClient, operation: str, root: str) -> int:
    return int(complete(client.run(operation))[root]["count"])


def after(
    client: ShopClient, operation: str, root: str, cursor: str, size: int, **also: str
) -> Mapping[str, Any]:
    """The records with the next higher ids; fewer of them where Shopify finds the page too costly."""
    while True:
        first = client.page_sizes.get(operation, size)
        try:
            variables = {"q": f"id:>{cursor or 0}", "first": first, **also}
            found: Mapping[str, Any] = complete(client.run(operation, variables))[root]
        except TooCostly:
            if first == 1:
                raise
            client.page_sizes[operation] = first // 2
        else:
            return found


def last(nodes: Any, cursor: str) -> str:
    return str(nodes[-1]["legacyResourceId"]) if nodes else cursor
