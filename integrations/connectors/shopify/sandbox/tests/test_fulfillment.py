"""Shipments: what they change, and the recorded refusals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from integrations.connectors.shopify.sandbox.tests.conftest import Account

SKU = "TEE-BLK-S"


def _ordered(account: Account, operations: dict[str, str], quantity: int = 3) -> Any:
    made = account.order(paid=True, lines_exact=[{"sku": SKU, "quantity": quantity}])[0]
    return _read(account, operations, f"gid://shopify/Order/{made['id']}")


def _read(account: Account, operations: dict[str, str], identifier: str) -> Any:
    return account.data(operations["OrderOne"], {"id": identifier})["order"]


def _ship(account: Account, operations: dict[str, str], *groups: Any, **more: Any) -> Any:
    values = {"lineItemsByFulfillmentOrder": list(groups), "notifyCustomer": False, **more}
    return account.data(operations["FulfillmentCreate"], {"fulfillment": values})[
        "fulfillmentCreate"
    ]


def _group(order: Any, quantity: int | None = None) -> dict[str, Any]:
    found = order["fulfillmentOrders"]["nodes"][0]
    group: dict[str, Any] = {"fulfillmentOrderId": found["id"]}
    if quantity is not None:
        line = found["lineItems"]["nodes"][0]
        group["fulfillmentOrderLineItems"] = [{"id": line["id"], "quantity": quantity}]
    return group


def test_part_then_rest_with_tracking(account: Account, operations: dict[str, str]) -> None:
    before = account.stock(SKU)
    order = _ordered(account, operations)
    part = _ship(
        account,
        operations,
        _group(order, 1),
        trackingInfo={"company": "UPS", "number": "1Z999"},
    )
    assert part["userErrors"] == []
    shipped = part["fulfillment"]
    assert (shipped["status"], shipped["displayStatus"]) == ("SUCCESS", "FULFILLED")
    assert shipped["trackingInfo"][0]["number"] == "1Z999"
    assert shipped["trackingInfo"][0]["url"].startswith("https://www.ups.com/")
    order = _read(account, operations, order["id"])
    assert order["displayFulfillmentStatus"] == "PARTIALLY_FULFILLED"
    left = order["fulfillmentOrders"]["nodes"][0]
    assert left["status"] == "IN_PROGRESS"
    assert left["lineItems"]["nodes"][0]["remainingQuantity"] == 2
    assert account.stock(SKU) == {
        "available": before["available"] - 3,
        "committed": 2,
        "on_hand": before["on_hand"] - 1,
    }
    assert _ship(account, operations, _group(order))["userErrors"] == []
    order = _read(account, operations, order["id"])
    assert order["displayFulfillmentStatus"] == "FULFILLED"
    assert order["fulfillmentOrders"]["nodes"][0]["status"] == "CLOSED"
    assert account.stock(SKU) == {
        "available": before["available"] - 3,
        "committed": 0,
        "on_hand": before["on_hand"] - 3,
    }


def test_refusals_equal_the_recorded_ones(
    account: Account, operations: dict[str, str], recorded: Callable[[str], Any]
) -> None:
    cases = recorded("2026-04.fulfillment-create-preconditions")["cases"]

    def expected(name: str) -> Any:
        return cases[name]["response"]["data"]["fulfillmentCreate"]["userErrors"]

    order = _ordered(account, operations)
    before = account.stock(SKU)
    missing = {"fulfillmentOrderId": "gid://shopify/FulfillmentOrder/999999998"}
    for name, group in (
        ("nonPositiveQuantity", _group(order, 0)),
        ("overFulfill", _group(order, 4)),
        ("missingFulfillmentOrder", missing),
    ):
        result = _ship(account, operations, group)
        assert result == {"fulfillment": None, "userErrors": expected(name)}, name
    assert account.stock(SKU) == before
    _ship(account, operations, _group(order))
    number = order["fulfillmentOrders"]["nodes"][0]["id"].rsplit("/", 1)[-1]
    text = expected("closed")[0]["message"]
    recorded_number = text.split()[2]
    assert _ship(account, operations, _group(order))["userErrors"] == [
        {"field": ["fulfillment"], "message": text.replace(recorded_number, number)}
    ]


def test_two_orders_in_one_call(account: Account, operations: dict[str, str]) -> None:
    one, two = _ordered(account, operations, 1), _ordered(account, operations, 1)
    error = _ship(account, operations, _group(one), _group(two))["userErrors"][0]
    ids = [int(order["legacyResourceId"]) for order in (one, two)]
    assert error == {
        "field": ["fulfillment"],
        "message": "All fulfillment orders must belong to the same order. "
        f"Multiple orders with ids {ids} were found.",
    }


def test_malformed_id_is_a_top_level_error(account: Account, operations: dict[str, str]) -> None:
    values = {"lineItemsByFulfillmentOrder": [{"fulfillmentOrderId": "gid://shopify/Order/1"}]}
    body = account.graphql(operations["FulfillmentCreate"], {"fulfillment": values}).json
    assert body["errors"][0]["message"] == "invalid id"
    assert body["errors"][0]["extensions"]["code"] == "RESOURCE_NOT_FOUND"
    assert body["data"] == {"fulfillmentCreate": None}


def test_tracking_later_and_cancel(account: Account, operations: dict[str, str]) -> None:
    order = _ordered(account, operations, 2)
    before = account.stock(SKU)
    made = _ship(account, operations, _group(order))["fulfillment"]["id"]
    info = {"company": "Courier", "numbers": ["A", "B"], "urls": ["https://example.com/A"]}
    account.data(operations["TrackingUpdate"], {"id": made, "t": info})
    query = (
        "query Q($id: ID!) { order(id: $id) { fulfillments(first: 5) { status"
        " trackingInfo(first: 5) { company number url } } } }"
    )
    found = account.data(query, {"id": order["id"]})["order"]["fulfillments"]
    assert found[0]["trackingInfo"] == [
        {"company": "Courier", "number": "A", "url": "https://example.com/A"},
        {"company": "Courier", "number": "B", "url": None},
    ]
    for _ in range(2):
        done = account.data(operations["FulfillmentCancel"], {"id": made})["fulfillmentCancel"]
        assert done == {"fulfillment": {"id": made, "status": "CANCELLED"}, "userErrors": []}
    assert account.stock(SKU) == before
    again = _read(account, operations, order["id"])
    states = [entry["status"] for entry in again["fulfillmentOrders"]["nodes"]]
    assert states == ["CLOSED", "OPEN"]


def test_shipped_order_cannot_be_cancelled(account: Account, operations: dict[str, str]) -> None:
    order = _ordered(account, operations)
    _ship(account, operations, _group(order, 1))
    variables = {"orderId": order["id"], "reason": "OTHER", "restock": True}
    result = account.data(operations["OrderCancel"], variables)["orderCancel"]
    assert result["orderCancelUserErrors"] == [
        {
            "field": ["orderId"],
            "message": "Cannot cancel an order that has outstanding fulfillments",
            "code": "INVALID",
        }
    ]
