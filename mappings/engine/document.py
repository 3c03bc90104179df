"""The document that rules read: a canonical record and what is computed from it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mappings.canonical.inventory import Stock
from mappings.canonical.order import Order, OrderState, priced_units
from mappings.canonical.payment import Payment
from mappings.canonical.record import Record
from mappings.canonical.refund import Refund
from mappings.engine.stock import EVERYWHERE, Number, StockRules
from mappings.engine.stock import numbers as stock_numbers


def document(
    record: Record, *, reference: str, numbers: Sequence[Number] | None = None
) -> dict[str, Any]:
    """The record with its computed keys.

    All records: `reference`. Orders: `units` (each line as cent-exact pieces, with the `path` of
    the line it came from), `paid_total`, `shipping_total`, `added_tax`, and `left_before_cancelled`,
    how much of the goods of a cancelled order had left ("" for any other order). Payments: `mark`,
    what one that brought no money says of its order. Stock: `sellable`, the units that may be
    offered in all, and `numbers`, those of each location where the target keeps several; see
    stock.py. Without `numbers` everything available is offered. Refunds: `added_tax`.
    """
    made: dict[str, Any] = record.model_dump(mode="python")
    made["reference"] = reference
    if isinstance(record, Order):
        made |= {
            "units": _units(record),
            "paid_total": record.paid_total,
            "shipping_total": record.shipping_total,
            "added_tax": record.added_tax,
            "left_before_cancelled": _left_before_cancelled(record),
        }
    elif isinstance(record, Payment):
        made["mark"] = record.mark
    elif isinstance(record, Stock):
        made |= _offered(stock_numbers(record, StockRules()) if numbers is None else numbers)
    elif isinstance(record, Refund):
        made["added_tax"] = record.added_tax
    return made


def _left_before_cancelled(order: Order) -> str:
    # Said of cancelled orders alone: otherwise every shipment would change what the target is sent.
    return str(order.fulfilment) if order.state is OrderState.CANCELLED else ""


def _offered(numbers: Sequence[Number]) -> dict[str, Any]:
    return {
        "sellable": sum(one.units for one in numbers),
        "numbers": [one.as_json() for one in numbers if one.location != EVERYWHERE],
    }


def _units(order: Order) -> list[dict[str, Any]]:
    return [
        {
            "path": f"line_items[{index}]",
            "sku": line.sku,
            "product_key": line.product_key,
            "title": line.title,
            "quantity": quantity,
            "unit_price": price,
            "tax": line.tax,
            "is_gift_card": line.is_gift_card,
        }
        for index, line in enumerate(order.lines)
        for quantity, price in priced_units(line, order.currency)
    ]
