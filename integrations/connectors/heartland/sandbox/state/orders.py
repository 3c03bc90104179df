"""Sales orders: pending, open (stock is committed), closed (all invoiced), or cancelled."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from integrations.connectors.heartland.sandbox.state import custom_fields, documents, people, stock
from integrations.connectors.heartland.sandbox.state.account import Account
from integrations.connectors.heartland.sandbox.state.refusal import invalid
from integrations.connectors.heartland.sandbox.state.values import (
    Body,
    Row,
    money,
    reference,
    words,
)

THING = "Sales order"
PENDING, OPEN, CLOSED = "pending", "open", "closed"
_ADDRESSES = ("shipping_address_id", "billing_address_id")


def create(account: Account, body: Body) -> Row:
    """A pending order. Nothing is stored unless every part of it, lines included, is in order."""
    references = _references(account, body, needed=True)
    people.taken(account.orders, body, THING)
    custom = custom_fields.merged(body)
    custom_fields.check(account, custom_fields.SALE, custom, THING, account.orders)
    sent = body.get("lines") or []
    if not isinstance(sent, list) or not all(isinstance(line, dict) for line in sent):
        raise invalid(THING, lines="must be a list of objects")
    lines = [documents.item_line(account, line, "Line", negative=False) for line in sent]
    return insert(
        account,
        public_id=words(body, "public_id"),
        references=references,
        custom=custom,
        shipping=_shipping(body) or Decimal("0.00"),
        lines=lines,
    )


def insert(
    account: Account,
    *,
    public_id: str,
    references: Row,
    custom: Row,
    shipping: Decimal,
    lines: list[Row],
) -> Row:
    """Stores a pending order whose parts were checked before."""
    row = account.add(
        account.orders,
        public_id=public_id,
        status=PENDING,
        **documents.customer_fields(account, references.pop("customer_id")),
        **references,
        custom=custom,
        **{**documents.money_fields(), "shipping_charge": shipping},
    )
    row["public_id"] = row["public_id"] or str(row["id"])
    for line in lines:
        documents.store_line(account, row, line)
    documents.add_up(account, row)
    account.happened("order_created", row)
    return row


def update(account: Account, row: Row, body: Body) -> None:
    """A partial update; a change of status comes last. Finished orders take custom values only."""
    custom = custom_fields.merged(body, row["custom"])
    custom_fields.check(account, custom_fields.SALE, custom, THING, account.orders, row["id"])
    people.taken(account.orders, body, THING, row["id"])
    target = words(body, "status")
    if target and target != row["status"]:
        _check_status(account, row, target)
    references = _references(account, body, needed=False)
    shipping = _shipping(body)
    if row["status"] in (PENDING, OPEN):
        customer = references.pop("customer_id", None)
        if customer is not None:
            row.update(documents.customer_fields(account, customer))
        row.update(references)
        row["public_id"] = words(body, "public_id") or row["public_id"]
        row["shipping_charge"] = row["shipping_charge"] if shipping is None else shipping
    row["custom"] = custom
    row["status"] = target or row["status"]
    documents.add_up(account, row)
    recommit(account, row)
    account.happened("order_updated", row)


def add_line(account: Account, row: Row, body: Body) -> Row:
    _must_be_editable(account, row)
    if words(body, "type") not in ("", documents.ITEM_LINE):
        raise invalid("Line", type="is not included in the list")
    line = documents.item_line(account, body, "Line", negative=False)
    return documents.store_line(account, row, line)


def update_line(account: Account, row: Row, line: Row, body: Body) -> None:
    """Where a line ships from may change until it is invoiced, the rest only while pending."""
    if any(field in body for field in ("qty", "adjusted_unit_price")):
        _must_be_editable(account, row)
    if row["status"] not in (PENDING, OPEN):
        raise invalid("Line", status=f"cannot be changed once the order is {row['status']}")
    if "ship_from_location_id" in body:
        if line["_qty_invoiced"]:
            raise invalid("Line", ship_from_location_id="cannot be changed once invoiced")
        line["ship_from_location_id"] = reference(
            body, "ship_from_location_id", account.locations, "Line", needed=False
        )
    change_line(account, line, body)
    line["updated_at"] = account.now()
    documents.add_up(account, row)
    recommit(account, row)


def change_line(account: Account, line: Row, body: Body) -> None:
    """Changes the quantity and the price of a line."""
    if "qty" in body:
        qty = stock.quantity(account, body, line["item_id"], "Line")
        if qty < 0:
            raise invalid("Line", qty="must be greater than 0")
        line["qty"] = qty
    price = money(body, "adjusted_unit_price", "Line")
    if price is not None:
        line["adjusted_unit_price"] = price


def delete_line(account: Account, row: Row, line: Row) -> None:
    _must_be_editable(account, row)
    if line["_qty_invoiced"]:
        raise invalid("Line", qty="cannot be changed once invoiced")
    documents.remove_line(account, row, line)
    recommit(account, row)


def recommit(account: Account, row: Row) -> None:
    """An open order commits what it has not shipped yet, where each line ships from.

    Lines that ship from nowhere yet wait to be distributed and commit nothing.
    """
    wanted: dict[stock.Place, Any] = {}
    if row["status"] == OPEN:
        for line in documents.lines_of(account, row):
            left = line["qty"] - line["_qty_invoiced"]
            if line["ship_from_location_id"] and left > 0:
                place = (line["item_id"], line["ship_from_location_id"])
                wanted[place] = wanted.get(place, 0) + left
    stock.commit(account, row["id"], wanted)


def settle(account: Account, row: Row) -> None:
    """After an invoice was completed or voided: closed when everything is invoiced."""
    lines = documents.lines_of(account, row)
    done = all(line["_qty_invoiced"] >= line["qty"] for line in lines)
    if row["status"] in (OPEN, CLOSED):
        row["status"] = CLOSED if done else OPEN
    account.touch(row)
    recommit(account, row)
    account.happened("order_updated", row)


def _references(account: Account, body: Body, *, needed: bool) -> Row:
    tables = {
        "customer_id": account.customers,
        "station_id": account.stations,
        "source_location_id": account.locations,
    }
    found: Row = {
        field: reference(body, field, table, THING, needed=True)
        for field, table in tables.items()
        if needed or field in body
    }
    for field in _ADDRESSES:
        if needed or field in body:
            found[field] = people.order_address(account, body, field)
    if needed or "shipping_method_id" in body:
        found["shipping_method_id"] = reference(
            body, "shipping_method_id", account.shipping_methods, THING, needed=False
        )
    return found


def _shipping(body: Body) -> Decimal | None:
    shipping = money(body, "shipping_charge", THING)
    if shipping is not None and shipping < 0:
        raise invalid(THING, shipping_charge="must be greater than or equal to 0")
    return shipping


def _check_status(account: Account, row: Row, target: str) -> None:
    if target == OPEN and row["status"] == PENDING:
        if not documents.lines_of(account, row):
            raise invalid(THING, lines="can't be blank")
        return
    if target == account.options.cancel_word:
        if row["status"] not in (PENDING, OPEN):
            raise invalid(THING, status=f"cannot be changed from {row['status']}")
        if any(
            invoice["order_id"] == row["id"] and invoice["status"] != "void"
            for invoice in account.invoices.values()
        ):
            raise invalid(THING, status="has invoices that are not void")
        return
    raise invalid(THING, status="is not included in the list")


def _must_be_editable(account: Account, row: Row) -> None:
    allowed = (PENDING, OPEN) if account.options.open_orders_editable else (PENDING,)
    if row["status"] not in allowed:
        raise invalid("Line", status=f"cannot be changed once the order is {row['status']}")
