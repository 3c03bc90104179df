"""The unified_v1 flavour, and that it shares its state with the retail one."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from decimal import Decimal
from typing import Any

from integrations.connectors.heartland.sandbox.tests.conftest import call


def _order(shop: Any, **more: Any) -> dict[str, Any]:
    skus = [row["SKU"] for row in shop.get("/v1/products")["Data"][:2]]
    address = {
        "Name": "Test Buyer",
        "Address": "12 Elm St, Apt 3",
        "City": "Austin",
        "State": "TX",
        "PostalCode": "78701",
        "Country": "US",
    }
    return {
        "OrderID": "SHOP-1001",
        "OrderDate": "2026-03-02T15:04:05Z",
        "Status": "Open",
        "PaymentStatus": "paid",
        "TotalAmount": 118.40,
        "LineItems": [
            {"SKU": skus[0], "Quantity": 2, "Price": 45.0, "Tax": 7.2, "Discount": 0},
            {"SKU": skus[1], "Quantity": 1, "Price": 16.0, "Tax": 1.2, "Discount": 0},
        ],
        "ShippingAddress": address,
        "BillingAddress": address,
        "CustomFields": {"source_system": "shopify", "external_order_id": "5550001"},
        **more,
    }


def _key(value: str) -> dict[str, str]:
    return {"Idempotency-Key": value}


def test_one_key_makes_one_order(shop: Any) -> None:
    body = _order(shop)
    first = shop.send("POST", "/v1/orders", body, headers=_key("k1"))
    again = shop.send("POST", "/v1/orders", body, headers=_key("k1"))
    assert first.status == again.status == 201
    assert first.body == again.body
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    other = shop.send("POST", "/v1/orders", {**body, "OrderID": "X"}, headers=_key("k1"))
    assert (other.status, other.json["Error"]) == (409, "idempotency_conflict")
    assert shop.send("POST", "/v1/orders", body).status == 409
    assert [row["OrderID"] for row in shop.get("/v1/orders")["Data"]] == ["SHOP-1001"]
    total = first.json["TotalAmount"]
    assert (total, first.json["ShippingAmount"]) == (Decimal("118.4"), Decimal("4.0"))
    assert first.json["PaymentStatus"] == "paid"


def test_one_key_makes_one_order_from_many_threads(shop: Any) -> None:
    body = _order(shop)
    replies: list[Any] = []

    def send() -> None:
        replies.append(shop.send("POST", "/v1/orders", body, headers=_key("k1")))

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [reply.status for reply in replies] == [201] * 8
    assert len({reply.body for reply in replies}) == 1
    assert len(shop.get("/v1/orders")["Data"]) == 1


def test_an_order_commits_ships_and_is_refunded(shop: Any) -> None:
    body = _order(shop)
    sku = body["LineItems"][0]["SKU"]
    place = shop.settings["location_id"]
    before = shop.stock(sku)[place][0]
    shop.send("POST", "/v1/orders", body)
    assert shop.stock(sku)[place] == (before, 2, before - 2)
    done = shop.send(
        "PUT",
        "/v1/orders/SHOP-1001",
        {"Status": "Fulfilled", "TrackingNumber": "1Z1", "Carrier": "UPS"},
    )
    assert done.json["Status"] == "Fulfilled"
    assert shop.stock(sku)[place] == (before - 2, 0, before - 2)
    shipment = shop.get("/v1/shipments", ("OrderID", "SHOP-1001"))["Data"][0]
    assert (shipment["TrackingNumber"], shipment["Status"]) == ("1Z1", "Shipped")
    assert [line["Quantity"] for line in shipment["LineItems"]] == [2, 1]
    retail = shop.get("/api/sales/orders", ("public_id", "SHOP-1001"))["results"][0]
    assert (retail["status"], retail["balance"]) == ("closed", 0)

    refund = {
        "OrderID": "SHOP-1001",
        "Type": "refund",
        "Amount": 48.6,
        "LineItems": [{"SKU": sku, "Quantity": 1}],
    }
    paid_back = shop.send("POST", "/v1/payments", refund)
    assert (paid_back.status, paid_back.json["Type"]) == (201, "refund")
    assert shop.stock(sku)[place][0] == before - 1
    read = shop.get("/v1/orders/SHOP-1001")
    assert read["PaymentStatus"] == "partially_refunded"
    ticket = shop.get("/api/sales/tickets", ("type", "Return"))["results"][0]
    assert (ticket["total"], ticket["balance"]) == (Decimal("-48.6"), 0)
    too_much = shop.send("POST", "/v1/payments", {**refund, "Amount": 70})
    assert (too_much.status, "Amount" in too_much.json["Details"]) == (422, True)
    rest = {"OrderID": "SHOP-1001", "Type": "refund", "Amount": 69.8}
    assert shop.send("POST", "/v1/payments", rest).status == 201
    assert shop.get("/v1/orders/SHOP-1001")["PaymentStatus"] == "refunded"
    report = shop.get("/v1/reports/transactions")["Data"][0]
    assert (report["Payments"], report["Refunds"], report["Net"]) == (
        Decimal("118.4"),
        Decimal("118.4"),
        0,
    )


def test_a_pending_order_is_paid_later_and_cancelled(shop: Any) -> None:
    shop.send("POST", "/v1/orders", _order(shop, PaymentStatus="pending"))
    assert shop.get("/v1/orders/SHOP-1001")["PaymentStatus"] == "pending"
    part = {"OrderID": "SHOP-1001", "Type": "capture", "Amount": 18.4, "TransactionID": "gw_1"}
    taken = shop.send("POST", "/v1/payments", part, headers=_key("p"))
    assert taken.json["TransactionID"] == "gw_1"
    shop.send("POST", "/v1/payments", part, headers=_key("p"))
    read = shop.get("/v1/orders/SHOP-1001")
    assert (read["PaymentStatus"], read["AmountPaid"]) == ("partially_paid", Decimal("18.4"))
    shop.send("PUT", "/v1/orders/SHOP-1001", {"Status": "Cancelled"})
    assert shop.get("/v1/orders/SHOP-1001")["Status"] == "Cancelled"
    sku = _order(shop)["LineItems"][0]["SKU"]
    assert shop.stock(sku)[shop.settings["location_id"]][1] == 0


def test_wrong_values_name_their_field_and_change_nothing(shop: Any) -> None:
    good = _order(shop)
    line = good["LineItems"][0]
    cases: list[tuple[dict[str, Any], str]] = [
        ({"LineItems": [line, {**line, "SKU": "NO"}]}, "LineItems[1].SKU"),
        ({"LineItems": [{**line, "Quantity": 0.5}]}, "LineItems[0].Quantity"),
        ({"TotalAmount": 100}, "TotalAmount"),
        ({"TotalAmount": 118.4, "ShippingAmount": 3.99}, "TotalAmount"),
        ({"CustomerID": "C-0"}, "CustomerID"),
        ({"Status": "Lost"}, "Status"),
        ({"PaymentStatus": "maybe"}, "PaymentStatus"),
    ]
    for change, field in cases:
        reply = shop.send("POST", "/v1/orders", {**good, **change})
        assert (reply.status, list(reply.json["Details"])) == (422, [field])
    assert shop.get("/v1/orders")["Data"] == []
    url = f"{shop.account['base_url']}/v1/orders"
    assert call(url).json["Error"] == "unauthorized"
    key = {"X-API-Key": shop.account["credentials"]["token"]}
    assert call(url, headers=key).status == 200
    assert shop.send("POST", "/v1/products", {}).status == 405


def test_cursors_walk_every_change_once(shop: Any) -> None:
    seen: list[tuple[str, str]] = []
    query: list[tuple[str, str]] = [("limit", "7")]
    while True:
        page = shop.get("/v1/inventory", *query)
        seen += [(row["SKU"], row["LocationID"]) for row in page["Data"]]
        if page["NextCursor"] is None:
            break
        query = [("limit", "7"), ("cursor", page["NextCursor"])]
    assert len(seen) == len(set(seen)) == 48
    since = shop.get("/v1/inventory", ("limit", "250"))["Data"][-1]["UpdatedAt"]
    change = {"SKU": seen[0][0], "LocationID": seen[0][1], "OnHand": 3}
    assert shop.send("PUT", "/v1/inventory", change).json["Available"] == 3
    many = {"Data": [{**change, "OnHand": 4}, {**change, "SKU": seen[9][0], "OnHand": 5}]}
    shown = shop.send("PUT", "/v1/inventory", many).json["Data"]
    assert [row["OnHand"] for row in shown] == [4, 5]
    changed = shop.get("/v1/inventory", ("updated_since", since))["Data"][1:]
    assert [row["OnHand"] for row in changed] == [4, 5]
    assert shop.get("/v1/orders", ("updated_since", since))["NextCursor"] is None
    assert shop.send("GET", "/v1/orders?cursor=%%%").status == 400


def test_customers_and_products_change(shop: Any) -> None:
    body = {
        "FirstName": "Test",
        "LastName": "Buyer",
        "Email": "buyer@example.com",
        "Phone": "512-555-0100",
        "Address": {"Address": "12 Elm St", "City": "Austin"},
    }
    made = shop.send("POST", "/v1/customers", body)
    assert made.status == 201
    number = made.json["CustomerID"]
    found = shop.get("/v1/customers", ("Email", "BUYER@example.com"))["Data"]
    assert [row["CustomerID"] for row in found] == [number]
    assert found[0]["Phone"] == "512-555-0100"
    shop.send("PUT", f"/v1/customers/{number}", {"CustomFields": {"loyalty_tier": "gold"}})
    read = shop.get(f"/v1/customers/{number}")
    assert (read["CustomFields"], read["LastName"]) == ({"loyalty_tier": "gold"}, "Buyer")
    bad = shop.send("POST", "/v1/customers", {"FirstName": "Test"})
    assert (bad.status, list(bad.json["Details"])) == (422, ["LastName"])
    sku = shop.get("/v1/products")["Data"][0]["SKU"]
    assert shop.send("PUT", f"/v1/products/{sku}", {"Price": 21.5}).status == 200
    assert shop.item(sku)["price"] == Decimal("21.5")
    assert len(shop.get("/v1/locations")["Data"]) == 2


def test_webhooks_are_signed_and_tell_the_final_state(shop: Any, receiver: Any) -> None:
    events = ["order.created", "payment.succeeded", "inventory.updated", "shipment.created"]
    made = shop.send("POST", "/v1/webhooks", {"Url": receiver.url, "Events": events})
    assert made.json["Events"] == events
    refused = shop.send("POST", "/v1/webhooks", {"Url": receiver.url, "Events": ["item_updated"]})
    assert (refused.status, list(refused.json["Details"])) == (422, ["events"])
    body = _order(shop, Status="Fulfilled")
    shop.send("POST", "/v1/orders", body)
    secret = shop.account["credentials"]["webhook_secret"].encode()
    told = []
    for _, headers, raw in receiver.wait(5):
        signature = hmac.new(secret, raw, hashlib.sha256).hexdigest()
        assert headers["x-heartland-signature"] == signature
        told.append(json.loads(raw))
    kinds = [one["type"] for one in told]
    assert sorted(kinds) == sorted([*events, "inventory.updated"])
    assert len({one["id"] for one in told}) == 5
    order = next(one["data"] for one in told if one["type"] == "order.created")
    assert (order["OrderID"], order["Status"]) == ("SHOP-1001", "Fulfilled")
    sku = body["LineItems"][0]["SKU"]
    place = shop.settings["location_id"]
    stock = next(one["data"] for one in told if one["data"].get("SKU") == sku)
    assert (stock["OnHand"], stock["Committed"], stock["Available"]) == shop.stock(sku)[place]
    shop.control("POST", "/sales", {"sku": sku, "quantity": 2})
    sale = [json.loads(raw) for _, _, raw in receiver.wait(8)][5:]
    sold = next(one["data"] for one in sale if one["type"] == "order.created")
    assert (sold["Channel"], sold["Status"], sold["PaymentStatus"]) == (
        "store",
        "Fulfilled",
        "paid",
    )
    assert shop.get(f"/v1/orders/{sold['OrderID']}")["TotalAmount"] == Decimal(
        str(sold["TotalAmount"])
    )
