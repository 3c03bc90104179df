"""Asynchronous and bulk calls: accepted at once, worked off later, asked for afterwards."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from integrations.connectors.magento.sandbox.tests.conftest import Account, criteria
from integrations.connectors.magento.sandbox.tests.test_recorded import differences, recorded

_ALL = 1, 2, 3, 5


def _row(sku: str, quantity: int) -> dict[str, Any]:
    return {"sku": sku, "source_code": "default", "quantity": quantity, "status": 1}


def _batch(*rows: dict[str, Any]) -> dict[str, Any]:
    return {"sourceItems": list(rows)}


def _finished(account: Account, uuid: str) -> list[dict[str, Any]]:
    until = time.monotonic() + 5
    while time.monotonic() < until:
        rows: list[dict[str, Any]] = account.get(f"bulk/{uuid}/status")["operations_list"]
        if all(row["status"] in _ALL for row in rows):
            return rows
        time.sleep(0.01)
    raise AssertionError("the consumer did not finish")


def _on_hand(account: Account, sku: str) -> Any:
    rows = account.get("inventory/source-items", criteria(("sku", sku, "eq")))["items"]
    return rows[0]["quantity"]


def test_a_bulk_is_worked_off_and_says_what_failed(account: Account) -> None:
    bodies = [_batch(_row("TEE-BLK-S", 5)), _batch(_row("NO-SUCH", 5), _row("TEE-BLK-S", 9))]
    accepted = account.post("async/bulk/V1/inventory/source-items", bodies, store="all")
    assert [row["status"] for row in accepted["request_items"]] == ["accepted", "accepted"]
    assert accepted["errors"] is False
    rows = _finished(account, accepted["bulk_uuid"])
    assert [(row["id"], row["status"]) for row in rows] == [(0, 1), (1, 3)]
    assert rows[1]["result_message"] == "Could not save Source Item"
    assert _on_hand(account, "TEE-BLK-S") == 5
    shown = account.get(f"bulk/{accepted['bulk_uuid']}/detailed-status")
    assert differences(shown, recorded("bulk-detailed-status-failed")) == set()
    assert shown["user_type"] == 1
    assert account.get(f"bulk/{accepted['bulk_uuid']}/operation-status/3") == 1
    found = account.get("bulk", criteria(("status", 3, "eq")))
    assert found["total_count"] == 1


def test_what_stands_in_the_path_stands_in_the_body_of_a_bulk(account: Account) -> None:
    bodies = [{"product": {"sku": "TEE-BLK-S", "price": 3}}]
    url = "async/bulk/V1/products/bySku"
    accepted = account.rest("PUT", url, bodies, store="all").json
    assert [row["status"] for row in _finished(account, accepted["bulk_uuid"])] == [1]
    assert account.get("products/TEE-BLK-S", store="all")["price"] == 3
    stock = [{"productSku": "TEE-BLK-S", "itemId": 1, "stockItem": {"qty": 4, "is_in_stock": True}}]
    url = "async/bulk/V1/products/byProductSku/stockItems/byItemId"
    accepted = account.rest("PUT", url, stock).json
    assert [row["status"] for row in _finished(account, accepted["bulk_uuid"])] == [1]
    assert _on_hand(account, "TEE-BLK-S") == 4


def test_without_consumers_everything_stays_open(account: Account) -> None:
    account.control("PATCH", "", {"consumers": False})
    accepted = account.post("async/V1/inventory/source-items", _batch(_row("TEE-BLK-S", 1)))
    uuid = accepted["bulk_uuid"]
    before = _on_hand(account, "TEE-BLK-S")
    assert [row["status"] for row in account.get(f"bulk/{uuid}/status")["operations_list"]] == [4]
    assert _on_hand(account, "TEE-BLK-S") == before != 1
    account.control("PATCH", "", {"consumers": True})
    assert [row["status"] for row in _finished(account, uuid)] == [1]
    assert _on_hand(account, "TEE-BLK-S") == 1


def test_what_leads_nowhere_is_not_accepted(open_account: Callable[..., Account]) -> None:
    account = open_account(resources=["Magento_Catalog::products"])
    for method, path, body, status in (
        ("GET", "async/V1/products", None, 404),
        ("POST", "async/V1/nothing", {}, 404),
        ("POST", "async/bulk/V1/products", {}, 400),
        ("PUT", "async/bulk/V1/products/bySku", [{"product": {}}], 400),
        ("POST", "async/V1/inventory/source-items", {}, 401),
    ):
        assert account.rest(method, path, body).status == status, path
    assert account.refused("GET", "bulk/no-such/status").status in (401, 404)


def test_input_limits(account: Account) -> None:
    account.control("PATCH", "", {"input_limits": True})
    rows = [_row("TEE-BLK-S", number) for number in range(21)]
    reply = account.refused("POST", "inventory/source-items", _batch(*rows))
    assert reply.status == 400
    assert reply.json["message"] == 'Maximum items of type "%type" is %max'
    assert reply.json["parameters"]["max"] == 20
    assert account.post("inventory/source-items", _batch(*rows[:20])) == []
    accepted = account.post("async/V1/inventory/source-items", _batch(*rows))
    assert accepted["errors"] is False
    reply = account.refused("GET", "products", query=criteria(size=301))
    assert reply.json["parameters"] == {"max": 300}
    assert len(account.get("products", criteria(size=300))["items"]) == 32
    unsized = account.get("products", [("searchCriteria[currentPage]", 1)])
    assert len(unsized["items"]) == 20


def test_an_operation_can_fail_in_the_queue(account: Account) -> None:
    fault = {"kind": "status", "match": "CONSUMER async.inventory.source-items"}
    account.control("POST", "/faults", fault)
    uuid = account.post("async/V1/inventory/source-items", _batch(_row("TEE-BLK-S", 1)))[
        "bulk_uuid"
    ]
    rows = []
    until = time.monotonic() + 5
    while not any(row["status"] == 2 for row in rows) and time.monotonic() < until:
        rows = account.get(f"bulk/{uuid}/status")["operations_list"]
    assert [(row["status"], row["error_code"]) for row in rows] == [(2, 1205)]
    assert _on_hand(account, "TEE-BLK-S") != 1
