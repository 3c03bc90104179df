"""Lines and totals, the same for orders, invoices and tickets."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from integrations.connectors.heartland.sandbox.state import custom_fields, stock
from integrations.connectors.heartland.sandbox.state.account import Account
from integrations.connectors.heartland.sandbox.state.refusal import invalid
from integrations.connectors.heartland.sandbox.state.values import (
    Body,
    Row,
    cents,
    money,
    reference,
    words,
)

ITEM_LINE = "ItemLine"
SHIPPING_LINE = "ShippingLine"
TAX_LINE = "TaxLine"


def money_fields() -> Row:
    """The amounts of a new document. `_fixed_tax` holds a tax that is imposed, not computed."""
    zero = Decimal("0.00")
    return {
        "shipping_charge": zero,
        "total_discounts": zero,
        "total": zero,
        "total_paid": zero,
        "balance": zero,
        "_subtotal": zero,
        "_tax_total": zero,
        "_fixed_tax": None,
    }


def item_line(account: Account, body: Body, thing: str, *, negative: bool) -> Row:
    """A line read from a request, not stored yet. Prices are kept to the cent."""
    item_id = stock.find_item(account, body, thing)
    qty = stock.quantity(account, body, item_id, thing)
    if qty < 0 and not negative:
        raise invalid(thing, qty="must be greater than 0")
    item = account.items[item_id]
    unit_price = money(body, "unit_price", thing)
    unit_price = item["price"] if unit_price is None else unit_price
    adjusted = money(body, "adjusted_unit_price", thing)
    if adjusted is not None and adjusted < 0:
        raise invalid(thing, adjusted_unit_price="must be greater than or equal to 0")
    custom = custom_fields.merged(body)
    custom_fields.check(account, custom_fields.SALE_LINE, custom, thing)
    return {
        "type": ITEM_LINE,
        "item_id": item_id,
        "item_public_id": item["public_id"],
        "description": item["description"],
        "qty": qty,
        "unit_price": unit_price,
        "original_unit_price": item["price"],
        "adjusted_unit_price": unit_price if adjusted is None else adjusted,
        "ship_from_location_id": reference(
            body, "ship_from_location_id", account.locations, thing, needed=False
        ),
        "value": Decimal(0),
        "custom": custom,
        "_discount": Decimal(0),
        "_qty_invoiced": 0,
    }


def value_line(body: Body, kind: str, thing: str) -> Row:
    """A line of an amount and no item: shipping, or a tax that came with an import."""
    value = money(body, "value", thing)
    if value is None:
        raise invalid(thing, value="can't be blank")
    return {"type": kind, "description": words(body, "description") or kind, "value": value}


def store_line(account: Account, document: Row, line: Row) -> Row:
    """Puts a line on a document and adds the document up again."""
    now = account.now()
    stored = {"id": account.next_id(), **line, "created_at": now, "updated_at": now}
    account.lines.setdefault(document["id"], []).append(stored)
    add_up(account, document)
    return stored


def remove_line(account: Account, document: Row, line: Row) -> None:
    account.lines[document["id"]].remove(line)
    add_up(account, document)


def lines_of(account: Account, document: Row, kind: str = ITEM_LINE) -> list[Row]:
    return [line for line in account.lines.get(document["id"], []) if line["type"] == kind]


def add_up(account: Account, document: Row) -> None:
    """Total = lines + shipping + tax. Heartland computes the tax itself, line by line."""
    goods = lines_of(account, document)
    for line in goods:
        adjusted = line["adjusted_unit_price"] * line["qty"]
        line["value"] = cents(adjusted - line["_discount"])
        line["_tax"] = line_tax(account, line)
    shipping = sum((row["value"] for row in lines_of(account, document, SHIPPING_LINE)), Decimal(0))
    tax: Any = document["_fixed_tax"]
    if tax is None:
        tax = sum((line["_tax"] for line in goods), Decimal(0))
    document["_subtotal"] = sum((line["value"] for line in goods), Decimal("0.00"))
    document["_tax_total"] = tax
    document["total_discounts"] = sum(
        (cents(line["unit_price"] * line["qty"]) - line["value"] for line in goods), Decimal("0.00")
    )
    document["total"] = document["_subtotal"] + document["shipping_charge"] + shipping + tax
    document["balance"] = document["total"] - document["total_paid"]
    account.touch(document)


def line_tax(account: Account, line: Row) -> Decimal:
    """The tax on a line: given with it, or the account's rate on its value."""
    given = line.get("_given_tax")
    return Decimal(given) if given is not None else cents(line["value"] * account.options.tax_rate)


def all_lines(account: Account, document: Row) -> list[Row]:
    """Every line as an answer shows it, the computed tax as a TaxLine of its own."""
    shown = list(account.lines.get(document["id"], []))
    if document["_tax_total"] and not any(line["type"] == TAX_LINE for line in shown):
        document.setdefault("_tax_line_id", account.next_id())
        shown.append(
            {
                "id": document["_tax_line_id"],
                "type": TAX_LINE,
                "description": "Sales tax",
                "value": document["_tax_total"],
                "created_at": document["created_at"],
                "updated_at": document["updated_at"],
            }
        )
    return shown


def customer_fields(account: Account, customer_id: int | None) -> Row:
    name = account.customers[customer_id]["name"] if customer_id is not None else None
    return {"customer_id": customer_id, "customer_name": name}
