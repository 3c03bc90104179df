"""Heartland's list envelope: filter, sort, page, embed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from werkzeug.wrappers import Request, Response

from integrations.connectors.heartland.sandbox.state.account import Account
from integrations.connectors.heartland.sandbox.state.refusal import Refusal
from integrations.connectors.heartland.sandbox.state.values import Row
from integrations.connectors.heartland.sandbox.wire.answers import Embed, answer, embedded
from integrations.connectors.heartland.sandbox.wire.filters import reader, tests_of

# The vendor's own tool asks for 5000 rows; the real ceiling is not published.
MOST_PER_PAGE = 5000
USUAL_PER_PAGE = 20


def listing(
    account: Account,
    request: Request,
    rows: Iterable[Row],
    embeds: Mapping[str, Embed] | None = None,
    *,
    filtered: bool = False,
) -> Response:
    """`{total, pages, per_page, results}` of the rows the request asks for."""
    found = list(rows)
    sample = found[0] if found else None
    for test in () if filtered else tests_of(request.args, sample):
        found = [row for row in found if test(row)]
    _sort(found, request, sample)
    size = _size(request, len(found))
    page = _positive(request, "page", 1)
    shown = found[(page - 1) * size : page * size]
    return answer(
        {
            "total": len(found),
            "pages": max(1, -(-len(found) // size)),
            "per_page": size,
            "results": [embedded(account, row, request, embeds) for row in shown],
        }
    )


def _sort(rows: list[Row], request: Request, sample: Row | None) -> None:
    wanted = [*request.args.getlist("sort"), *request.args.getlist("sort[]")]
    for rule in reversed(wanted):
        field, _, direction = rule.partition(",")
        read = reader(field, sample)
        rows.sort(key=lambda row: _rank(read(row)), reverse=direction.strip().lower() == "desc")


def _rank(value: Any) -> tuple[int, Any]:
    if value is None:
        return (0, 0)
    if isinstance(value, int | Decimal):
        return (1, value)
    return (2, str(value))


def _size(request: Request, total: int) -> int:
    if request.args.get("per_page") == "all":
        return max(1, total)
    return min(_positive(request, "per_page", USUAL_PER_PAGE), MOST_PER_PAGE)


def _positive(request: Request, name: str, usual: int) -> int:
    text = request.args.get(name, "")
    if not text:
        return usual
    if not text.isdecimal() or int(text) == 0:
        raise Refusal(400, "validation_error", "Bad paging", {name: ["must be a positive number"]})
    return int(text)
