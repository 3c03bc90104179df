"""Stock: the recorded refusals, idempotency and what a write moves."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from integrations.connectors.shopify.sandbox.tests.conftest import Account

_SET = """mutation Set($input: InventorySetQuantitiesInput!, $key: String!) {
  inventorySetQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup { id reason referenceDocumentUri
      changes { name delta quantityAfterChange item { id } location { id } } }
    userErrors { field message code } } }"""
_ADJUST = """mutation Adjust($input: InventoryAdjustQuantitiesInput!, $key: String!) {
  inventoryAdjustQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup { id } userErrors { field message code } } }"""
SKU = "TEE-BLK-S"


def _entry(account: Account, quantity: int, change_from: int | None, sku: str = SKU) -> Any:
    return {
        "inventoryItemId": account.item_id(sku),
        "locationId": account.location,
        "quantity": quantity,
        "changeFromQuantity": change_from,
    }


def _set(account: Account, *entries: Any, key: str = "", **more: Any) -> Any:
    values = {"name": "available", "reason": "correction", "quantities": list(entries), **more}
    variables = {"input": values, "key": key or str(uuid.uuid4())}
    return account.graphql(_SET, variables).json


def test_set_moves_available_and_on_hand(account: Account) -> None:
    before = account.stock(SKU)
    body = _set(
        account,
        _entry(account, before["available"] - 7, before["available"]),
        referenceDocumentUri="gid://clarity-connect/SyncJob/1",
    )
    result = body["data"]["inventorySetQuantities"]
    assert result["userErrors"] == []
    changes = result["inventoryAdjustmentGroup"]["changes"]
    assert [(entry["name"], entry["delta"]) for entry in changes] == [
        ("available", -7),
        ("on_hand", -7),
    ]
    assert {entry["quantityAfterChange"] for entry in changes} == {None}
    after = account.stock(SKU)
    assert after["available"] == before["available"] - 7
    assert after["on_hand"] == before["on_hand"] - 7


def test_unchanged_value_is_success_without_a_group(account: Account) -> None:
    now = account.stock(SKU)["available"]
    result = _set(account, _entry(account, now, now))["data"]["inventorySetQuantities"]
    assert result == {"inventoryAdjustmentGroup": None, "userErrors": []}


def test_missing_directive_is_refused_as_recorded(
    account: Account, recorded: Callable[[str], Any]
) -> None:
    wanted = recorded("2026-04.inventory-quantity-contracts-2026-04")["missingSetIdempotency"]
    query = _SET.replace(" @idempotent(key: $key)", "").replace(", $key: String!", "")
    values = {"name": "available", "reason": "correction", "quantities": [_entry(account, 1, None)]}
    body = account.graphql(query, {"input": values}).json
    told, expected = body["errors"][0], wanted["response"]["errors"][0]
    for part in ("message", "extensions", "path"):
        assert told[part] == expected[part]
    assert body["data"] == wanted["response"]["data"]


def test_missing_change_from_quantity_is_refused_as_recorded(
    account: Account, recorded: Callable[[str], Any]
) -> None:
    files = recorded("2026-04.inventory-quantity-contracts-2026-04")
    entry = _entry(account, 1, None)
    del entry["changeFromQuantity"]
    body = _set(account, entry)
    expected = files["missingSetChangeFromQuantity"]["response"]
    told = body["errors"][0]
    for part in ("message", "extensions", "path"):
        assert told[part] == expected["errors"][0][part]
    assert len(told["locations"]) == 2
    assert body["data"] == expected["data"]
    assert account.stock(SKU)["available"] != 1


def test_field_that_was_removed_is_an_invalid_variable(account: Account) -> None:
    body = _set(account, _entry(account, 1, None), ignoreCompareQuantity=True)
    told = body["errors"][0]
    assert told["message"] == (
        "Variable $input of type InventorySetQuantitiesInput! was provided invalid value for "
        "ignoreCompareQuantity (Field is not defined on InventorySetQuantitiesInput)"
    )
    assert told["extensions"]["code"] == "INVALID_VARIABLE"
    assert told["extensions"]["problems"] == [
        {
            "path": ["ignoreCompareQuantity"],
            "explanation": "Field is not defined on InventorySetQuantitiesInput",
        }
    ]


@pytest.mark.parametrize(
    ("file", "path"),
    [
        ("2026-04.inventorySetQuantities-name-validation", "cases/damaged"),
        ("2026-04.inventorySetQuantities-name-validation", "cases/committed"),
        ("2026-04.inventorySetQuantities-name-validation", "cases/availableTooHigh"),
        ("2026-04.inventorySetQuantities-name-validation", "cases/duplicatePair"),
        ("2026-04.inventorySetQuantities-quantity-bounds", "cases/onHandNegative"),
        ("2026-04.inventorySetQuantities-quantity-bounds", "cases/availableTooLow"),
        ("2026-04.inventory-reason-validation", "invalidReasonCases/unknownReasonSet"),
        ("2026-04.inventory-reason-validation", "invalidReasonCases/emptyReasonSet"),
    ],
)
def test_refusals_equal_the_recorded_ones(
    account: Account, recorded: Callable[[str], Any], file: str, path: str
) -> None:
    case = recorded(file)
    for part in path.split("/"):
        case = case[part]
    before = account.stock(SKU)
    values = case["variables"]["input"]
    for entry in values["quantities"]:
        entry.update(inventoryItemId=account.item_id(SKU), locationId=account.location)
        entry["changeFromQuantity"] = None
    body = account.graphql(_SET, {"input": values, "key": str(uuid.uuid4())}).json
    expected = case["response"]["data"]["inventorySetQuantities"]
    assert body["data"]["inventorySetQuantities"]["userErrors"] == expected["userErrors"]
    assert body["data"]["inventorySetQuantities"]["inventoryAdjustmentGroup"] is None
    assert account.stock(SKU) == before


def test_unknown_item_and_location_as_recorded(
    account: Account, recorded: Callable[[str], Any]
) -> None:
    files = recorded("2026-04.inventory-quantity-contracts-2026-04")["unknownIdValidation"]
    entry = _entry(account, 3, 0)
    lost_item = {**entry, "inventoryItemId": files["unknownInventoryItemId"]}
    lost_place = {**entry, "locationId": files["unknownLocationId"], "changeFromQuantity": None}
    for given, name in ((lost_item, "setUnknownInventoryItem"), (lost_place, "setUnknownLocation")):
        expected = files[name]["response"]["data"]["inventorySetQuantities"]
        assert _set(account, given)["data"]["inventorySetQuantities"] == expected


def test_stale_change_from_leaves_the_whole_call_undone(account: Account) -> None:
    other = "BELT-NVY-XL"
    before, there = account.stock(SKU), account.stock(other)
    body = _set(
        account,
        _entry(account, 3, None),
        _entry(account, 4, there["available"] + 1, sku=other),
    )
    result = body["data"]["inventorySetQuantities"]
    assert result["inventoryAdjustmentGroup"] is None
    assert [(error["field"], error["code"]) for error in result["userErrors"]] == [
        (["input", "quantities", "1", "changeFromQuantity"], "CHANGE_FROM_QUANTITY_STALE")
    ]
    assert account.stock(SKU) == before
    assert account.stock(other) == there


def test_same_key_answers_again_and_does_nothing(account: Account) -> None:
    entry, key = _entry(account, 11, None), str(uuid.uuid4())
    first = _set(account, entry, key=key)["data"]
    account.control("POST", "/stock", {"sku": SKU, "available": 50})
    assert _set(account, entry, key=key)["data"] == first
    assert account.stock(SKU)["available"] == 50


def test_same_key_with_other_values_is_a_mismatch(account: Account) -> None:
    key = str(uuid.uuid4())
    _set(account, _entry(account, 11, None), key=key)
    result = _set(account, _entry(account, 12, None), key=key)["data"]["inventorySetQuantities"]
    assert result["inventoryAdjustmentGroup"] is None
    assert [e["code"] for e in result["userErrors"]] == ["IDEMPOTENCY_KEY_PARAMETER_MISMATCH"]
    assert account.stock(SKU)["available"] == 11


def test_more_than_250_entries_are_refused(account: Account) -> None:
    entry = _entry(account, 1, None)
    error = _set(account, *[entry] * 251)["errors"][0]
    assert error["extensions"]["code"] == "MAX_INPUT_SIZE_EXCEEDED"
    assert error["message"] == (
        "The input array size of 251 is greater than the maximum allowed of 250."
    )


def test_adjust_adds_and_wants_a_ledger_for_all_but_available(account: Account) -> None:
    before = account.stock(SKU)
    change = {
        "inventoryItemId": account.item_id(SKU),
        "locationId": account.location,
        "delta": -2,
        "changeFromQuantity": before["available"],
    }
    values = {"name": "available", "reason": "correction", "changes": [change]}
    result = account.data(_ADJUST, {"input": values, "key": str(uuid.uuid4())})
    assert result["inventoryAdjustQuantities"]["userErrors"] == []
    assert account.stock(SKU)["available"] == before["available"] - 2
    values = {"name": "damaged", "reason": "damaged", "changes": [{**change, "delta": 1}]}
    result = account.data(_ADJUST, {"input": values, "key": str(uuid.uuid4())})
    codes = [error["code"] for error in result["inventoryAdjustQuantities"]["userErrors"]]
    assert "INVALID_QUANTITY_DOCUMENT" in codes


def test_activate_a_second_location(
    open_account: Callable[..., Account], operations: dict[str, str]
) -> None:
    account = open_account(locations=2)
    places = account.data(operations["Locations"])["locations"]["nodes"]
    second = next(place["id"] for place in places if place["id"] != account.location)
    item = account.item_id(SKU)
    variables = {"item": item, "loc": second, "onHand": 5, "key": "k1"}
    made = account.data(operations["InventoryActivate"], variables)["inventoryActivate"]
    assert made["userErrors"] == []
    again = account.data(operations["InventoryActivate"], {**variables, "key": "k2"})
    assert len(again["inventoryActivate"]["userErrors"]) == 1
    levels = account.data(operations["InventoryItemBySku"], {"q": f"sku:'{SKU}'"})
    nodes = levels["inventoryItems"]["nodes"][0]["inventoryLevels"]["nodes"]
    shown = {node["location"]["id"]: node["quantities"][0]["quantity"] for node in nodes}
    assert shown[second] == 5


def test_sku_search_is_by_words(open_account: Callable[..., Account]) -> None:
    account = open_account(size=170)
    query = "query Q($q: String!) { productVariants(first: 100, query: $q) { nodes { sku } } }"
    found = account.data(query, {"q": "sku:'TEE-BLK-S' OR sku:'mug-red-m'"})
    skus = {node["sku"] for node in found["productVariants"]["nodes"]}
    assert {"TEE-BLK-S", "MUG-RED-M"} <= skus
    assert all(sku.startswith(("TEE-BLK-S", "MUG-RED-M")) for sku in skus)
    assert "TEE-BLK-S-1" in skus
