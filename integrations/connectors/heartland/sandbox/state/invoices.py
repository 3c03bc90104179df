"""Sales invoices: what leaves one location for an order. Completing one takes the goods."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from integrations.connectors.heartland.sandbox.state import custom_fields, documents, orders, stock
from integrations.connectors.heartland.sandbox.state.account import Account
from integrations.connectors.heartland.sandbox.state.refusal import invalid
from integrations.connectors.heartland.sandbox.state.values import (
    Body,
    Row,
    cents,
    reference,
    store_stamp,
    words,
)

THING = "Sales invoice"
PENDING, COMPLETE, VOID = "pending", "complete", "void"
NOTHING = Decimal("0.00")


def create(account: Account, body: Body, *, copies_lines: bool = True) -> Row:
    """A pending invoice for the location that ships; its lines are copied from the order."""
    if words(body, "type") != "Invoice":
        raise invalid(THING, type="is not included in the list")
    order_id = reference(body, "order_id", account.orders, THING, needed=True)
    station = reference(body, "station_id", account.stations, THING, needed=True)
    location = reference(body, "source_location_id", account.locations, THING, needed=True)
    order = account.orders[order_id or 0]
    if order["status"] != orders.OPEN:
        raise invalid(THING, order_id=f"is {order['status']}, only an open order can be invoiced")
    first = not any(row["order_id"] == order_id for row in _live(account))
    custom = custom_fields.merged(body)
    row = account.add(
        account.invoices,
        public_id="",
        type="Invoice",
        status=PENDING,
        order_id=order_id,
        station_id=station,
        source_location_id=location,
        customer_id=order["customer_id"],
        customer_name=order["customer_name"],
        shipping_address_id=order["shipping_address_id"],
        billing_address_id=order["billing_address_id"],
        custom=custom,
        **{"completed?": False, "voided?": False},
        completed_at=None,
        local_completed_at=None,
        **documents.money_fields(),
    )
    row["public_id"] = str(row["id"])
    # The charge was agreed on the order and goes onto its first invoice, where it cannot change.
    row["shipping_charge"] = order["shipping_charge"] if first else row["shipping_charge"]
    if copies_lines:
        for line in documents.lines_of(account, order):
            left = _left(account, order, line)
            if line["ship_from_location_id"] == location and left > 0:
                _copy(account, row, line, left)
    documents.add_up(account, row)
    return row


def update(account: Account, row: Row, body: Body) -> None:
    """Custom values at any time; status complete takes the goods, void gives them back."""
    custom = custom_fields.merged(body, row["custom"])
    target = words(body, "status")
    if target and target != row["status"]:
        allowed = {PENDING: (COMPLETE, VOID), COMPLETE: (VOID,), VOID: ()}[row["status"]]
        if target not in allowed:
            raise invalid(THING, status="is not included in the list")
        if target == COMPLETE and not documents.lines_of(account, row):
            raise invalid(THING, lines="can't be blank")
        _ship(account, row, target)
    row["custom"] = custom
    account.touch(row)
    if row["status"] == COMPLETE:
        account.happened("shipment_created" if target == COMPLETE else "shipment_updated", row)


def add_line(account: Account, row: Row, body: Body) -> Row:
    """Puts goods of the order on a pending invoice that has not all of them."""
    _must_be_pending(row)
    item_id = stock.find_item(account, body, "Line")
    qty = stock.quantity(account, body, item_id, "Line")
    order = account.orders[row["order_id"]]
    for line in documents.lines_of(account, order):
        if line["item_id"] == item_id and 0 < qty <= _left(account, order, line):
            return _copy(account, row, line, qty)
    raise invalid("Line", qty="is more than the order has left to invoice")


def update_line(account: Account, row: Row, line: Row, body: Body) -> None:
    """A smaller quantity makes a partial shipment."""
    _must_be_pending(row)
    qty = stock.quantity(account, body, line["item_id"], "Line")
    order = account.orders[row["order_id"]]
    ordered = _order_line(account, row, line)
    if not 0 < qty <= _left(account, order, ordered) + line["qty"]:
        raise invalid("Line", qty="is more than the order has left to invoice")
    line["qty"] = qty
    documents.add_up(account, row)


def delete_line(account: Account, row: Row, line: Row) -> None:
    _must_be_pending(row)
    documents.remove_line(account, row, line)


def _ship(account: Account, row: Row, target: str) -> None:
    order = account.orders[row["order_id"]]
    was = row["status"]
    row["status"] = target
    row["completed?"], row["voided?"] = target == COMPLETE, target == VOID
    if target == VOID and was == PENDING:
        return
    sign = -1 if target == COMPLETE else 1
    for line in documents.lines_of(account, row):
        place = (line["item_id"], row["source_location_id"])
        stock.move(account, place, sign * line["qty"], kind="Sale", source_id=row["id"])
        _order_line(account, row, line)["_qty_invoiced"] -= sign * line["qty"]
    if target == COMPLETE:
        row["completed_at"] = account.now()
        row["local_completed_at"] = store_stamp(row["completed_at"])
        others = sum(
            (other["total_paid"] for other in _live(account) if other["order_id"] == order["id"]),
            NOTHING,
        )
        row["total_paid"] = min(row["total"], max(order["total_paid"] - others, NOTHING))
        row["balance"] = row["total"] - row["total_paid"]
    else:
        row["total_paid"] = NOTHING
    orders.settle(account, order)


def _live(account: Account) -> list[Row]:
    return [row for row in account.invoices.values() if row["status"] != VOID]


def _left(account: Account, order: Row, line: Row) -> Any:
    """What of an order line is on no invoice yet, pending ones counted."""
    on_pending = sum(
        copy["qty"]
        for invoice in _live(account)
        if invoice["order_id"] == order["id"] and invoice["status"] == PENDING
        for copy in documents.lines_of(account, invoice)
        if copy["order_line_id"] == line["id"]
    )
    return line["qty"] - line["_qty_invoiced"] - on_pending


def _copy(account: Account, row: Row, line: Row, qty: Any) -> Row:
    skipped = ("id", "created_at", "updated_at", "_qty_invoiced", "_discount", "_given_tax")
    copy = {key: value for key, value in line.items() if key not in skipped}
    share = qty == line["qty"]
    copy["_discount"] = line["_discount"] if share else line["_discount"] * qty / line["qty"]
    copy["_given_tax"] = _share(line.get("_given_tax"), qty, line["qty"])
    return documents.store_line(account, row, {**copy, "qty": qty, "order_line_id": line["id"]})


def _share(amount: Any, part: Any, whole: Any) -> Any:
    if amount is None or part == whole:
        return amount
    return cents(amount * part / whole)


def _order_line(account: Account, row: Row, line: Row) -> Row:
    order = account.orders[row["order_id"]]
    return next(
        found
        for found in documents.lines_of(account, order)
        if found["id"] == line["order_line_id"]
    )


def _must_be_pending(row: Row) -> None:
    if row["status"] != PENDING:
        raise invalid("Line", status=f"cannot be changed once the invoice is {row['status']}")
