"""The order saga of the retail flavour, end to end, with stock and totals."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

ADDRESS = {
    "first_name": "Test",
    "last_name": "Buyer",
    "line_1": "12 Elm St",
    "line_2": "Apt 3",
    "city": "Austin",
    "state": "TX",
    "postal_code": "78701",
    "country": "US",
}


def _skus(shop: Any) -> list[str]:
    return [row["public_id"] for row in shop.get("/api/items")["results"][:2]]


def _customer(shop: Any) -> tuple[int, int]:
    customer = shop.post(
        "/api/customers",
        {"first_name": "Test", "last_name": "Buyer", "email": "buyer@example.com"},
    )
    join = shop.post(f"/api/customers/{customer}/addresses", ADDRESS)
    address = shop.get(f"/api/customers/{customer}/addresses/{join}")
    assert address["id"] == join
    assert address["address_id"] != join
    return customer, address["address_id"]


def _order(shop: Any, skus: list[str], public_id: str = "S-1001", **more: Any) -> int:
    customer, address = _customer(shop)
    order = shop.post(
        "/api/sales/orders",
        {
            "public_id": public_id,
            "customer_id": customer,
            "station_id": shop.settings["station_id"],
            "source_location_id": shop.settings["location_id"],
            "shipping_address_id": address,
            "billing_address_id": address,
            "shipping_charge": 4.95,
            "custom": {"external_order_id": "5550001"},
            **more,
        },
    )
    lines = f"/api/sales/orders/{order}/lines"
    for sku, qty, price in ((skus[0], 2, 45.0), (skus[1], 1, 15.99)):
        line = shop.post(lines, {"item_lookup": sku, "qty": qty, "adjusted_unit_price": price})
        shop.put(f"{lines}/{line}", {"ship_from_location_id": shop.settings["location_id"]})
    return order


def _pay(shop: Any, order: int, amount: float) -> int:
    return shop.post(
        f"/api/sales/orders/{order}/payments",
        {
            "type": "ExternalPayment",
            "amount": amount,
            "deposit": True,
            "payment_type_id": shop.settings["payment_type_id"],
        },
    )


def _invoice(shop: Any, order: int) -> int:
    return shop.post(
        "/api/sales/invoices",
        {
            "type": "Invoice",
            "order_id": order,
            "station_id": shop.settings["station_id"],
            "source_location_id": shop.settings["location_id"],
        },
    )


def test_the_whole_saga_to_the_cent(make: Any) -> None:
    shop = make(tax_rate="0.0825")
    skus = _skus(shop)
    place = shop.settings["location_id"]
    before = {sku: shop.stock(sku)[place][0] for sku in skus}
    movements = len(shop.ledger())

    order = _order(shop, skus)
    path = f"/api/sales/orders/{order}"
    # 2 x 45.00 + 15.99 = 105.99; tax 7.43 (7.425) + 1.32 (1.319) = 8.75; shipping 4.95.
    read = shop.get(path, ("_include[]", "subtotal"), ("_include[]", "tax_total"))
    assert (read["subtotal"], read["tax_total"]) == (Decimal("105.99"), Decimal("8.75"))
    assert (read["total"], read["balance"]) == (Decimal("119.69"), Decimal("119.69"))
    assert read["status"] == "pending"
    assert shop.stock(skus[0])[place] == (before[skus[0]], 0, before[skus[0]])

    _pay(shop, order, 119.69)
    shop.put(path, {"status": "open"})
    read = shop.get(path)
    assert (read["status"], read["total_paid"], read["balance"]) == ("open", Decimal("119.69"), 0)
    assert shop.stock(skus[0])[place] == (before[skus[0]], 2, before[skus[0]] - 2)
    assert len(shop.ledger()) == movements

    invoice = _invoice(shop, order)
    copied = shop.get(f"/api/sales/invoices/{invoice}", ("_include[]", "lines"))
    assert [(line["item_public_id"], line["qty"]) for line in copied["lines"]] == [
        (skus[0], 2),
        (skus[1], 1),
    ]
    assert copied["total"] == Decimal("119.69")
    shop.put(f"/api/sales/invoices/{invoice}", {"status": "complete"})
    assert shop.get(path)["status"] == "closed"
    for sku, sold in zip(skus, (2, 1), strict=True):
        assert shop.stock(sku)[place] == (before[sku] - sold, 0, before[sku] - sold)
    assert [row["qty"] for row in shop.ledger()[movements:]] == [-2, -1]


def test_a_public_id_is_taken_once(shop: Any) -> None:
    skus = _skus(shop)
    order = _order(shop, skus)
    found = shop.get("/api/sales/orders", ("_filter", json.dumps({"public_id": "S-1001"})))
    assert [row["id"] for row in found["results"]] == [order]
    body = {
        "public_id": "S-1001",
        "customer_id": shop.get(f"/api/sales/orders/{order}")["customer_id"],
        "station_id": shop.settings["station_id"],
        "source_location_id": shop.settings["location_id"],
    }
    said = shop.refused("POST", "/api/sales/orders", body)
    assert said["error"] == "validation_error"
    assert said["details"] == {"public_id": ["has already been taken"]}
    assert shop.get("/api/sales/orders")["total"] == 1


def test_unknown_items_bad_payments_and_join_ids_are_refused(shop: Any) -> None:
    order = _order(shop, _skus(shop))
    path = f"/api/sales/orders/{order}"
    said = shop.refused("POST", f"{path}/lines", {"item_lookup": "NO-SUCH", "qty": 1})
    assert said["details"] == {"item_lookup": ["does not match an item"]}
    said = shop.refused(
        "POST", f"{path}/payments", {"type": "CreditCard", "amount": 1, "payment_type_id": 1}
    )
    assert said["error"] == "payment_error"
    customer = shop.get(path)["customer_id"]
    join = shop.post(f"/api/customers/{customer}/addresses", ADDRESS)
    said = shop.refused("PUT", path, {"shipping_address_id": join})
    assert said["details"] == {"shipping_address_id": ["does not exist"]}
    assert len(shop.get(f"{path}/lines")["results"]) == 2


@pytest.mark.parametrize("word", ["void", "canceled"])
def test_cancelling_releases_the_stock_by_one_word_only(make: Any, word: str) -> None:
    shop = make(cancel_word=word)
    skus = _skus(shop)
    place = shop.settings["location_id"]
    order = _order(shop, skus)
    path = f"/api/sales/orders/{order}"
    shop.put(path, {"status": "open"})
    invoice = _invoice(shop, order)
    assert shop.stock(skus[0])[place][1] == 2
    assert "status" in shop.refused("PUT", path, {"status": "cancelled"})["details"]
    assert "status" in shop.refused("PUT", path, {"status": word})["details"]
    shop.put(f"/api/sales/invoices/{invoice}", {"status": "void"})
    shop.put(path, {"status": word})
    assert shop.get(path)["status"] == word
    assert shop.stock(skus[0])[place][1] == 0


def test_lines_that_ship_from_nowhere_wait(shop: Any) -> None:
    skus = _skus(shop)
    place = shop.settings["location_id"]
    order = _order(shop, skus)
    path = f"/api/sales/orders/{order}"
    line = shop.get(f"{path}/lines")["results"][0]
    shop.put(f"{path}/lines/{line['id']}", {"ship_from_location_id": None})
    shop.put(path, {"status": "open"})
    assert shop.stock(skus[0])[place][1] == 0
    invoice = _invoice(shop, order)
    shop.put(f"/api/sales/invoices/{invoice}", {"status": "complete"})
    assert shop.get(path)["status"] == "open"
    shop.put(f"{path}/lines/{line['id']}", {"ship_from_location_id": place})
    assert shop.stock(skus[0])[place][1] == 2
    second = _invoice(shop, order)
    shop.put(f"/api/sales/invoices/{second}", {"status": "complete"})
    assert shop.get(path)["status"] == "closed"
    totals = [row["total"] for row in shop.get("/api/sales/invoices")["results"]]
    # The shipping charge is on the first invoice only.
    assert totals == [Decimal("20.94"), Decimal("90.00")]


def test_a_partial_shipment_and_a_void_give_back_what_they_took(shop: Any) -> None:
    skus = _skus(shop)
    place = shop.settings["location_id"]
    before = shop.stock(skus[0])[place][0]
    order = _order(shop, skus)
    shop.put(f"/api/sales/orders/{order}", {"status": "open"})
    invoice = _invoice(shop, order)
    lines = f"/api/sales/invoices/{invoice}/lines"
    first, second = shop.get(lines)["results"]
    shop.put(f"{lines}/{first['id']}", {"qty": 1})
    assert shop.send("DELETE", f"{lines}/{second['id']}").status == 204
    shop.put(f"/api/sales/invoices/{invoice}", {"status": "complete"})
    assert shop.stock(skus[0])[place] == (before - 1, 1, before - 2)
    shop.put(f"/api/sales/invoices/{invoice}", {"status": "void"})
    assert shop.stock(skus[0])[place] == (before, 2, before - 2)


def test_a_required_custom_field_refuses_writes(shop: Any) -> None:
    found = shop.get("/api/custom_fields", ("key", "external_order_id"))["results"][0]
    assert (found["group_id"], found["required?"]) == ("sales.transaction", False)
    shop.put(f"/api/custom_fields/{found['id']}", {"required": True})
    required = shop.get("/api/custom_fields", ("_filter", '{"required":true}'))
    assert required["total"] == 1
    customer, _ = _customer(shop)
    body = {
        "customer_id": customer,
        "station_id": shop.settings["station_id"],
        "source_location_id": shop.settings["location_id"],
    }
    said = shop.refused("POST", "/api/sales/orders", body)
    assert said["details"] == {"custom@external_order_id": ["is required"]}
    assert shop.get("/api/sales/orders")["total"] == 0
    shop.post("/api/sales/orders", {**body, "custom@external_order_id": "7"})


def test_tickets_returns_and_imports(shop: Any) -> None:
    sku = _skus(shop)[0]
    place = shop.settings["location_id"]
    before = shop.stock(sku)[place][0]
    sale = {"station_id": shop.settings["station_id"], "source_location_id": place}
    ticket = shop.post("/api/sales/tickets", {**sale, "type": "Return", "affect_inventory": True})
    path = f"/api/sales/tickets/{ticket}"
    shop.post(f"{path}/lines", {"item_lookup": sku, "qty": -1, "adjusted_unit_price": 45.0})
    shop.post(
        f"{path}/payments",
        {
            "type": "ExternalPayment",
            "amount": -45,
            "payment_type_id": shop.settings["payment_type_id"],
        },
    )
    shop.put(path, {"status": "complete"})
    read = shop.get(path)
    assert (read["total"], read["balance"], read["completed?"]) == (Decimal("-45.0"), 0, True)
    assert shop.stock(sku)[place][0] == before + 1

    imported = shop.post(
        "/api/sales/tickets",
        {
            **sale,
            "public_id": "OLD-1",
            "completed_at": "2026-01-02T03:04:05Z",
            "item_lines": [{"item_lookup": sku, "qty": 2, "adjusted_unit_price": 10}],
            "tax_lines": [{"value": 1.5}],
            "affect_inventory": False,
            "recalculate": False,
            "status": "complete",
        },
    )
    read = shop.get(f"/api/sales/tickets/{imported}", ("_include[]", "lines"))
    assert read["total"] == Decimal("21.5")
    assert [line["type"] for line in read["lines"]] == ["ItemLine", "TaxLine"]
    assert shop.stock(sku)[place][0] == before + 1
    paid = shop.get("/api/payments", ("sort", "completed_at"))["results"]
    assert [(row["amount"], row["status"]) for row in paid] == [(Decimal("-45.0"), "complete")]


def test_a_refused_import_leaves_nothing(shop: Any) -> None:
    body = {
        "station_id": shop.settings["station_id"],
        "lines": [{"item_lookup": _skus(shop)[0], "qty": 1}],
        "payments": [{"type": "CreditCard", "amount": 1}],
        "status": "complete",
    }
    assert shop.refused("POST", "/api/sales/tickets", body)["error"] == "payment_error"
    assert shop.get("/api/sales/tickets")["total"] == 0
    assert len([row for row in shop.ledger() if row["type"] != "Opening"]) == 0
