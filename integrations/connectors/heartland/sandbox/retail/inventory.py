"""Stock values, the movement ledger and adjustment sets over HTTP (3.4)."""

from __future__ import annotations

from collections.abc import Iterable

from werkzeug.wrappers import Request, Response

from integrations.connectors.heartland.sandbox.retail.shared import changed, created, row_of
from integrations.connectors.heartland.sandbox.state import adjustments
from integrations.connectors.heartland.sandbox.state.account import Account
from integrations.connectors.heartland.sandbox.state.values import Row, flag
from integrations.connectors.heartland.sandbox.wire.answers import (
    Embed,
    Route,
    answer,
    body_of,
    embedded,
    view,
)
from integrations.connectors.heartland.sandbox.wire.filters import tests_of
from integrations.connectors.heartland.sandbox.wire.lists import listing

_GROUPS = ("item_id", "location_id")
_SUMS = ("qty_on_hand", "qty_committed", "qty_available", "qty_on_po", "qty_in_transit")


def _item(account: Account, row: Row) -> Row | None:
    return view(account.items[row["item_id"]]) if "item_id" in row else None


def _location(account: Account, row: Row) -> Row | None:
    return view(account.locations[row["location_id"]]) if "location_id" in row else None


def _lines(account: Account, row: Row) -> list[Row]:
    return [view(line) for line in account.lines.get(row["id"], [])]


_VALUE_EMBEDS: dict[str, Embed] = {"item": _item, "location": _location}
_SET_EMBEDS: dict[str, Embed] = {"lines": _lines}


def list_values(account: Account, request: Request) -> Response:
    """Grouped by what `group[]` names. Without it, or as `group[0]=`, there is one total row."""
    groups = [name for name in _GROUPS if name in request.args.getlist("group[]")]
    rows: Iterable[Row] = account.stock.values()
    if flag(request.args, "exclude_empty_locations", default=False):
        rows = [row for row in rows if row["qty_on_hand"] or row["qty_committed"]]
    summed = len(groups) < len(_GROUPS)
    if summed:
        rows = _grouped(request, list(rows), groups)
    return listing(account, request, rows, _VALUE_EMBEDS, filtered=summed)


def _grouped(request: Request, rows: list[Row], groups: list[str]) -> list[Row]:
    """Sums of the rows that pass the filter; filters work before the sums are made."""
    for test in tests_of(request.args, rows[0] if rows else None):
        rows = [row for row in rows if test(row)]
    sums: dict[tuple[int, ...], Row] = {}
    if not groups:
        sums[()] = dict.fromkeys(_SUMS, 0)
    for row in rows:
        key = tuple(row[name] for name in groups)
        named = dict(zip(groups, key, strict=True))
        total = sums.setdefault(key, {**named, **dict.fromkeys(_SUMS, 0)})
        for name in _SUMS:
            total[name] += row[name]
    return list(sums.values())


def list_ledger(account: Account, request: Request) -> Response:
    return listing(account, request, account.ledger.values(), _VALUE_EMBEDS)


def list_sets(account: Account, request: Request) -> Response:
    return listing(account, request, account.adjustment_sets.values(), _SET_EMBEDS)


def post_set(account: Account, request: Request) -> Response:
    row = adjustments.create(account, body_of(request))
    return created(account, f"/inventory/adjustment_sets/{row['id']}")


def get_set(account: Account, request: Request, row_id: int) -> Response:
    row = row_of(account.adjustment_sets, row_id, "Adjustment set")
    return answer(embedded(account, row, request, _SET_EMBEDS))


def put_set(account: Account, request: Request, row_id: int) -> Response:
    row = row_of(account.adjustment_sets, row_id, "Adjustment set")
    adjustments.update(account, row, body_of(request))
    return changed()


def list_set_lines(account: Account, request: Request, row_id: int) -> Response:
    row = row_of(account.adjustment_sets, row_id, "Adjustment set")
    return listing(account, request, _lines(account, row))


def post_set_line(account: Account, request: Request, row_id: int) -> Response:
    row = row_of(account.adjustment_sets, row_id, "Adjustment set")
    line = adjustments.add_line(account, row, body_of(request))
    return created(account, f"/inventory/adjustment_sets/{row_id}/lines/{line['id']}")


ROUTES: list[Route] = [
    ("GET", "/api/inventory/values", list_values),
    ("GET", "/api/inventory/transactions", list_ledger),
    ("GET", "/api/inventory/adjustment_sets", list_sets),
    ("POST", "/api/inventory/adjustment_sets", post_set),
    ("GET", "/api/inventory/adjustment_sets/<int:row_id>", get_set),
    ("PUT", "/api/inventory/adjustment_sets/<int:row_id>", put_set),
    ("GET", "/api/inventory/adjustment_sets/<int:row_id>/lines", list_set_lines),
    ("POST", "/api/inventory/adjustment_sets/<int:row_id>/lines", post_set_line),
]
