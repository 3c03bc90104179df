"""One order from the checkout to the credit memo, over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from integrations.connectors.magento.sandbox.tests.conftest import Account, criteria

Open = Callable[..., Account]


def placed(shop: Account, **wanted: Any) -> dict[str, Any]:
    """An order as GET /V1/orders/{id} shows it."""
    made = shop.control("POST", "/orders", {"seed": "t", **wanted})
    assert made.status == 200, made.text
    found: dict[str, Any] = shop.get(f"orders/{made.json['orders'][0]['id']}")
    return found


def test_an_order_is_invoiced_shipped_and_refunded(account: Account) -> None:
    order = placed(account, paid=False, kind="simple", lines=2, discount=False)
    number = order["entity_id"]
    assert (order["state"], order["status"]) == ("new", "pending")
    found = account.get("orders", criteria(("increment_id", order["increment_id"], "eq")))
    assert found["total_count"] == 1
    assert found["items"][0] == order
    invoice = account.get(f"invoices/{account.post(f'order/{number}/invoice', {'capture': True})}")
    assert invoice["grand_total"] == order["grand_total"]
    assert invoice["state"] == 2
    assert account.get(f"orders/{number}/statuses") == "processing"
    track = {"track_number": "1Z", "title": "UPS", "carrier_code": "ups"}
    shipment = account.post(f"order/{number}/ship", {"tracks": [track]})
    assert account.get(f"shipment/{shipment}")["tracks"][0]["track_number"] == "1Z"
    assert account.get(f"orders/{number}/statuses") == "complete"
    memo = account.get(f"creditmemo/{account.post(f'order/{number}/refund', {})}")
    assert memo["base_grand_total"] == order["base_grand_total"]
    closed = account.get(f"orders/{number}")
    assert (closed["state"], closed["total_refunded"]) == ("closed", order["grand_total"])


def test_an_unpaid_order_can_be_cancelled_and_its_goods_are_free_again(account: Account) -> None:
    sku = account.get("products", criteria(("type_id", "simple", "eq"), size=1))["items"][0]["sku"]
    account.control("POST", "/stock", {"sku": sku, "available": 2})
    wanted = {"paid": False, "lines_exact": [{"sku": sku, "quantity": 2, "kind": "simple"}]}
    order = placed(account, **wanted)
    refused = account.control("POST", "/orders", wanted)
    assert (refused.status, refused.json["error"]) == (409, f"Not enough of {sku} is left")
    assert account.post(f"orders/{order['entity_id']}/cancel") is True
    assert account.post(f"orders/{order['entity_id']}/cancel") is False
    found = account.get(f"orders/{order['entity_id']}")
    assert found["state"] == "canceled"
    assert found["items"][0]["qty_canceled"] == 2
    assert placed(account, **wanted)["items"][0]["qty_ordered"] == 2
