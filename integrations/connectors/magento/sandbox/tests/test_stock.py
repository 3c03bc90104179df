"""Stock: sources, reservations, whole batches that fail, and the one stock item of old."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from integrations.connectors.magento.sandbox.stock import OutOfStock, Source, Stock
from integrations.connectors.magento.sandbox.tests.conftest import Account, criteria

_SKU = "TEE-BLK-S"


def _row(sku: str, quantity: Any, source: str = "default", status: Any = 1) -> dict[str, Any]:
    return {"sku": sku, "source_code": source, "quantity": quantity, "status": status}


def _lying(account: Account, sku: str = _SKU) -> dict[str, Any]:
    rows = account.get("inventory/source-items", criteria(("sku", sku, "eq")))["items"]
    return {row["source_code"]: (row["quantity"], row["status"]) for row in rows}


def _salable(account: Account, sku: str = _SKU, stock: int = 1) -> Any:
    return account.get(f"inventory/get-product-salable-quantity/{sku}/{stock}")


def _stock(*, uses_msi: bool = True) -> Stock:
    made = Stock(uses_msi=uses_msi)
    made.sources["default"] = Source("default", "Default")
    made.put("A", "default", Decimal(5))
    return made


def test_an_order_reserves_and_a_shipment_makes_it_good() -> None:
    stock = _stock()
    stock.reserve("A", Decimal(2), 1)
    assert (stock.on_hand("A"), stock.salable("A")) == (5, 3)
    stock.deduct("A", Decimal(2), "default", 1)
    assert (stock.on_hand("A"), stock.salable("A"), stock.reserved("A")) == (3, 3, 0)
    stock.reserve("A", Decimal(3), 2)
    with pytest.raises(OutOfStock):
        stock.reserve("A", Decimal(1), 3)
    stock.release("A", Decimal(3), 2)
    assert stock.salable("A") == 3
    stock.put_back("A", Decimal(1))
    assert (stock.on_hand("A"), stock.salable("A")) == (4, 4)


def test_without_sources_an_order_takes_at_once() -> None:
    stock = _stock(uses_msi=False)
    stock.reserve("A", Decimal(2), 1)
    assert (stock.on_hand("A"), stock.salable("A")) == (3, 3)
    stock.deduct("A", Decimal(2), "default", 1)
    assert stock.on_hand("A") == 3
    stock.release("A", Decimal(2), 1)
    assert stock.on_hand("A") == 5


def test_pushing_what_lies_there_takes_a_reserved_unit_twice() -> None:
    stock = _stock()
    stock.reserve("A", Decimal(1), 1)
    stock.put("A", "default", Decimal(4))
    assert stock.salable("A") == 3


def test_source_items_are_set_and_shown(account: Account) -> None:
    known = account.get("products", criteria(("sku", "MUG-%", "like")))["items"][0]["sku"]
    body = {"sourceItems": [_row(_SKU, 7.5), _row(known, 0, status=0)]}
    assert account.post("inventory/source-items", body) == []
    assert _lying(account) == {"default": (Decimal("7.5"), 1)}
    assert _lying(account, known) == {"default": (0, 0)}
    assert _salable(account) == Decimal("7.5")
    assert account.get(f"stockItems/{_SKU}")["qty"] == Decimal("7.5")


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ({"sku": _SKU, "source_code": "default", "quantity": 1}, '"status" should be numeric.'),
        ({"sku": _SKU, "source_code": "default", "status": 1}, '"quantity" should be numeric.'),
        (_row("", 1), '"sku" can not be empty.'),
        (_row(" A", 1), '"sku" can not contain leading or trailing spaces.'),
        (_row(_SKU, "many"), '"quantity" should be numeric.'),
        (_row(_SKU, 1, "nowhere"), "Could not save Source Item"),
        (_row("NO-SUCH", 1), "Could not save Source Item"),
        (_row("TEE", 1), "Could not save Source Item"),
    ],
)
def test_one_bad_row_fails_the_whole_batch(
    account: Account, bad: dict[str, Any], said: str
) -> None:
    before = _lying(account)
    reply = account.refused("POST", "inventory/source-items", {"sourceItems": [_row(_SKU, 1), bad]})
    assert reply.status == 400
    assert said in reply.json["message"]
    assert _lying(account) == before


def test_several_bad_rows_are_listed(account: Account) -> None:
    rows = [_row("", 1), _row(_SKU, None)]
    reply = account.refused("POST", "inventory/source-items", {"sourceItems": rows})
    assert reply.json["message"] == "Validation Failed"
    assert [entry["parameters"]["field"] for entry in reply.json["errors"]] == ["sku", "quantity"]


def test_a_website_sells_from_all_its_sources(open_account: Callable[..., Account]) -> None:
    account = open_account(locations=2)
    group = account.get("inventory/stock-resolver/website/base")
    assert group["stock_id"] == 2
    assert [
        row["source_code"] for row in account.get("inventory/sources", criteria())["items"]
    ] == [
        "default",
        "source_2",
    ]
    rows = [_row(_SKU, 3), _row(_SKU, 4, "source_2")]
    account.post("inventory/source-items", {"sourceItems": rows})
    assert _salable(account, stock=2) == 7
    assert _salable(account, stock=1) == 3
    shown = account.get("inventory/export-stock-salable-qty/website/base", criteria())
    assert {row["sku"]: row["qty"] for row in shown["items"]}[_SKU] == 7
    moved = {
        "originSourceCode": "source_2",
        "destinationSourceCode": "default",
        "items": [{"sku": _SKU, "qty": 4}],
    }
    account.post("inventory/bulk-partial-source-transfer", moved)
    assert _lying(account) == {"default": (7, 1), "source_2": (0, 0)}
    gone = {"sourceItems": [{"sku": _SKU, "source_code": "source_2"}]}
    account.post("inventory/source-items-delete", gone)
    assert set(_lying(account)) == {"default"}
    links = account.get("inventory/stock-source-links", criteria(("stock_id", 2, "eq")))
    assert links["total_count"] == 2


def test_sources_are_added_and_changed(account: Account) -> None:
    source = {"source_code": "east", "name": "East", "postcode": "10001", "country_id": "US"}
    account.post("inventory/sources", {"source": {**source, "enabled": True}})
    account.put("inventory/sources/east", {"source": {**source, "enabled": False}})
    assert account.get("inventory/sources/east")["enabled"] is False
    reply = account.refused("POST", "inventory/sources", {"source": {"source_code": "west"}})
    assert reply.json["message"] == "Validation Failed"
    assert account.refused("GET", "inventory/sources/nowhere").status == 404


def test_salable_is_told_in_several_ways(account: Account) -> None:
    assert account.get(f"inventory/is-product-salable/{_SKU}/1") is True
    reply = account.rest(
        "GET", "V1/inventory/are-products-salable", query=[("skus[0]", _SKU), ("stockId", 1)]
    )
    assert reply.json == [{"sku": _SKU, "stock_id": 1, "salable": True}]
    assert len(account.get("inventory/dump-stock-index-data/website/base")) == 24
    assert account.refused("GET", "inventory/get-product-salable-quantity/TEE/1").status == 400
    assert account.refused("GET", "inventory/stock-resolver/website/no").status == 404


def test_the_stock_item_of_old_follows_and_leads(open_account: Callable[..., Account]) -> None:
    for msi in (True, False):
        account = open_account(msi=msi)
        reply = account.rest(
            "PUT",
            f"V1/products/{_SKU}/stockItems/1",
            {"stockItem": {"qty": 12, "is_in_stock": True}},
        )
        assert reply.status == 200
        shown = account.get(f"stockItems/{_SKU}")
        assert (shown["qty"], shown["is_in_stock"]) == (12, True)
        found = account.rest("GET", "V1/inventory/source-items", query=criteria())
        assert found.status == (200 if msi else 404)
        assert ("Magento_InventoryApi" in account.get("modules")) is msi


def test_the_admin_sets_what_may_be_sold(account: Account) -> None:
    account.control("POST", "/stock", {"sku": _SKU, "available": 3})
    assert _salable(account) == 3
    assert account.control("POST", "/stock", {"sku": "NO-SUCH", "available": 1}).status == 404
