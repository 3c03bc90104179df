"""Connections: pages of records with opaque cursors that survive changes between calls."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLError

_PAGE_LIMIT = 250

View = dict[str, Any]


def _by_id(record: Any) -> Any:
    return record.id


@dataclass
class Rows:
    """Records in rising order of `(key, id)` and how to show one. `reverse` turns them round."""

    records: Sequence[Any]
    view: Callable[[Any], View]
    key: Callable[[Any], Any] = _by_id
    number: Callable[[Any], int] = _by_id


def _cursor(rows: Rows, record: Any) -> str:
    raw = json.dumps({"last_id": rows.number(record), "last_value": rows.key(record)})
    return base64.b64encode(raw.encode()).decode()


def _position(cursor: str) -> tuple[Any, int]:
    try:
        parts = json.loads(base64.b64decode(cursor, validate=True))
        return parts["last_value"], int(parts["last_id"])
    except (ValueError, KeyError, TypeError) as error:
        raise GraphQLError(
            f"'{cursor}' is not a valid cursor.", extensions={"code": "BAD_REQUEST"}
        ) from error


def page(
    rows: Rows,
    *,
    first: int | None = None,
    last: int | None = None,
    after: str | None = None,
    before: str | None = None,
    reverse: bool = False,
) -> View:
    """One page. Raises GraphQLError when neither `first` nor `last` is given or one is too big."""
    size = first if first is not None else last
    if size is None:
        raise GraphQLError(
            "you must provide one of first or last", extensions={"code": "BAD_REQUEST"}
        )
    if not 0 <= size <= _PAGE_LIMIT:
        raise GraphQLError(
            f"The page size must be from 0 to {_PAGE_LIMIT}.", extensions={"code": "BAD_REQUEST"}
        )
    chosen = list(rows.records)
    if reverse:
        chosen.reverse()
    start, end = 0, len(chosen)
    if after is not None:
        start = _cut(rows, chosen, _position(after), reverse, is_after=True)
    if before is not None:
        end = _cut(rows, chosen, _position(before), reverse, is_after=False)
    window = chosen[start:end]
    shown = window[:size] if first is not None else window[len(window) - min(size, len(window)) :]
    skipped = 0 if first is not None else len(window) - len(shown)
    return {
        "nodes": [rows.view(record) for record in shown],
        "edges": lambda _call: [
            {"cursor": _cursor(rows, record), "node": rows.view(record)} for record in shown
        ],
        "pageInfo": {
            "hasNextPage": start + skipped + len(shown) < len(chosen),
            "hasPreviousPage": start + skipped > 0,
            "startCursor": _cursor(rows, shown[0]) if shown else None,
            "endCursor": _cursor(rows, shown[-1]) if shown else None,
        },
    }


def _cut(
    rows: Rows, chosen: Sequence[Any], position: tuple[Any, int], reverse: bool, *, is_after: bool
) -> int:
    """Index of the first record behind (or, for `before`, at) the position."""
    for index, record in enumerate(chosen):
        here = (rows.key(record), rows.number(record))
        if here == position:
            return index + 1 if is_after else index
        if (here < position) if reverse else (here > position):
            return index
    return len(chosen)
