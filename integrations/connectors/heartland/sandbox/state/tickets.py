"""Tickets: sales and returns at the till, and finished sales imported in one call."""

from __future__ import annotations

from decimal import Decimal

from integrations.connectors.heartland.sandbox.state import (
    custom_fields,
    documents,
    payments,
    people,
    stock,
)
from integrations.connectors.heartland.sandbox.state.account import Account
from integrations.connectors.heartland.sandbox.state.refusal import invalid
from integrations.connectors.heartland.sandbox.state.values import (
    Body,
    Row,
    flag,
    moment,
    reference,
    stamp,
    store_stamp,
    words,
)

THING = "Ticket"
TYPES = ("Ticket", "Return")
INCOMPLETE, COMPLETE, VOID = "incomplete", "complete", "void"
_LISTS = ("lines", "item_lines", "tax_lines", "payments")


def create(account: Account, body: Body) -> Row:
    """A ticket, with its lines and payments when they are sent along (vendor importer's way)."""
    kind = words(body, "type") or TYPES[0]
    if kind not in TYPES:
        raise invalid(THING, type="is not included in the list")
    station = reference(body, "station_id", account.stations, THING, needed=True)
    location = reference(body, "source_location_id", account.locations, THING, needed=False)
    customer = reference(body, "customer_id", account.customers, THING, needed=False)
    parent = reference(
        body,
        "parent_transaction_id",
        {**account.tickets, **account.orders, **account.invoices},
        THING,
        needed=False,
    )
    people.taken(account.tickets, body, THING)
    custom = custom_fields.merged(body)
    custom_fields.check(account, custom_fields.SALE, custom, THING, account.tickets)
    lines = _lines(account, body)
    row = account.add(
        account.tickets,
        public_id=words(body, "public_id"),
        type=kind,
        status=INCOMPLETE,
        **{"completed?": False, "voided?": False},
        **documents.customer_fields(account, customer),
        source_location_id=location or account.stations[station or 0]["location_id"],
        station_id=station,
        sales_rep=words(body, "sales_rep") or None,
        parent_transaction_id=parent,
        custom=custom,
        completed_at=None,
        local_completed_at=None,
        _affect_inventory=flag(body, "affect_inventory", default=True),
        _recalculate=flag(body, "recalculate", default=True),
        **documents.money_fields(),
    )
    row["public_id"] = row["public_id"] or str(row["id"])
    try:
        _fill(account, row, lines, body)
    except BaseException:
        _forget(account, row)
        raise
    return row


def update(account: Account, row: Row, body: Body) -> None:
    """A partial update; status complete moves the stock, once."""
    custom = custom_fields.merged(body, row["custom"])
    custom_fields.check(account, custom_fields.SALE, custom, THING, account.tickets, row["id"])
    target = words(body, "status").lower()
    if target and target != row["status"]:
        if target not in (COMPLETE, VOID) or row["status"] != INCOMPLETE:
            raise invalid(THING, status="is not included in the list")
        if target == COMPLETE:
            _complete(account, row, body)
        else:
            row["status"], row["voided?"] = VOID, True
    row["custom"] = custom
    row["sales_rep"] = words(body, "sales_rep") or row["sales_rep"]
    account.touch(row)


def add_line(account: Account, row: Row, body: Body) -> Row:
    """An item line (a negative quantity is a return) or a shipping line."""
    _must_be_incomplete(row)
    return documents.store_line(account, row, _line(account, body))


def delete_line(account: Account, row: Row, line: Row) -> None:
    _must_be_incomplete(row)
    documents.remove_line(account, row, line)


def _lines(account: Account, body: Body) -> list[Row]:
    for name in _LISTS:
        sent = body.get(name) or []
        if not isinstance(sent, list) or not all(isinstance(line, dict) for line in sent):
            raise invalid(THING, **{name: "must be a list of objects"})
    items = [*(body.get("lines") or []), *(body.get("item_lines") or [])]
    taxes = [
        documents.value_line(line, documents.TAX_LINE, "Line")
        for line in body.get("tax_lines") or []
    ]
    return [*(_line(account, line) for line in items), *taxes]


def _line(account: Account, body: Body) -> Row:
    kind = words(body, "type") or documents.ITEM_LINE
    if kind == documents.SHIPPING_LINE:
        return documents.value_line(body, kind, "Line")
    if kind != documents.ITEM_LINE:
        raise invalid("Line", type="is not included in the list")
    return documents.item_line(account, body, "Line", negative=True)


def _fill(account: Account, row: Row, lines: list[Row], body: Body) -> None:
    taxes = [line["value"] for line in lines if line["type"] == documents.TAX_LINE]
    if taxes or not row["_recalculate"]:
        row["_fixed_tax"] = sum(taxes, Decimal("0.00"))
    for line in lines:
        documents.store_line(account, row, line)
    for payment in body.get("payments") or []:
        payments.pay(account, row, payment)
    if words(body, "status").lower() == COMPLETE:
        _complete(account, row, body)


def _complete(account: Account, row: Row, body: Body) -> None:
    if account.settings.get("pos.tickets.customer_required") and row["customer_id"] is None:
        raise invalid(THING, customer_id="is required")
    rep = words(body, "sales_rep") or row["sales_rep"]
    if account.settings.get("pos.tickets.sales_rep_required") and not rep:
        raise invalid(THING, sales_rep="is required")
    if not account.lines.get(row["id"]):
        raise invalid(THING, lines="can't be blank")
    sent = words(body, "completed_at")
    when = moment(sent) if sent else None
    if sent and when is None:
        raise invalid(THING, completed_at="is not a time")
    finish(account, row, completed_at=stamp(when) if when else account.now())


def finish(account: Account, row: Row, *, completed_at: str) -> None:
    """Completes a ticket: the stock moves and the sale is told."""
    row["status"], row["completed?"] = COMPLETE, True
    row["completed_at"] = completed_at
    row["local_completed_at"] = store_stamp(completed_at)
    if row["_affect_inventory"]:
        for line in documents.lines_of(account, row):
            place = (line["item_id"], row["source_location_id"])
            stock.move(account, place, -line["qty"], kind=row["type"], source_id=row["id"])
    account.touch(row)
    account.happened("sales_transaction_completed", row)


def _forget(account: Account, row: Row) -> None:
    """Takes back a ticket whose parts were refused half way: a refusal stores nothing."""
    for payment in payments.payments_of(account, row):
        del account.payments[payment["id"]]
    account.lines.pop(row["id"], None)
    del account.tickets[row["id"]]


def _must_be_incomplete(row: Row) -> None:
    if row["status"] != INCOMPLETE:
        raise invalid("Line", status=f"cannot be changed once the ticket is {row['status']}")
