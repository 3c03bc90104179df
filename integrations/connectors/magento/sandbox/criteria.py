"""searchCriteria: read from the query, and really evaluated.

Source: Magento's guide "performing searches"; without a direction a sort is descending; behind the end
the last page comes again (magento2#3787, #8099).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from fnmatch import translate
from typing import Any, TypeVar

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
    found = [row for row in rows if _fits(row, asked.groups, columns)]
    for name, direction in reversed(asked.sort):
        column = _column(columns, name)
        found.sort(key=lambda row: _sortable(column(row)), reverse=direction == "DESC")
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


def _fits(
    row: _Row, groups: Iterable[tuple[Filter, ...]], columns: Mapping[str, Column[_Row]]
) -> bool:
    return all(
        not group or any(_holds(_column(columns, entry.field)(row), entry) for entry in group)
        for group in groups
    )


def _holds(value: Any, entry: Filter) -> bool:
    test = _CONDITIONS.get(entry.condition)
    if test is None:
        raise Refusal(f'The "{entry.condition}" condition type is not supported.')
    return test(value, entry.value)


def text_of(value: Any) -> str:
    """A value as the database compares it with text."""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, (list, tuple)):
        return ",".join(text_of(entry) for entry in value)
    return str(value)


def _order(value: Any, asked: str) -> int | None:
    """Below, equal or above 0 as `value` is; None when the two cannot be compared (null)."""
    if value is None:
        return None
    if isinstance(value, (int, Decimal)):
        try:
            left, right = Decimal(value), Decimal(asked.strip() or "0")
        except InvalidOperation:
            left, right = Decimal(value), Decimal(0)
        return (left > right) - (left < right)
    if isinstance(value, datetime):
        asked = _moment(asked)
    one, other = text_of(value).lower(), asked.lower()
    return (one > other) - (one < other)


def _moment(asked: str) -> str:
    """ "2026-01-31" is its first second, and a T or a zone's Z does no harm, as in MySQL."""
    text = asked.strip().replace("T", " ").removesuffix("Z")
    return f"{text} 00:00:00" if len(text) == 10 else text


def _is_equal(value: Any, asked: str) -> bool:
    return _order(value, asked) == 0


def _is_in(value: Any, asked: str) -> bool:
    return any(_is_equal(value, entry.strip()) for entry in asked.split(","))


def _is_like(value: Any, asked: str) -> bool:
    if value is None:
        return False
    pattern = asked.replace("[", "[[]").replace("*", "[*]").replace("?", "[?]")
    pattern = pattern.replace("%", "*").replace("_", "?")
    return re.fullmatch(translate(pattern), text_of(value), re.IGNORECASE) is not None


def _is_member(value: Any, asked: str) -> bool:
    return value is not None and asked in text_of(value).split(",")


def _compared(fits: Callable[[int], bool]) -> Callable[[Any, str], bool]:
    def test(value: Any, asked: str) -> bool:
        found = _order(value, asked)
        return found is not None and fits(found)

    return test


_CONDITIONS: dict[str, Callable[[Any, str], bool]] = {
    "eq": _is_equal,
    "neq": _compared(lambda order: order != 0),
    "gt": _compared(lambda order: order > 0),
    "gteq": _compared(lambda order: order >= 0),
    "moreq": _compared(lambda order: order >= 0),
    "from": _compared(lambda order: order >= 0),
    "lt": _compared(lambda order: order < 0),
    "lteq": _compared(lambda order: order <= 0),
    "to": _compared(lambda order: order <= 0),
    "in": _is_in,
    "nin": lambda value, asked: value is not None and not _is_in(value, asked),
    "like": _is_like,
    "nlike": lambda value, asked: value is not None and not _is_like(value, asked),
    "finset": _is_member,
    "nfinset": lambda value, asked: not _is_member(value, asked),
    "null": lambda value, _: value is None,
    "notnull": lambda value, _: value is not None,
}


def _sortable(value: Any) -> tuple[int, Any]:
    """Null before all else, as in MySQL; text without regard to case."""
    if value is None:
        return (0, 0)
    if isinstance(value, (bool, int, Decimal)):
        return (1, Decimal(value))
    return (2, text_of(value).lower())
