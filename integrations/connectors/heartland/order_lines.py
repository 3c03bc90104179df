"""Puts the lines of a plan on an order, never one of them twice."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from integrations.connectors.heartland.client import Row
from integrations.connectors.heartland.order_plan import Plan, Wanted
from integrations.connectors.heartland.order_run import Run

_Key = tuple[str, Decimal, Decimal]


def complete_lines(run: Run, order_id: str, wanted: Plan, *, fresh: bool) -> None:
    """Adds the lines that are missing and says where each ships from. May be called again.

    `fresh`: this very attempt made the order, so there is nothing to read back.
    """
    path = f"/sales/orders/{order_id}/lines"
    there = [] if fresh else item_rows(list(run.client.every(path)))
    for number, line in enumerate(wanted.lines, start=1):
        row = take(there, line)
        line_id = str(row["id"]) if row else _add(run, path, line)
        run.keep(f"line_{number}", line_id)
        if row is None or str(row.get("ship_from_location_id") or "") == "":
            # Heartland: a line that ships from nowhere waits in the Distribute screen.
            run.client.update(
                f"{path}/{line_id}",
                {"ship_from_location_id": int(run.settings.location_id)},
                what=f"{run.name}, {line.source}",
            )


def item_rows(rows: Sequence[Row]) -> list[Row]:
    """Lines that stand for items, in the order they were added; taxes and charges are left out."""
    items = [row for row in rows if row.get("item_id") is not None]
    return sorted(items, key=lambda row: int(row["id"]))


def _add(run: Run, path: str, line: Wanted) -> str:
    body = {
        "item_id": int(line.item_id),
        "qty": line.quantity,
        "adjusted_unit_price": line.price,
    }
    return run.client.create(path, body, what=f"{run.name}, {line.source}")


def take(there: list[Row], line: Wanted) -> Row | None:
    """The first line there that is this one; it is taken off, so that equal lines pair up."""
    for index, row in enumerate(there):
        if _key(row) == (line.item_id, Decimal(line.quantity), line.price):
            return there.pop(index)
    return None


def _key(row: Row) -> _Key:
    price = row.get("adjusted_unit_price")
    price = row.get("unit_price") if price is None else price
    return str(row["item_id"]), Decimal(str(row["qty"])), Decimal(str(price))
