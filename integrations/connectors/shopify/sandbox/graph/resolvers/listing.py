"""What list queries share: search, order and the note about ignored filters."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from integrations.connectors.shopify.sandbox.graph.call import Call
from integrations.connectors.shopify.sandbox.graph.paging import Rows, View
from integrations.connectors.shopify.sandbox.graph.search import Field, Search, parse

# Shopify: counts are exact to 25,000, above it the answer is 25,001.
MOST_COUNTED = 25_001


def listed(
    call: Call,
    root: str,
    records: Iterable[Any],
    fields: Mapping[str, Field],
    query: str | None,
    *,
    view: Callable[[Any], View],
    key: Callable[[Any], Any] | None = None,
    number: Callable[[Any], int] | None = None,
) -> Rows:
    """The records that match, in rising order of `key` and id."""
    number = number or (lambda record: record.id)
    search = searched(call, root, fields, query)
    floor = search.floor()
    if floor is not None:
        # Records are kept in the order of their numbers, so nobody looks at those below.
        every = list(records)
        chosen = every[bisect_right(every, floor, key=number) :]
        if key is None:
            return Rows(chosen, view, key=number, number=number)
        return ordered(chosen, view, key, number)
    wanted = search.candidates()
    chosen = [
        record
        for record in records
        if (wanted is None or record.id in wanted) and search.matches(record)
    ]
    return ordered(chosen, view, key or number, number)


def counted(
    call: Call,
    root: str,
    records: Iterable[Any],
    fields: Mapping[str, Field],
    query: str | None,
    limit: int | None,
) -> View:
    """A `Count`: exact up to `limit`, and up to 25,000 whatever was asked."""
    search = searched(call, root, fields, query)
    found = sum(1 for record in records if search.matches(record))
    most = min(MOST_COUNTED, limit if limit is not None else MOST_COUNTED)
    return {
        "count": min(found, most),
        "precision": "EXACT" if found <= most else "AT_LEAST",
    }


def searched(call: Call, root: str, fields: Mapping[str, Field], query: str | None) -> Search:
    """The parsed query; filters that are ignored are noted for the answer's extensions."""
    search = parse(query, fields)
    if search.unknown:
        call.searches.append(
            {
                "path": [root],
                "query": query,
                "parsed": {"field": search.unknown[0].name, "match_all": search.unknown[0].value},
                "warnings": [
                    {
                        "field": term.name,
                        "message": "Invalid search field for this query.",
                        "code": "invalid_field",
                    }
                    for term in search.unknown
                ],
            }
        )
    return search


def ordered(
    chosen: list[Any],
    view: Callable[[Any], View],
    key: Callable[[Any], Any],
    number: Callable[[Any], int],
) -> Rows:
    chosen.sort(key=lambda record: (key(record), number(record)))
    return Rows(chosen, view, key=key, number=number)
