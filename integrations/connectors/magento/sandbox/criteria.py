"""searchCriteria: read from the query, and really evaluated.

Source: Magento's guide "performing searches"; without a direction a sort is descending; behind the end
the last page comes again (magento2#3787, #8099).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeVar

from integrations.connectors.magento.sandbox.conditions import Condition, condition, text_of
from integrations.connectors.magento.sandbox.errors import Refusal
from integrations.connectors.magento.sandbox.routing import Call

_Row = TypeVar("_Row")
Column = Callable[[_Row], Any]

_KEY = re.compile(r"\[([^\]]*)\]")
_SPELLINGS = {
    "filterGroups": "filter_groups",
    "sortOrders": "sort_orders",
    "pageSize": "page_size",
    "currentPage": "current_page",
    "conditionType": "condition_type",
}


@dataclass(frozen=True)
class Filter:
    field: str
    value: str
    condition: str = "eq"


@dataclass(frozen=True)
class Criteria:
    """`groups`: all of them must fit, of each one filter. `page_size` 0: everything."""

    groups: tuple[tuple[Filter, ...], ...] = ()
    sort: tuple[tuple[str, str], ...] = ()
    page_size: int = 0
    page: int = 1
    shown: Mapping[str, Any] = field(default_factory=dict)
    """As the answer repeats it."""


def read(call: Call) -> Criteria:
    """The criteria of a call. Raises Refusal when there are none at all."""
    tree = _tree(call.query)
    if tree is None:
        raise Refusal(
            '"%fieldName" is required. Enter and try again.',
            parameters={"fieldName": "searchCriteria"},
        )
    groups = []
    for group in _listed(tree.get("filter_groups")):
        groups.append(tuple(_filter(entry) for entry in _listed(group.get("filters"))))
    sort = tuple(
        (str(entry.get("field", "")), _direction(entry))
        for entry in _listed(tree.get("sort_orders"))
    )
    size, page = _whole(tree, "page_size"), _whole(tree, "current_page")
    return Criteria(tuple(groups), sort, size, max(page, 1), _shown(groups, sort, size, page))


def _tree(query: Sequence[tuple[str, str]]) -> dict[str, Any] | None:
    """{"filter_groups": {"0": {...}}} of the names that begin with searchCriteria."""
    tree: dict[str, Any] | None = None
    for name, value in query:
        head, bracket, _ = name.partition("[")
        if head not in ("searchCriteria", "search_criteria"):
            continue
        tree = {} if tree is None else tree
        keys = [_SPELLINGS.get(key, key) for key in _KEY.findall(name)] if bracket else []
        node = tree
        for key in keys[:-1]:
            deeper = node.setdefault(key, {})
            if not isinstance(deeper, dict):
                raise Refusal("The searchCriteria could not be read. Verify and try again.")
            node = deeper
        if keys:
            node[keys[-1]] = value
    return tree


def _listed(found: Any) -> list[dict[str, Any]]:
    rows = list(found.values()) if isinstance(found, dict) else []
    return [row for row in rows if isinstance(row, dict)]


def _filter(entry: Mapping[str, Any]) -> Filter:
    return Filter(
        str(entry.get("field", "")),
        str(entry.get("value", "")),
        str(entry.get("condition_type") or "eq"),
    )


def _direction(entry: Mapping[str, Any]) -> str:
    asked = str(entry.get("direction") or "DESC").upper()
    if asked not in ("ASC", "DESC"):
        raise Refusal(
            "The sort order has to be specified as ASC for ascending order or DESC for descending order."
        )
    return asked


def _whole(tree: Mapping[str, Any], name: str) -> int:
    found = tree.get(name)
    if found in (None, ""):
        return 0
    try:
        return int(str(found))
    except ValueError as error:
        raise Refusal(
            'The "%value" value\'s type is invalid. The "%type" type was expected. '
            "Verify and try again.",
            parameters={"value": str(found), "type": "int"},
        ) from error


def _shown(
    groups: Iterable[Iterable[Filter]], sort: Iterable[tuple[str, str]], size: int, page: int
) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "filter_groups": [
            {
                "filters": [
                    {"field": entry.field, "value": entry.value, "condition_type": entry.condition}
                    for entry in group
                ]
            }
            for group in groups
        ]
    }
    orders = [{"field": name, "direction": direction} for name, direction in sort]
    if orders:
        shown["sort_orders"] = orders
    if size:
        shown["page_size"] = size
    if page:
        shown["current_page"] = page
    return shown


def listing(
    call: Call,
    rows: Iterable[_Row],
    columns: Mapping[str, Column[_Row]],
    view: Callable[[_Row], Any],
) -> dict[str, Any]:
    """The answer of a search: `columns` are what may be filtered and sorted by, `view` is a row as the
    answer shows it. Raises Refusal for a field that is no column."""
    asked = read(call)
    groups = _tests(asked.groups, columns)
    order = [(_column(columns, name), direction) for name, direction in asked.sort]
    found = [
        row for row in rows if all(any(test(get(row)) for get, test in group) for group in groups)
    ]
    for column, direction in reversed(order):
        found = _sorted(found, column, direction)
    total = len(found)
    if asked.page_size:
        last = max(-(-total // asked.page_size), 1)
        start = (min(asked.page, last) - 1) * asked.page_size
        found = found[start : start + asked.page_size]
    return {
        "items": [view(row) for row in found],
        "search_criteria": dict(asked.shown),
        "total_count": total,
    }


def _column(columns: Mapping[str, Column[_Row]], name: str) -> Column[_Row]:
    found = columns.get(name)
    if found is None:
        raise Refusal("Invalid attribute name: %1", parameters=[name])
    return found


def _tests(
    groups: Iterable[tuple[Filter, ...]], columns: Mapping[str, Column[_Row]]
) -> list[list[tuple[Column[_Row], Condition]]]:
    """Made once, so that a list of a thousand SKUs is not cut up for each row. Raises Refusal."""
    return [
        [
            (_column(columns, entry.field), condition(entry.condition, entry.value))
            for entry in group
        ]
        for group in groups
        if group
    ]


def only(call: Call, name: str) -> list[str] | None:
    """The values that `name` must be one of, None when the search does not say: for a listing that
    can find its rows by them."""
    for group in read(call).groups:
        if len(group) == 1 and group[0].field == name:
            if group[0].condition == "eq":
                return [group[0].value]
            if group[0].condition == "in":
                return [value.strip() for value in group[0].value.split(",")]
    return None


def _sorted(rows: list[_Row], column: Column[_Row], direction: str) -> list[_Row]:
    return sorted(rows, key=lambda row: _sortable(column(row)), reverse=direction == "DESC")


def _sortable(value: Any) -> tuple[int, Any]:
    """Null before all else, as in MySQL; text without regard to case."""
    if value is None:
        return (0, 0)
    if isinstance(value, (bool, int, Decimal)):
        return (1, Decimal(value))
    return (2, text_of(value).lower())
