"""Adjustment sets: how stock is written, as differences and never as absolute numbers."""

from __future__ import annotations

from typing import Any

from integrations.connectors.heartland.sandbox.state import stock
from integrations.connectors.heartland.sandbox.state.account import Account
from integrations.connectors.heartland.sandbox.state.refusal import invalid
from integrations.connectors.heartland.sandbox.state.values import (
    Body,
    Row,
    money,
    reference,
    words,
)

THING = "Adjustment set"
PENDING, COMPLETE = "pending", "complete"


def create(account: Account, body: Body) -> Row:
    """An empty pending set; a location and a reason are required."""
    location = reference(body, "location_id", account.locations, THING, needed=True)
    reason = reference(body, "adjustment_reason_id", account.adjustment_reasons, THING, needed=True)
    if words(body, "status") not in ("", PENDING):
        raise invalid(THING, status="is not included in the list")
    return account.add(
        account.adjustment_sets,
        location_id=location,
        adjustment_reason_id=reason,
        status=PENDING,
        note=words(body, "note") or None,
        completed_at=None,
    )


def add_line(account: Account, row: Row, body: Body) -> Row:
    _must_be_pending(row)
    item_id = stock.find_item(account, body, "Line")
    qty = stock.quantity(account, body, item_id, "Line")
    cost = money(body, "unit_cost", "Line")
    now = account.now()
    line = {
        "id": account.next_id(),
        "adjustment_set_id": row["id"],
        "item_id": item_id,
        "item_public_id": account.items[item_id]["public_id"],
        "qty": qty,
        "unit_cost": account.items[item_id]["cost"] if cost is None else cost,
        "created_at": now,
        "updated_at": now,
    }
    account.lines.setdefault(row["id"], []).append(line)
    account.touch(row)
    return line


def update(account: Account, row: Row, body: Body) -> None:
    """Status complete applies every line to the stock, once."""
    target = words(body, "status")
    if target and target != row["status"]:
        if target != COMPLETE:
            raise invalid(THING, status="is not included in the list")
        for line in account.lines.get(row["id"], []):
            stock.move(
                account,
                (line["item_id"], row["location_id"]),
                line["qty"],
                kind="Adjustment",
                source_id=row["id"],
                unit_cost=line["unit_cost"],
            )
        row["status"], row["completed_at"] = COMPLETE, account.now()
    row["note"] = words(body, "note") or row["note"]
    account.touch(row)


def adjust(account: Account, item_id: int, location_id: int, delta: Any, note: str) -> Row:
    """One finished set of one line: what a person does on the stock screen."""
    reason = min(account.adjustment_reasons)
    row = create(
        account, {"location_id": location_id, "adjustment_reason_id": reason, "note": note}
    )
    add_line(account, row, {"item_id": item_id, "qty": delta})
    update(account, row, {"status": COMPLETE})
    return row


def _must_be_pending(row: Row) -> None:
    if row["status"] != PENDING:
        raise invalid("Line", status="cannot be changed once the set is complete")
