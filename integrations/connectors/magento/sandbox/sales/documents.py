"""What invoices, shipments and credit memos have in common: which rows, how many of each, numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from integrations.connectors.magento.sandbox.errors import Refusal
from integrations.connectors.magento.sandbox.routing import decimal_of, whole_of
from integrations.connectors.magento.sandbox.sales.records import NONE, Item, Order

Quantities = dict[int, Decimal]


def increment_id(number: int) -> str:
    """As Magento numbers orders and documents of the first store."""
    return f"{number:09d}"


def quantities(rows: object) -> Quantities:
    """{order_item_id: qty} of the `items` of a call, {} when it names none. Raises Refusal."""
    found: Quantities = {}
    if rows is None:
        return found
    if not isinstance(rows, list):
        raise Refusal('"%fieldName" must be a list.', parameters={"fieldName": "items"})
    for row in rows:
        if not isinstance(row, Mapping):
            raise Refusal('"%fieldName" must be a list.', parameters={"fieldName": "items"})
        for name in ("order_item_id", "qty"):
            if row.get(name) is None:
                raise Refusal(
                    '"%fieldName" is required. Enter and try again.',
                    parameters={"fieldName": name},
                )
        number = whole_of(row["order_item_id"], "order_item_id")
        found[number] = found.get(number, NONE) + decimal_of(row["qty"], "qty")
    return found


def refused(document: str, messages: Sequence[str]) -> Refusal:
    """400 of a document that did not pass: "Invoice", "Shipment" or "Creditmemo"."""
    return Refusal(f"{document} Document Validation Error(s):\n" + "\n".join(messages))


def family(item: Item, qty: Decimal) -> list[tuple[Item, Decimal]]:
    """The row and the children that go with it, each with its quantity."""
    return [(item, qty), *((child, qty * child.per_parent) for child in item.children)]


def stocked(item: Item, qty: Decimal) -> list[tuple[Item, Decimal]]:
    """The rows whose stock moves when `qty` of `item` move."""
    return [(row, units) for row, units in family(item, qty) if row.stock_sku]


def unknown(order: Order, asked: Quantities) -> list[int]:
    """Ids of rows that are not the order's."""
    known = {item.id for item in order.items}
    return [number for number in asked if number not in known]


def comment_of(values: Mapping[str, Any]) -> tuple[str, bool] | None:
    """The comment of a call that makes a document, and whether the buyer may see it."""
    said = values.get("comment")
    if not isinstance(said, Mapping) or not said.get("comment"):
        return None
    return str(said["comment"]), bool(said.get("is_visible_on_front"))
