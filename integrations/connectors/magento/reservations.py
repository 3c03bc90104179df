"""What open orders hold back in Magento, so that no unit is counted twice and none not at all.

With sources (MSI) an order leaves the quantities alone and is reserved; salable = quantities -
reserved. A shipment takes the quantity and the reservation down together. Without MSI the order
takes the quantity down at once, and the shipment nothing. Inventory: Reservations.

Why the sum is right. Of one article let

- P be the number the engine gives: what the till has available, less the orders on their way to it.
  So P is lowered, once each, by exactly the orders the engine knows (docs/stock.md);
- K be the open units in Magento of orders that P is lowered by, U those of all other open orders:
  placed a moment ago, waiting for their payment, older than the connection. May be sold: P - U.

With MSI Magento subtracts K + U from what we write, so we write P + K: salable = P + K - (K + U) =
P - U. Without MSI what we write replaces a quantity that U was taken from, so we write P - U. Adding
*all* that is reserved instead would offer U again, the order of this very moment among it.

It stays right without another write. A new order adds to U and to what is reserved. When the engine
hears of it, it moves from U to K and P falls by as much: the new sum is the old one. When the till
has it, P does not change. A shipment takes it out of K, out of the quantity and out of what is
reserved. A cancelled one gives its units back to Magento first and to the till afterwards.

What is open is read before the write; a shipment that falls between both would make the sum too
high by its units. So it is read again after the write, and what has changed meanwhile is written
once more (`inventory.py`).
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from integrations.connector_kit.base import Outgoing
from integrations.connectors.magento.backfill import after
from integrations.connectors.magento.client import StoreClient
from integrations.connectors.magento.criteria import Filter, where

Row = Mapping[str, Any]

ADD_UNSHIPPED, AS_IS = "add_unshipped", "as_is"
ZERO = Decimal(0)

# In these nothing is left to ship or to give back.
_OVER = frozenset({"complete", "closed", "canceled"})
# Magento: times have a grain of a second, and a transaction may be committed late.
_OVERLAP = timedelta(minutes=2)
# SQL and some modules change orders without moving updated_at, so all are read from time to time.
_ALL_AGAIN = timedelta(minutes=10)

_ITEM = (
    "item_id,parent_item_id,sku,product_type,is_virtual,"
    "qty_ordered,qty_shipped,qty_canceled,qty_refunded"
)
_FIELDS = f"items[entity_id,state,updated_at,items[{_ITEM}]],total_count"


def unshipped(order: Row) -> dict[str, Decimal]:
    """Units by SKU that an order still holds back.

    The goods of a configurable and of a bundle are the rows below it; which of both rows counts
    what was shipped depends on how it is shipped, so whichever says more is believed.
    """
    rows = [row for row in order.get("items") or () if isinstance(row, Mapping)]
    parents = {row.get("item_id"): row for row in rows}
    above = {row["parent_item_id"] for row in rows if row.get("parent_item_id")}
    found: dict[str, Decimal] = {}
    for row in rows:
        if row.get("item_id") in above or row.get("product_type") in _WITHOUT_STOCK:
            continue
        left = _left(row, parents.get(row.get("parent_item_id")))
        sku = str(row.get("sku") or "")
        if sku and left > 0:
            found[sku] = found.get(sku, ZERO) + left
    return found


# What is not counted there, or is counted by its parts.
_WITHOUT_STOCK = frozenset({"configurable", "bundle", "grouped", "giftcard"})


def _left(row: Row, parent: Row | None) -> Decimal:
    ordered = _number(row, "qty_ordered")
    share = ZERO
    if parent is not None and _number(parent, "qty_ordered"):
        share = ordered / _number(parent, "qty_ordered")
    gone = ZERO
    for name in ("qty_shipped", "qty_canceled", "qty_refunded"):
        above = _number(parent, name) * share if parent is not None else ZERO
        gone += max(_number(row, name), above)
    return max(ZERO, ordered - gone)


def _number(row: Row, name: str) -> Decimal:
    return Decimal(str(row.get(name) or 0))


@dataclass
class OpenOrders:
    """The open orders of one shop with what each holds back, kept up to date by what has changed."""

    _orders: dict[str, Mapping[str, Decimal]] = field(default_factory=dict)
    _states: dict[str, str] = field(default_factory=dict)
    _until: datetime | None = None
    """By the clock of the shop."""
    _all_read_at: datetime | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def look(self, client: StoreClient) -> Mapping[str, Mapping[str, Decimal]]:
        """By SKU: units by id of the order, as they are now."""
        with self._lock:
            self._renew(client)
            found: dict[str, dict[str, Decimal]] = {}
            for key, units in self._orders.items():
                for sku, left in units.items():
                    found.setdefault(sku, {})[key] = left
            return found

    def states(self) -> Mapping[str, str]:
        """State of each open order, as it was when they were looked at last."""
        with self._lock:
            return dict(self._states)

    def _renew(self, client: StoreClient) -> None:
        now, until, all_read_at = client.now(), self._until, self._all_read_at
        if until is None or all_read_at is None or now - all_read_at >= _ALL_AGAIN:
            filters = [where("state", ",".join(sorted(_OVER)), "nin")]
            found = self._read(client, filters)
            self._orders.clear()
            self._states.clear()
            self._all_read_at = now
        else:
            since = until - _OVERLAP
            filters = [where("updated_at", f"{since:%Y-%m-%d %H:%M:%S}", "gteq")]
            found = self._read(client, filters)
        for row in found:
            self._take(row)
        self._until = now

    @staticmethod
    def _read(client: StoreClient, filters: Sequence[Sequence[Filter]]) -> list[Row]:
        # From id to id: an order that is completed between two pages would move others past them.
        found: list[Row] = []
        more = True
        while more:
            last = str(found[-1]["entity_id"]) if found else ""
            rows, more = after(client, "orders", last, filters=filters, fields=_FIELDS)
            found += rows
        return found

    def _take(self, order: Row) -> None:
        key = str(order["entity_id"])
        units = {} if order.get("state") in _OVER else unshipped(order)
        if units:
            self._orders[key] = units
            self._states[key] = str(order.get("state") or "")
        else:
            self._orders.pop(key, None)
            self._states.pop(key, None)


def correction(outgoing: Outgoing, open_units: Mapping[str, Decimal], *, reserves: bool) -> Decimal:
    """What is added to the number of an article before it is written: K, or -U without MSI.

    `open_units`: units of the article by id of the order; `reserves`: whether the shop uses MSI.
    """
    if not open_units:
        return ZERO
    promised = outgoing.promised(list(open_units))
    known = ZERO
    for order, left in open_units.items():
        units = promised.get(order, 0)
        known += left if units is None else min(left, Decimal(units))
    return known if reserves else known - sum(open_units.values(), ZERO)


def spread(levels: Sequence[tuple[str, Decimal]], added: Decimal, home: str) -> list[Decimal]:
    """Quantities of an article by source, after `added`; none is below zero.

    What is added goes where orders are shipped from, since Magento refuses to ship what a source
    does not have; else to the fullest. What is taken comes from there first, then from the others.
    """
    made = [quantity for _, quantity in levels]
    order = sorted(range(len(levels)), key=lambda at: (levels[at][0] != home, -levels[at][1]))
    for at in order:
        change = added if added > 0 else max(added, -made[at])
        made[at] += change
        added -= change
    return made
