"""Products: thin notices per variant, reading, and the search by SKU."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from integrations.connector_kit.errors import Rejected
from integrations.connector_kit.numbers import decode
from integrations.connector_kit.payload import Payload
from integrations.connectors.shopify import products, stock
from integrations.connectors.shopify.tests.small_shop import account, client, small_shop

NOW = datetime(2026, 10, 5, 12, 0, tzinfo=UTC)
LAST = {"hasNextPage": False, "endCursor": None}


def _row(key: int, sku: str) -> dict[str, Any]:
    item = {"id": f"gid://shopify/InventoryItem/{key}", "tracked": True}
    return {"legacyResourceId": str(key), "sku": sku, "inventoryItem": item}


def test_each_variant_of_a_changed_product_is_a_notice() -> None:
    product = {
        "id": "gid://shopify/Product/1",
        "updatedAt": "2026-10-05T11:00:00Z",
        "variants": {
            "nodes": [{"legacyResourceId": "11"}],
            "pageInfo": {"hasNextPage": True, "endCursor": "v1"},
        },
    }
    more = {"nodes": [{"legacyResourceId": "12"}], "pageInfo": LAST}
    with small_shop(
        ProductsPage={"products": {"nodes": [product], "pageInfo": LAST}},
        ProductVariants={"product": {"variants": more}},
    ) as shop:
        page = products.changes(client(shop), json.dumps({"from": "2026-10-05T10:00:00Z"}), NOW)
    assert [(n.key, n.payload, n.version) for n in page.notices] == [
        ("11", None, "2026-10-05T11:00:00.000000+00:00"),
        ("12", None, "2026-10-05T11:00:00.000000+00:00"),
    ]


def test_skus_are_asked_fifty_at_a_time_and_compared_letter_by_letter() -> None:
    def answer(given: dict[str, Any]) -> dict[str, Any]:
        asked = re.findall(r"sku:'((?:[^'\\]|\\.)*)'", given["q"])
        nodes = [_row(7, "sku-0"), _row(8, "SKU"), _row(9, "SKU-1"), _row(10, "SKU-1")]
        assert len(asked) <= 50
        return {"productVariants": {"nodes": nodes, "pageInfo": LAST}}

    skus = [f"SKU-{n}" for n in range(60)] + ["SKU-0"]
    with small_shop(VariantsBySku=answer) as shop:
        found = products.by_sku(client(shop), skus)
    assert len(shop.calls) == 2
    assert found["SKU-0"] == []
    assert [variant.key for variant in found["SKU-1"]] == ["9", "10"]
    assert len(found) == 60


def test_quotes_in_a_sku_do_not_break_the_search() -> None:
    empty = {"productVariants": {"nodes": [], "pageInfo": LAST}}
    with small_shop(VariantsBySku=empty) as shop:
        products.by_sku(client(shop), ["5' OR title:x", "a\\b"])
    assert shop.sent("VariantsBySku")[0]["q"] == r"sku:'5\' OR title:x' OR sku:'a\\b'"


def test_reads_answer_in_the_order_of_the_keys() -> None:
    with small_shop(
        VariantsRead={"nodes": [None, {"sku": "A"}]}, StockRead={"nodes": [None]}
    ) as shop:
        opened = client(shop)
        assert products.read(opened, ["1", "2"]) == {"1": None, "2": {"sku": "A"}}
        gid = "gid://shopify/InventoryItem/5"
        assert stock.read(opened, [gid]) == {gid: None}
    assert shop.sent("StockRead") == [{"ids": [gid]}]


def test_a_variant_that_shares_its_sku_is_held() -> None:
    file = Path(__file__).parents[1] / "fixtures/products__variant.json"
    raw = decode(file.read_bytes())
    raw["inventoryItem"]["duplicateSkuCount"] = 1
    with pytest.raises(Rejected, match="2 Shopify variants have the SKU TEE-BLK-M"):
        products.normalise(Payload(raw), account())
    raw["sku"] = ""
    assert products.normalise(Payload(raw), account()).sku == ""
