"""Sales against the official OpenAPI and beside the recorded order and invoice."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from integrations.connectors.magento.sandbox.tests.conftest import Account, criteria
from integrations.connectors.magento.sandbox.tests.test_sales import placed

Open = Callable[..., Account]

RECORDED = Path(__file__).parents[6] / "shared" / "data" / "magento"


def recorded(name: str) -> Any:
    source = RECORDED / name
    if not source.is_file():
        pytest.skip("needs the recorded data in shared/data beside the checkout")
    return json.loads(source.read_text())


@pytest.mark.parametrize("included", [False, True], ids=["plus tax", "with tax"])
def test_all_documents_of_all_kinds_of_orders_are_as_the_openapi_has_them(
    open_account: Open, included: bool
) -> None:
    shop = open_account(
        taxes_included=included, tax_shipping=True, edition="commerce", base_to_order_rate="1.25"
    )
    shop.control("POST", "/gift_cards", {"code": "GC-1", "amount": "12.00"})
    # The client holds each answer against the OpenAPI. "mixed" has a row of every kind.
    for kind in ("mixed", "virtual"):
        gift = {"gift_card": "GC-1"} if kind == "mixed" else {}
        order = placed(shop, kind=kind, paid=True, discount="SAVE15", lines=5, **gift)
        number = order["entity_id"]
        if not order["is_virtual"]:
            track = {"track_number": "1Z", "title": "UPS", "carrier_code": "ups"}
            made = shop.post(f"order/{number}/ship", {"tracks": [track], "notify": False})
            shop.get(f"shipment/{made}")
        shop.get(f"creditmemo/{shop.post(f'order/{number}/refund', {})}")
        shop.get(f"orders/{number}")
    for path in ("orders", "orders/items", "invoices", "shipments", "creditmemos", "transactions"):
        assert shop.get(path, criteria())["total_count"] > 0


def _paths(body: Any, at: str = "") -> Iterator[str]:
    """The names of all fields, with * for the place in a list."""
    if isinstance(body, Mapping):
        for name, value in body.items():
            yield f"{at}.{name}"
            yield from _paths(value, f"{at}.{name}")
    elif isinstance(body, list):
        for row in body:
            yield from _paths(row, f"{at}.*")


def test_an_order_has_every_field_of_the_recorded_one(account: Account) -> None:
    theirs = recorded("order-mixed-product-types.json")
    ours = placed(account, kind="mixed", paid=False, discount="SAVE15")
    assert set(_paths(theirs)) - set(_paths(ours)) == set()
    types = {(row["product_type"], "parent_item_id" in row) for row in ours["items"]}
    assert {("bundle", False), ("configurable", False), ("simple", True)} <= types
    for row in ours["items"]:
        if row["product_type"] == "configurable":
            child = next(r for r in ours["items"] if r.get("parent_item_id") == row["item_id"])
            assert (child["sku"], child["price"]) == (row["sku"], 0)


def test_an_invoice_has_every_field_of_the_recorded_one(account: Account) -> None:
    theirs = recorded("invoice-of-that-order.json")
    order = placed(account, kind="mixed", paid=True, discount=False)
    ours = account.get("invoices", criteria(("order_id", order["entity_id"], "eq")))["items"][0]
    assert set(_paths(theirs)) - set(_paths(ours)) == set()
    bundle = next(row for row in order["items"] if row["product_type"] == "bundle")
    line = next(row for row in ours["items"] if row["order_item_id"] == bundle["item_id"])
    assert ("price" in line, "row_total" in line) == (True, False)
    assert sum(row.get("row_total", 0) for row in ours["items"]) == ours["subtotal"]
