"""What a state allows, and in which words Magento says no."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from integrations.connectors.magento.sandbox.tests.conftest import Account, criteria
from integrations.connectors.magento.sandbox.tests.test_sales import placed

Open = Callable[..., Account]

SHIP = "Shipment Document Validation Error(s):\n"
INVOICE = "Invoice Document Validation Error(s):\n"
REFUND = "Creditmemo Document Validation Error(s):\n"


def simple(shop: Account, quantity: int = 2, **wanted: Any) -> dict[str, Any]:
    """An order of one article, with shipping that costs something."""
    sku = shop.get("products", criteria(("type_id", "simple", "eq"), size=1))["items"][0]["sku"]
    line = {"sku": sku, "quantity": quantity, "kind": "simple", "price": "20.00"}
    order = placed(
        shop,
        **{
            "lines_exact": [line],
            "discount": False,
            "tax_rate": 0,
            "shipping_price": "5.00",
            **wanted,
        },
    )
    assert order["shipping_amount"] == 5
    return order


def row_of(order: dict[str, Any]) -> int:
    return int(order["items"][0]["item_id"])


def test_a_shipment_before_the_invoice_is_processing_until_it_is_invoiced(
    account: Account,
) -> None:
    number = simple(account, paid=False)["entity_id"]
    account.post(f"order/{number}/ship", {})
    assert account.get(f"orders/{number}/statuses") == "processing"
    reply = account.refused("POST", f"order/{number}/ship", {})
    assert reply.json["message"] == f"{SHIP}The order does not allow a shipment to be created."
    account.post(f"order/{number}/invoice", {"capture": True})
    assert account.get(f"orders/{number}/statuses") == "complete"
    reply = account.refused("POST", f"order/{number}/invoice", {})
    said = "An invoice cannot be created when an order has a status of complete."
    assert (reply.status, reply.json["message"]) == (400, INVOICE + said)


def test_an_order_on_hold_lets_nothing_through_and_comes_back_as_it_was(account: Account) -> None:
    order = simple(account, paid=True)
    number = order["entity_id"]
    assert account.post(f"orders/{number}/hold") is True
    held = account.get(f"orders/{number}")
    assert (held["state"], held["status"]) == ("holded", "holded")
    assert (held["hold_before_state"], held["hold_before_status"]) == ("processing", "processing")
    for path, said in (
        (
            f"order/{number}/ship",
            f"{SHIP}A shipment cannot be created when an order has a status of holded",
        ),
        (
            f"order/{number}/refund",
            f"{REFUND}A creditmemo can not be created when an order has a status of holded",
        ),
        (f"orders/{number}/hold", "A hold action is not available."),
    ):
        assert account.refused("POST", path, {}).json["message"] == said
    assert account.post(f"orders/{number}/unhold") is True
    assert account.get(f"orders/{number}")["state"] == "processing"
    reply = account.refused("POST", f"orders/{number}/unhold")
    assert reply.json["message"] == "You cannot remove the hold."


def test_a_comment_sets_only_a_status_of_the_state(account: Account) -> None:
    number = simple(account, paid=True)["entity_id"]
    said = {"comment": "At the till", "is_customer_notified": 0, "is_visible_on_front": 0}
    sent = {"statusHistory": {**said, "parent_id": number, "status": "complete"}}
    reply = account.refused("POST", f"orders/{number}/comments", sent)
    assert (reply.status, reply.json["parameters"]) == (400, ["complete"])
    sent["statusHistory"]["status"] = "at_the_till"
    account.refused("POST", f"orders/{number}/comments", sent)
    account.control("POST", "/statuses", {"state": "processing", "status": "at_the_till"})
    assert account.post(f"orders/{number}/comments", sent) is True
    order = account.get(f"orders/{number}")
    assert (order["state"], order["status"]) == ("processing", "at_the_till")
    newest = account.get(f"orders/{number}/comments")["items"][0]
    assert (newest["comment"], newest["status"]) == ("At the till", "at_the_till")
    del sent["statusHistory"]["is_visible_on_front"]
    reply = account.refused("POST", f"orders/{number}/comments", sent)
    assert reply.json["parameters"] == {"fieldName": "is_visible_on_front"}


def test_no_document_takes_more_units_than_are_left(account: Account) -> None:
    order = simple(account, paid=False)
    number, sku = order["entity_id"], order["items"][0]["sku"]
    three = {"items": [{"order_item_id": row_of(order), "qty": 3}]}
    for path, said in (
        ("invoice", f"{INVOICE}The quantity to invoice must not be greater than the uninvoiced"),
        ("ship", f"{SHIP}The quantity to ship must not be greater than the unshipped"),
    ):
        reply = account.refused("POST", f"order/{number}/{path}", three)
        assert reply.json["message"] == f'{said} quantity for product SKU "{sku}".'
    account.post(f"order/{number}/invoice", {"capture": True})
    reply = account.refused("POST", f"order/{number}/refund", three)
    assert reply.json["message"] == (
        f"{REFUND}The quantity to creditmemo must not be greater than the unrefunded quantity "
        f'for product SKU "{sku}".'
    )
    found = account.get(f"orders/{number}")["items"][0]
    assert (found["qty_invoiced"], found["qty_shipped"], found["qty_refunded"]) == (2, 0, 0)


def _refund(shop: Account, order: dict[str, Any], qty: int, **arguments: Any) -> dict[str, Any]:
    rows = [{"order_item_id": row_of(order), "qty": qty}]
    made = shop.post(f"order/{order['entity_id']}/refund", {"items": rows, "arguments": arguments})
    found: dict[str, Any] = shop.get(f"creditmemo/{made}")
    return found


def test_refunds_of_money_without_goods_have_their_limits(account: Account) -> None:
    order = simple(account, paid=True)
    path, cost = f"order/{order['entity_id']}/refund", order["shipping_amount"]
    nothing = [{"order_item_id": row_of(order), "qty": 0}]

    def said(**arguments: Any) -> str:
        sent = {"items": nothing, "arguments": arguments}
        return str(account.refused("POST", path, sent).json["message"])

    assert said(shipping_amount=0) == f"{REFUND}The credit memo's total must be positive."
    assert said(shipping_amount=cost + 1) == "Maximum shipping amount allowed to refund is: %1"
    most = order["base_grand_total"]
    assert said(shipping_amount=0, adjustment_positive=most + 1) == (
        f"{REFUND}The most money available to refund is USD {most:.2f}."
    )
    first = _refund(account, order, 0, shipping_amount=0, adjustment_positive=1.5)
    assert (first["grand_total"], first["adjustment"], first["items"]) == (
        Decimal("1.5"),
        Decimal("1.5"),
        [],
    )
    _refund(account, order, 1, shipping_amount=cost)
    assert said(shipping_amount=0, adjustment_positive=1) == (
        f"{REFUND}You can't create a creditmemo without products."
    )
    last = _refund(account, order, 1, adjustment_negative=1.5)
    assert last["grand_total"] == Decimal("18.5")
    assert account.get(f"orders/{order['entity_id']}")["state"] == "closed"


@pytest.mark.parametrize("msi", [True, False], ids=["sources", "one stock"])
@pytest.mark.parametrize("shipped", [True, False], ids=["shipped", "waiting"])
@pytest.mark.parametrize("back", [True, False], ids=["restocked", "lost"])
def test_goods_of_a_refund_go_back_on_the_shelf_only_when_asked(
    open_account: Open, msi: bool, shipped: bool, back: bool
) -> None:
    shop = open_account(msi=msi)
    order = simple(shop, paid=True)
    sku = order["items"][0]["sku"]
    shop.control("POST", "/stock", {"sku": sku, "available": 10})
    if shipped:
        shop.post(f"order/{order['entity_id']}/ship", {})
    extension = {"return_to_stock_items": [row_of(order)] if back else []}
    _refund(shop, order, 2, shipping_amount=0, extension_attributes=extension)
    refused = shop.control(
        "POST", "/orders", {"lines_exact": [{"sku": sku, "quantity": 13 if back else 11}]}
    )
    assert refused.status == 409
    wanted = {"lines_exact": [{"sku": sku, "quantity": 12 if back else 10}]}
    assert shop.control("POST", "/orders", wanted).status == 200


def test_a_source_ships_no_more_than_it_has(open_account: Open) -> None:
    shop = open_account(locations=2)
    order = simple(shop, paid=True)
    path = f"order/{order['entity_id']}/ship"
    for code in ("source_2", "elsewhere"):
        arguments = {"extension_attributes": {"source_code": code}}
        reply = shop.refused("POST", path, {"arguments": arguments})
        assert reply.json["message"] == "Could not save a shipment, see error log for details"
    assert shop.get("shipments", criteria())["total_count"] == 0
    arguments = {"extension_attributes": {"source_code": "default"}}
    made = shop.get(f"shipment/{shop.post(path, {'arguments': arguments})}")
    assert made["extension_attributes"] == {"source_code": "default"}


def test_a_tracking_number_can_be_added_and_taken_away(account: Account) -> None:
    order = simple(account, paid=True)
    number = account.post(f"order/{order['entity_id']}/ship", {})
    track = {
        "order_id": order["entity_id"],
        "parent_id": number,
        "track_number": "1Z999",
        "title": "UPS",
        "carrier_code": "ups",
        "weight": 0,
        "qty": 1,
        "description": "",
    }
    made = account.post("shipment/track", {"entity": track})
    shown = account.get(f"shipment/{number}")["tracks"]
    assert [row["track_number"] for row in shown] == ["1Z999"]
    assert account.done("DELETE", f"shipment/track/{made['entity_id']}") is True
    assert account.get(f"shipment/{number}")["tracks"] == []
    other = {"entity": {**track, "order_id": 1}}
    assert account.refused("POST", "shipment/track", other).status == 404


def test_a_bundle_is_shipped_as_a_whole_or_part_by_part(account: Account) -> None:
    whole = placed(account, kind="bundle", lines=2, paid=True, discount=False)
    top, *parts = whole["items"]
    rows = [{"order_item_id": parts[0]["item_id"], "qty": 1}]
    reply = account.refused("POST", f"order/{whole['entity_id']}/ship", {"items": rows})
    assert reply.json["message"] == f"{SHIP}You can't create a shipment without products."
    rows = [{"order_item_id": top["item_id"], "qty": 1}]
    made = account.post(f"order/{whole['entity_id']}/ship", {"items": rows})
    assert [row["order_item_id"] for row in account.get(f"shipment/{made}")["items"]] == [
        row["item_id"] for row in whole["items"]
    ]
    assert account.get(f"orders/{whole['entity_id']}")["state"] == "complete"
    apart = placed(account, kind="bundle", lines=2, paid=True, bundle_separately=True)
    rows = [{"order_item_id": row["item_id"], "qty": row["qty_ordered"]} for row in apart["items"]]
    account.post(f"order/{apart['entity_id']}/ship", {"items": rows[1:2]})
    assert account.get(f"orders/{apart['entity_id']}")["state"] == "processing"
    account.post(f"order/{apart['entity_id']}/ship", {"items": rows[2:]})
    assert account.get(f"orders/{apart['entity_id']}")["state"] == "complete"


def test_a_bundle_with_a_fixed_price_carries_the_money_itself(account: Account) -> None:
    order = placed(account, kind="bundle", lines=2, paid=True, bundle_price="30.00", discount=False)
    top, *parts = order["items"]
    assert (top["row_total"], [row["row_total"] for row in parts]) == (30, [0, 0])
    assert order["subtotal"] == 30
    rows = [{"order_item_id": top["item_id"], "qty": 1}]
    arguments = {"shipping_amount": 0}
    made = account.post(
        f"order/{order['entity_id']}/refund", {"items": rows, "arguments": arguments}
    )
    assert account.get(f"creditmemo/{made}")["subtotal"] == 30


def test_the_child_of_a_configurable_article_is_no_shipment_of_its_own(account: Account) -> None:
    order = placed(account, kind="configurable", lines=1, paid=True)
    parent, child = order["items"]
    path = f"order/{order['entity_id']}/ship"
    sent = {"items": [{"order_item_id": child["item_id"], "qty": 1}]}
    assert account.refused("POST", path, sent).status == 400
    sent = {"items": [{"order_item_id": parent["item_id"], "qty": parent["qty_ordered"]}]}
    account.post(path, sent)
    assert account.get(f"orders/{order['entity_id']}")["state"] == "complete"


def test_a_virtual_order_is_complete_when_it_is_paid_and_closed_when_it_is_refunded(
    account: Account,
) -> None:
    order = placed(account, kind="virtual", paid=True)
    assert (order["state"], order["is_virtual"]) == ("complete", 1)
    shipping = order["extension_attributes"]["shipping_assignments"][0]["shipping"]
    assert "address" not in shipping
    reply = account.refused("POST", f"order/{order['entity_id']}/ship", {})
    assert reply.status == 400
    account.post(f"order/{order['entity_id']}/refund", {})
    assert account.get(f"orders/{order['entity_id']}")["state"] == "closed"


def test_cancelling_leaves_what_is_invoiced(account: Account) -> None:
    order = simple(account, paid=False)
    number = order["entity_id"]
    rows = [{"order_item_id": row_of(order), "qty": 1}]
    account.post(f"order/{number}/invoice", {"items": rows, "capture": True})
    assert account.post(f"orders/{number}/cancel") is True
    found = account.get(f"orders/{number}")
    assert found["items"][0]["qty_canceled"] == 1
    assert found["total_canceled"] == 20
    assert (found["state"], found["total_paid"]) == ("processing", 20 + order["shipping_amount"])
    account.post(f"order/{number}/ship", {})
    assert account.get(f"orders/{number}")["state"] == "complete"


@pytest.mark.parametrize("way", ["pending_payment", "payment_review"])
def test_an_order_waits_for_its_gateway(account: Account, way: str) -> None:
    order = simple(account, payment=way)
    number = order["entity_id"]
    assert (order["state"], order["status"], order["total_due"]) == (way, way, order["grand_total"])
    assert account.control("POST", f"/orders/{number}/pay").status == 200
    paid = account.get(f"orders/{number}")
    assert (paid["state"], paid["total_paid"]) == ("processing", order["grand_total"])
    (capture,) = account.get("transactions", criteria(("order_id", number, "eq")))["items"]
    assert (capture["txn_type"], capture["txn_id"]) == ("capture", paid["payment"]["last_trans_id"])


def test_a_refund_goes_through_the_gateway_only_for_money_that_came_through_it(
    account: Account,
) -> None:
    order = simple(account, payment="authorized")
    number = order["entity_id"]
    assert (order["state"], order["payment"]["amount_authorized"]) == (
        "processing",
        order["grand_total"],
    )
    invoice = account.post(f"order/{number}/invoice", {"capture": True})
    memo = account.post(f"invoice/{invoice}/refund", {"isOnline": True})
    shown = account.get(f"creditmemo/{memo}")
    kinds = {
        row["txn_type"]: row
        for row in account.get("transactions", criteria(("order_id", number, "eq")))["items"]
    }
    assert set(kinds) == {"authorization", "capture", "refund"}
    assert kinds["refund"]["parent_txn_id"] == kinds["capture"]["txn_id"]
    assert (shown["invoice_id"], shown["transaction_id"]) == (invoice, kinds["refund"]["txn_id"])
    assert account.get(f"orders/{number}")["total_online_refunded"] == order["grand_total"]
    cash = simple(account, paid=False)["entity_id"]
    invoice = account.post(f"order/{cash}/invoice", {"capture": True})
    reply = account.refused("POST", f"invoice/{invoice}/refund", {"isOnline": True})
    assert reply.json["message"] == "Could not save a Creditmemo, see error log for details"


def test_a_part_of_an_order_can_be_saved_and_found_by(account: Account) -> None:
    order = placed(account, kind="configurable", lines=1, paid=True)
    sent = {"entity": {"entity_id": order["entity_id"], "ext_order_id": "HL-123"}}
    saved = account.rest("POST", "V1/orders", sent).json
    assert (saved["ext_order_id"], saved["items"][0]["product_option"]) == (
        "HL-123",
        order["items"][0]["product_option"],
    )
    found = account.get("orders", criteria(("ext_order_id", "HL-123", "eq")))
    assert [row["entity_id"] for row in found["items"]] == [order["entity_id"]]
    assert account.rest("POST", "V1/orders", {"entity": {"entity_id": 1}}).status == 404


def test_the_newest_sale_can_be_hidden_for_a_while(account: Account) -> None:
    number = simple(account, paid=True)["entity_id"]
    fault = {"kind": "unreadable", "value": 60, "match": "GET /V1/orders", "times": -1}
    account.control("POST", "/faults", fault)
    assert account.refused("GET", f"orders/{number}").status == 404
    assert account.get("orders", criteria())["total_count"] == 0
    account.control("DELETE", "/faults")
    assert account.get("orders", criteria())["total_count"] == 1


def test_an_invoice_that_is_not_captured_waits(account: Account) -> None:
    order = simple(account, payment="authorized")
    made = account.post(f"order/{order['entity_id']}/invoice", {"capture": False})
    assert account.get(f"invoices/{made}")["state"] == 1
    assert account.get(f"orders/{order['entity_id']}")["total_due"] == order["grand_total"]
    account.post(f"invoices/{made}/capture")
    paid = account.get(f"orders/{order['entity_id']}")
    assert (paid["total_due"], paid["total_paid"]) == (0, order["grand_total"])
    assert account.get(f"invoices/{made}")["transaction_id"] == paid["payment"]["last_trans_id"]
    assert account.refused("POST", f"invoices/{made}/capture").status == 400


def test_a_credit_memo_can_be_sent_as_a_whole(account: Account) -> None:
    order = simple(account, paid=True)
    row = {"order_item_id": row_of(order), "qty": 1, "base_cost": 0, "base_price": 20}
    sent = {
        "creditmemo": {
            "order_id": order["entity_id"],
            "items": [row],
            "base_shipping_amount": 2,
            "base_adjustment_negative": 1,
        },
        "offlineRequested": True,
    }
    reply = account.rest("POST", "V1/creditmemo/refund", sent)
    assert (reply.status, reply.json["grand_total"]) == (200, 21)
    assert account.get(f"creditmemo/{reply.json['entity_id']}") == reply.json
    del sent["creditmemo"]["items"]
    assert account.rest("POST", "V1/creditmemo/refund", sent).status == 400


def test_an_address_of_an_order_can_be_corrected(account: Account) -> None:
    order = simple(account, paid=True)
    shipping = order["extension_attributes"]["shipping_assignments"][0]["shipping"]["address"]
    changed = {**shipping, "city": "Springfield", "street": ["1 Example Street", "Floor 2"]}
    account.put(f"orders/{order['entity_id']}", {"entity": changed})
    found = account.get(f"orders/{order['entity_id']}")
    again = found["extension_attributes"]["shipping_assignments"][0]["shipping"]["address"]
    assert (again["city"], again["street"]) == ("Springfield", ["1 Example Street", "Floor 2"])
    assert found["billing_address"] == order["billing_address"]
    reply = account.rest("PUT", f"V1/orders/{order['entity_id']}", {"entity": {"city": "X"}})
    assert reply.status == 400


def test_documents_keep_their_comments(account: Account) -> None:
    order = simple(account, paid=True)
    said = {"comment": "Left at noon", "is_visible_on_front": 0}
    made = account.post(f"order/{order['entity_id']}/ship", {"comment": said})
    entity = {
        "comment": "And came back",
        "parent_id": made,
        "is_customer_notified": 0,
        "is_visible_on_front": 0,
    }
    account.post(f"shipment/{made}/comments", {"entity": entity})
    found = account.get(f"shipment/{made}")["comments"]
    assert [row["comment"] for row in found] == ["Left at noon", "And came back"]
    assert account.get(f"shipment/{made}/comments")["total_count"] == 2
