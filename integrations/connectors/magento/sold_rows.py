"""The rows of an order as Magento counts them: what can leave together, and what carries money.

Magento: an order lists parents and children. A configurable is shipped, invoiced and refunded by
its parent. A bundle is shipped by its parent, or by its children where the product says so, and
invoiced and refunded by its children where its price is the sum of theirs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from integrations.connector_kit.payload import Payload
from integrations.connectors.magento.order_lines import SKUS

ZERO = Decimal(0)
BUNDLE = "bundle"


@dataclass(frozen=True)
class Row:
    """One order item. `left`: units that can still be shipped, by Magento's own reckoning."""

    id: int
    parent: int | None
    kind: str
    sku: str
    product: str
    is_virtual: bool
    ordered: Decimal
    shipped: Decimal
    invoiced: Decimal
    refunded: Decimal
    canceled: Decimal
    payload: Payload

    @property
    def left(self) -> Decimal:
        return max(self.ordered - self.shipped - self.refunded - self.canceled, ZERO)

    def amount(self, name: str) -> Decimal:
        return self.payload.maybe_decimal(name) or ZERO


@dataclass(frozen=True)
class Unit:
    """What leaves as one. `parts`: units of each order item in it. `means`: SKUs that a till may
    name in its place, each with the units that make one."""

    parts: Mapping[int, Decimal]
    means: Sequence[Mapping[str, Decimal]]


def rows_of(order: Mapping[str, Any]) -> list[Row]:
    """Raises Rejected naming the field that is missing or of another type."""
    skus = order.get(SKUS) or {}
    return [_row(item, skus) for item in Payload(order).rows("items")]


def _row(item: Payload, skus: Mapping[str, str]) -> Row:
    product = item.maybe_text("product_id") or ""

    def units(name: str) -> Decimal:
        return item.maybe_decimal(name) or ZERO

    return Row(
        id=item.integer("item_id"),
        parent=item.maybe_integer("parent_item_id"),
        kind=item.maybe_text("product_type") or "simple",
        sku=skus.get(product) or item.maybe_text("sku") or "",
        product=product,
        is_virtual=bool(item.maybe_integer("is_virtual")),
        ordered=item.decimal("qty_ordered"),
        shipped=units("qty_shipped"),
        invoiced=units("qty_invoiced"),
        refunded=units("qty_refunded"),
        canceled=units("qty_canceled"),
        payload=item,
    )


def children_of(rows: Iterable[Row], parent: Row) -> list[Row]:
    return [row for row in rows if row.parent == parent.id]


def bundles(rows: Iterable[Row]) -> list[Row]:
    return [row for row in rows if row.kind == BUNDLE and row.parent is None]


def per_parent(child: Row, parent: Row) -> Decimal:
    """Units of the child in one unit of the parent."""
    return child.ordered / parent.ordered if parent.ordered else Decimal(1)


def units(rows: Sequence[Row], apart: Collection[int]) -> list[Unit]:
    """What can leave of an order, bundles first. `apart`: bundles whose children leave alone."""
    whole: list[Unit] = []
    single: list[Unit] = []
    for row in rows:
        if row.parent is not None:
            continue
        children = children_of(rows, row)
        if row.kind != BUNDLE or not children:
            skus = dict.fromkeys([row.sku, *(child.sku for child in children)])
            means = [{sku: Decimal(1)} for sku in skus if sku]
            single.append(Unit({row.id: Decimal(1)}, means))
            continue
        inside = {child.id: per_parent(child, row) for child in children}
        if row.id in apart:
            whole.append(Unit(inside, [{row.sku: Decimal(1)}]))
            single += [
                Unit({child.id: Decimal(1)}, [{child.sku: Decimal(1)}]) for child in children
            ]
        else:
            together: dict[str, Decimal] = {}
            for child in children:
                together[child.sku] = together.get(child.sku, ZERO) + inside[child.id]
            whole.append(Unit({row.id: Decimal(1)}, [{row.sku: Decimal(1)}, together]))
    return [*whole, *single]


def money_rows(rows: Sequence[Row]) -> list[Row]:
    """The rows that are invoiced and refunded, each amount of the order in exactly one of them.

    They are the rows the point of sale was told of (order_lines.counted).
    """
    found: list[Row] = []
    for row in rows:
        if row.parent is not None:
            continue
        children = children_of(rows, row)
        found += children if _priced_by_children(row, children) else [row]
    return found


def _priced_by_children(parent: Row, children: Sequence[Row]) -> bool:
    if parent.kind == "configurable" or not children:
        return False
    own = _cents(parent.amount("row_total"))
    total = sum((_cents(child.amount("row_total")) for child in children), ZERO)
    if parent.kind == BUNDLE and not own and not total:
        # Given away: its articles leave all the same.
        return True
    return bool(total) and own in (ZERO, total)


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"))


def skus_of(rows: Sequence[Row], row: Row) -> set[str]:
    """The SKUs that mean this row: its own, and of a configurable the child's."""
    inside = {child.sku for child in children_of(rows, row)} if row.kind != BUNDLE else set()
    return {row.sku, *inside} - {""}
