"""Which order items a shipment takes: pure arithmetic over what Magento answered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeVar

from integrations.connector_kit.errors import Rejected
from integrations.connectors.magento import marks
from integrations.connectors.magento.sold_rows import ZERO, Row, Unit, units
from mappings.canonical.record import Skipped

T = TypeVar("T")

Needed = Mapping[str, Decimal]
"""Units by SKU."""
Items = dict[int, Decimal]
"""Units by order item."""

# Magento ships in `pending_payment` too, but nobody knows whether the money will come.
GIVEN_BACK = (
    "all of it was refunded in Magento before it was shipped there, and Magento ships nothing that"
    " was refunded"
)
_STOPS = {
    "holded": "is on hold",
    "payment_review": "is under payment review",
    "pending_payment": "waits for its payment",
    "canceled": "was cancelled",
    "closed": "is closed",
}


@dataclass(frozen=True)
class Planned:
    """`items`: what must be shipped now, nothing when all has left already."""

    items: Items
    own: Sequence[Mapping[str, Any]]
    """Shipments that were made for this record, also by somebody in Magento."""


def belongs(shipment: Mapping[str, Any], key: str, numbers: Collection[str]) -> bool:
    """Whether a shipment is this record: by our mark, or by hand with a tracking number of it."""
    if marks.is_ours(shipment):
        return key in marks.marks(shipment, marks.SHIPMENT)
    return any(str(track.get("track_number")) in numbers for track in shipment.get("tracks") or ())


def plan(
    order: Mapping[str, Any],
    rows: Sequence[Row],
    needed: Needed,
    shipments: Sequence[Mapping[str, Any]],
    *,
    key: str,
    numbers: Collection[str],
    apart: Collection[int],
) -> Planned:
    """What of `needed` is still to be shipped.

    Units that somebody shipped in Magento meanwhile are not shipped again, those that another
    shipment of the till speaks for do not count. Raises Rejected, before anything is sent, when some
    unit can be neither shipped nor found shipped, and Skipped when all were refunded before.
    """
    kinds = units(rows, apart)
    own = [row for row in shipments if belongs(row, key, numbers)]
    _, left = _take(kinds, needed, _shipped(own))
    items, left = _take(kinds, left, _open(rows))
    by_hand = [row for row in shipments if row not in own and not marks.is_ours(row)]
    _, left = _take(kinds, left, _gone(rows, by_hand))
    if left and not items and not _take(kinds, left, _given_back(rows))[1]:
        raise Skipped(GIVEN_BACK)
    if left:
        _explain(order, rows, left)
    state = str(order.get("state") or "")
    if items and state in _STOPS:
        raise Rejected(
            f"Order {_name(order)} {_STOPS[state]} in Magento, and so it cannot be shipped",
            field="order_key",
            said=str(order.get("status") or state),
            advice="Open the order in Magento and settle that, then replay the shipment. If the"
            " order shall stay as it is, return the goods to stock by hand and dismiss this record.",
        )
    return Planned(items, own)


def _take(kinds: Iterable[Unit], needed: Needed, there: Items) -> tuple[Items, Needed]:
    """Takes what is needed out of what is there: the items taken, and what is needed still."""
    open_, left = _sums(needed), _sums(there)
    taken = _sums(Items())
    for kind in kinds:
        for means in kind.means:
            count = _whole(
                [open_[sku] // each for sku, each in means.items()],
                [left[item] // each for item, each in kind.parts.items()],
            )
            for sku, each in means.items():
                open_[sku] -= count * each
            for item, each in kind.parts.items():
                left[item] -= count * each
                taken[item] += count * each
    return {item: units for item, units in taken.items() if units}, {
        sku: units for sku, units in open_.items() if units > 0
    }


def _whole(*quotients: Sequence[Decimal]) -> Decimal:
    return max(min((value for row in quotients for value in row), default=ZERO), ZERO)


def _sums(start: Mapping[T, Decimal]) -> defaultdict[T, Decimal]:
    return defaultdict(Decimal, start)


def _shipped(shipments: Iterable[Mapping[str, Any]]) -> Items:
    found = _sums(Items())
    for shipment in shipments:
        for item in shipment.get("items") or ():
            found[int(item["order_item_id"])] += Decimal(str(item.get("qty") or 0))
    return found


def _open(rows: Iterable[Row]) -> Items:
    return {row.id: row.left for row in rows if not row.is_virtual}


def _given_back(rows: Iterable[Row]) -> Items:
    """Units that were refunded before they left, which Magento ships no more."""
    return {row.id: min(row.refunded, row.ordered - row.shipped) for row in rows}


def _gone(rows: Iterable[Row], shipments: Iterable[Mapping[str, Any]]) -> Items:
    """Units that left by hand, and those of articles that Magento never ships."""
    return {**_shipped(shipments), **{row.id: row.ordered for row in rows if row.is_virtual}}


def _explain(order: Mapping[str, Any], rows: Sequence[Row], left: Needed) -> None:
    sku, quantity = next(iter(left.items()))
    name = _name(order)
    if not any(row.sku == sku for row in rows):
        raise Rejected(
            f"Order {name} has nothing with SKU {sku} to ship",
            field="lines",
            said=sku,
            advice="Compare the SKU of the shipped article with the order in Magento; correct the"
            " one that is wrong, then replay.",
        )
    part = any(row.sku == sku and row.parent is not None for row in rows)
    bundle = " It is part of a bundle that Magento ships only whole." if part else ""
    raise Rejected(
        f"Order {name} has {quantity:f} units of SKU {sku} fewer left than were shipped.{bundle}",
        field="lines",
        said=f"{sku}: {quantity:f}",
        advice="Compare the order in Magento with the shipment: units may be refunded or cancelled"
        " there. Enter the shipment in Magento by hand, or correct it, then replay.",
    )


def _name(order: Mapping[str, Any]) -> str:
    return str(order.get("increment_id") or order.get("entity_id"))
