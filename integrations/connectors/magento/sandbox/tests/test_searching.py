"""searchCriteria evaluated: groups, conditions, order, pages, partial answers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from integrations.connectors.magento.sandbox import criteria as searching
from integrations.connectors.magento.sandbox import partial
from integrations.connectors.magento.sandbox.errors import Refusal
from integrations.connectors.magento.sandbox.routing import Call
from integrations.connectors.magento.sandbox.tests.conftest import Account, criteria

_START = datetime(2026, 1, 31, 23, 55, tzinfo=UTC)
_ROWS: list[dict[str, Any]] = [
    {
        "id": number,
        "name": f"Row {number}",
        "price": Decimal(number) / 2,
        "note": None if number % 2 else "a,b",
        "at": _START + timedelta(seconds=number // 2),
    }
    for number in range(1, 8)
]
_COLUMNS = {name: (lambda row, name=name: row[name]) for name in _ROWS[0]}


def _ids(*pairs: tuple[str, object]) -> list[int]:
    call = Call("GET", "/V1/rows", query=[(name, str(value)) for name, value in pairs])
    answer = searching.listing(call, _ROWS, _COLUMNS, lambda row: row)
    assert len(answer["items"]) <= answer["total_count"]
    return [row["id"] for row in answer["items"]]


def _one(field: str, value: object, condition: str) -> list[int]:
    return _ids(*criteria((field, value, condition)))


@pytest.mark.parametrize(
    ("field", "value", "condition", "wanted"),
    [
        ("id", 3, "eq", [3]),
        ("id", 3, "neq", [1, 2, 4, 5, 6, 7]),
        ("id", 5, "gt", [6, 7]),
        ("id", 5, "gteq", [5, 6, 7]),
        ("id", 5, "moreq", [5, 6, 7]),
        ("id", 2, "lt", [1]),
        ("id", 2, "lteq", [1, 2]),
        ("price", "1.50", "eq", [3]),
        ("id", "2, 4,9", "in", [2, 4]),
        ("id", "2,4", "nin", [1, 3, 5, 6, 7]),
        ("name", "row%", "like", [1, 2, 3, 4, 5, 6, 7]),
        ("name", "%_7", "like", [7]),
        ("name", "%7", "nlike", [1, 2, 3, 4, 5, 6]),
        ("note", "b", "finset", [2, 4, 6]),
        ("note", "b", "nfinset", [1, 3, 5, 7]),
        ("note", "", "null", [1, 3, 5, 7]),
        ("note", "", "notnull", [2, 4, 6]),
        ("at", "2026-01-31 23:55:03", "gteq", [6, 7]),
        ("at", "2026-02-01", "lt", [1, 2, 3, 4, 5, 6, 7]),
    ],
)
def test_each_condition(field: str, value: object, condition: str, wanted: list[int]) -> None:
    assert _one(field, value, condition) == wanted


def test_groups_are_and_filters_in_a_group_are_or() -> None:
    def at(group: int, place: int, value: object, condition: str) -> list[tuple[str, object]]:
        head = f"searchCriteria[filterGroups][{group}][filters][{place}]"
        return [
            (f"{head}[field]", "id"),
            (f"{head}[value]", value),
            (f"{head}[conditionType]", condition),
        ]

    pairs = [*at(0, 0, 2, "eq"), *at(0, 1, 6, "gteq"), *at(1, 0, 7, "neq")]
    assert _ids(*pairs) == [2, 6]


def test_a_sort_without_direction_descends_and_ties_keep_their_order() -> None:
    head = "searchCriteria[sortOrders]"
    assert _ids((f"{head}[0][field]", "id")) == [7, 6, 5, 4, 3, 2, 1]
    pairs = [
        (f"{head}[0][field]", "at"),
        (f"{head}[0][direction]", "ASC"),
        (f"{head}[1][field]", "id"),
    ]
    assert _ids(*pairs) == [1, 3, 2, 5, 4, 7, 6]


def test_behind_the_end_the_last_page_comes_again() -> None:
    assert _ids(*criteria(size=3, page=3)) == [7]
    assert _ids(*criteria(size=3, page=4)) == [7]
    assert _ids(("searchCriteria", "")) == [1, 2, 3, 4, 5, 6, 7]


def test_what_cannot_be_read_is_refused() -> None:
    for pairs, said in (
        ([], "is required"),
        (criteria(("nothing", 1, "eq")), "Invalid attribute name"),
        (criteria(("id", 1, "about")), "condition type"),
        ([("searchCriteria[pageSize]", "many")], "type is invalid"),
        (
            [
                ("searchCriteria[sortOrders][0][field]", "id"),
                ("searchCriteria[sortOrders][0][direction]", "UP"),
            ],
            "sort order",
        ),
    ):
        with pytest.raises(Refusal, match=said):
            _ids(*pairs)


def test_partial_answers() -> None:
    wanted = partial.parsed("items[id,lines[sku]],total_count")
    body = {
        "items": [{"id": 1, "name": "x", "lines": [{"sku": "A", "qty": 1}]}, {"id": 2}],
        "total_count": 2,
        "search_criteria": {},
    }
    assert partial.chosen(body, wanted) == {
        "items": [{"id": 1, "lines": [{"sku": "A"}]}, {"id": 2}],
        "total_count": 2,
    }
    assert partial.chosen(body, {}) is body


def test_partial_answers_over_http(account: Account) -> None:
    pairs = [*criteria(("sku", "TEE-BLK-S", "eq")), ("fields", "items[sku,price],total_count")]
    assert account.get("products", pairs) == {
        "items": [{"sku": "TEE-BLK-S", "price": 19}],
        "total_count": 1,
    }


def test_a_list_without_criteria_is_refused(account: Account) -> None:
    reply = account.refused("GET", "products")
    assert reply.status == 400
    assert reply.json["parameters"] == {"fieldName": "searchCriteria"}
