"""Articles of the store, linked to products of the unified API: there the SKU is the key."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from integrations.connector_kit.base import Client, Outgoing, Result
from integrations.connectors.heartland.article_links import answer
from integrations.connectors.heartland.client import client_of


def write_many(client: Client, batch: Sequence[Outgoing]) -> list[Result]:
    """The product of each article, in order; one request for each that has no link."""
    heartland = client_of(client)
    results = []
    for one in batch:
        sku = str(one.fields.get("sku") or "")
        there = None
        if sku and not one.linked_id:
            there = heartland.find(f"/v1/products/{quote(sku, safe='')}")
        results.append(answer(one, [str(there["SKU"])] if there else []))
    return results
