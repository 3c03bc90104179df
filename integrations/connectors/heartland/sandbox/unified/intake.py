"""Reads an order body of unified_v1 into lines, addresses and amounts of the state."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from integrations.connectors.heartland.sandbox.state import custom_fields, documents
from integrations.connectors.heartland.sandbox.state.account import Account
from integrations.connectors.heartland.sandbox.state.refusal import Refusal
from integrations.connectors.heartland.sandbox.state.values import Body, Row, cents, money, words
from integrations.connectors.heartland.sandbox.unified.shared import wrong

_ADDRESS = {
    "City": "city",
    "State": "state",
    "PostalCode": "postal_code",
    "Country": "country",
    "Phone": "phone",
}
# How a refusal of the state names a field, and how this flavour does.
_LINE_FIELDS = {"qty": "Quantity", "unit_price": "Price"}


def lines_of(account: Account, body: Body, location_id: int) -> list[Row]:
    """The LineItems, checked and not stored yet. Raises naming `LineItems[n].Field`."""
    sent = body.get("LineItems")
    if not isinstance(sent, list) or not sent:
        raise wrong("LineItems", "can't be blank")
    return [
        _line(account, line, f"LineItems[{index}]", location_id) for index, line in enumerate(sent)
    ]


def _line(account: Account, sent: Any, path: str, location_id: int) -> Row:
    if not isinstance(sent, dict):
        raise wrong(path, "must be an object")
    sku = words(sent, "SKU")
    if sku not in account.skus:
        raise wrong(f"{path}.SKU", "is unknown")
    if sent.get("Price") is None:
        raise wrong(f"{path}.Price", "can't be blank")
    body = {
        "item_id": account.skus[sku],
        "qty": sent.get("Quantity"),
        "unit_price": sent["Price"],
        "ship_from_location_id": location_id,
    }
    try:
        line = documents.item_line(account, body, "Line", negative=False)
    except Refusal as refusal:
        field, said = next(iter(refusal.details.items()))
        raise wrong(f"{path}.{_LINE_FIELDS.get(field, field)}", said[0]) from None
    discount = amount(sent, "Discount", f"{path}.Discount")
    line["_discount"] = discount or Decimal("0.00")
    line["_given_tax"] = amount(sent, "Tax", f"{path}.Tax")
    return line


def shipping_of(account: Account, body: Body, lines: list[Row]) -> Decimal:
    """The shipping: named, or what TotalAmount holds beyond lines and taxes.

    Raises when the amounts do not add up to TotalAmount to the cent.
    """
    total = amount(body, "TotalAmount", "TotalAmount")
    named = amount(body, "ShippingAmount", "ShippingAmount")
    goods = Decimal("0.00")
    for line in lines:
        line["value"] = cents(line["unit_price"] * line["qty"] - line["_discount"])
        goods += line["value"] + documents.line_tax(account, line)
    shipping = named if named is not None else (total - goods if total is not None else None)
    if shipping is None:
        return Decimal("0.00")
    if shipping < 0 or (total is not None and goods + shipping != total):
        raise wrong("TotalAmount", f"is {total}, but lines, taxes and shipping make {goods}")
    return shipping


def amount(body: Body, field: str, path: str) -> Decimal | None:
    """Money, or None when absent. Raises when it is negative or no number."""
    try:
        found = money(body, field, "Amount")
    except Refusal:
        raise wrong(path, "must be a number") from None
    if found is not None and found < 0:
        raise wrong(path, "must be greater than or equal to 0")
    return found


def address_of(account: Account, body: Body, field: str, customer_id: int | None) -> int | None:
    """Stores the single-line address in `field`; None when absent."""
    sent = body.get(field)
    if sent is None:
        return None
    if not isinstance(sent, dict):
        raise wrong(field, "must be an object")
    first, _, last = words(sent, "Name").rpartition(" ")
    row = account.add(
        account.addresses,
        customer_id=customer_id,
        first_name=first or last or None,
        last_name=last or None,
        line_1=words(sent, "Address") or None,
        line_2=None,
        **{ours: words(sent, theirs) or None for theirs, ours in _ADDRESS.items()},
        _join_id=account.next_id(),
    )
    return int(row["id"])


def custom_of(body: Body, current: Row | None = None) -> Row:
    """CustomFields merged over what the record has."""
    sent = body.get("CustomFields")
    if sent is not None and not isinstance(sent, dict):
        raise wrong("CustomFields", "must be an object")
    return custom_fields.merged({"custom": sent or {}}, current)
