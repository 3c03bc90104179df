"""Which fulfilment order lines a shipment takes: pure arithmetic over what Shopify answered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from integrations.connector_kit.errors import Rejected

Raw = Mapping[str, Any]
Units = Counter[str]
"""Units by SKU."""

_OPEN = frozenset({"OPEN", "IN_PROGRESS"})
_WAITING = frozenset({"ON_HOLD", "SCHEDULED", "INCOMPLETE"})
# Fulfilments that came to nothing.
_VOID = frozenset({"CANCELLED", "ERROR", "FAILURE"})


@dataclass(frozen=True)
class Part:
    """Units of one fulfilment order line. `before`: what was left of the line."""

    order: str
    line: str
    sku: str
    quantity: int
    before: int


@dataclass
class Call:
    """One fulfilment to create: everything that leaves one location."""

    location: str
    parts: list[Part] = field(default_factory=list)

    def lines(self) -> list[dict[str, Any]]:
        """The parts as lineItemsByFulfillmentOrder."""
        orders: dict[str, list[dict[str, Any]]] = {}
        for part in self.parts:
            line = {"id": part.line, "quantity": part.quantity}
            orders.setdefault(part.order, []).append(line)
        return [
            {"fulfillmentOrderId": order, "fulfillmentOrderLineItems": lines}
            for order, lines in orders.items()
        ]


def shipped_by(order: Raw, *, ids: Sequence[str] = (), numbers: Sequence[str] = ()) -> Units:
    """Units of the fulfilments that have one of these ids or tracking numbers."""
    found: Units = Counter()
    for fulfilment in _valid(order):
        tracking = {str(row.get("number")) for row in fulfilment["trackingInfo"]}
        if fulfilment["id"] in ids or tracking.intersection(numbers):
            found += _units(fulfilment)
    return found


def vanished(order: Raw, parts: Sequence[Part]) -> Units:
    """The units of an announced call when its lines have shrunk by them since; else nothing."""
    now = {line["id"]: int(line["remainingQuantity"]) for _, line in _lines(order)}
    if all(now.get(part.line, part.before) <= part.before - part.quantity for part in parts):
        return Counter(
            {sku: sum(p.quantity for p in parts if p.sku == sku) for sku in _skus(parts)}
        )
    return Counter()


def plan(order: Raw, left: Units, own: Units) -> list[Call]:
    """The calls that fulfil `left`; `own`: units that this shipment has fulfilled already.

    Units that somebody fulfilled in Shopify meanwhile are not fulfilled again. Raises Rejected,
    before anything is sent, when some unit can be neither fulfilled nor found fulfilled.
    """
    if left and order.get("cancelledAt"):
        raise Rejected(
            f"Order {order['name']} was cancelled in Shopify",
            field="order_key",
            said=str(order["name"]),
            advice="A cancelled order cannot be fulfilled. Return the goods to stock by hand.",
        )
    need, calls = Counter(left), dict[str, Call]()
    for fulfilment_order, line in _lines(order):
        sku, remaining = _sku(line), int(line["remainingQuantity"])
        take = min(need[sku], remaining) if fulfilment_order["status"] in _OPEN else 0
        if take < 1:
            continue
        need[sku] -= take
        place = fulfilment_order["assignedLocation"]
        location = str((place.get("location") or {}).get("id") or place.get("name"))
        call = calls.setdefault(location, Call(location))
        call.parts.append(Part(fulfilment_order["id"], line["id"], sku, take, remaining))
    elsewhere = _all_shipped(order) - own
    for sku, quantity in (+need).items():
        _explain(order, sku, quantity, elsewhere[sku])
    return list(calls.values())


def _explain(order: Raw, sku: str, quantity: int, elsewhere: int) -> None:
    name = order["name"]
    lines = [(head, line) for head, line in _lines(order) if _sku(line) == sku]
    if not lines and not elsewhere:
        raise Rejected(
            f"Order {name} has nothing with SKU {sku} to fulfil",
            field="lines",
            said=sku,
            advice="Check the SKU of the shipped article, and that the app may see the order's"
            " fulfilment orders (scope read_merchant_managed_fulfillment_orders).",
        )
    waiting = sum(int(line["remainingQuantity"]) for head, line in lines if _waits(head))
    if waiting:
        raise Rejected(
            f"Order {name} is on hold for SKU {sku}",
            field="lines",
            said=sku,
            advice="Release the hold in Shopify, then replay the shipment.",
        )
    if quantity > elsewhere:
        raise Rejected(
            f"Order {name} has {quantity - elsewhere} units of SKU {sku} fewer than were shipped",
            field="lines",
            said=f"{sku}: {quantity}",
            advice="Compare the order in Shopify with the shipment; correct the one that is wrong.",
        )


def _waits(fulfilment_order: Raw) -> bool:
    return fulfilment_order["status"] in _WAITING


def _all_shipped(order: Raw) -> Units:
    found: Units = Counter()
    for fulfilment in _valid(order):
        found += _units(fulfilment)
    return found


def _valid(order: Raw) -> Iterator[Raw]:
    return (row for row in order["fulfillments"] if row["status"] not in _VOID)


def _units(fulfilment: Raw) -> Units:
    found: Units = Counter()
    for row in _nodes(fulfilment["fulfillmentLineItems"]):
        found[str(row["lineItem"].get("sku") or "")] += int(row.get("quantity") or 0)
    return found


def _lines(order: Raw) -> Iterator[tuple[Raw, Raw]]:
    for fulfilment_order in _nodes(order["fulfillmentOrders"]):
        for line in _nodes(fulfilment_order["lineItems"]):
            yield fulfilment_order, line


def _nodes(connection: Raw) -> Sequence[Raw]:
    if connection["pageInfo"]["hasNextPage"]:
        raise Rejected(
            "The order has more lines than this connector can fulfil at once",
            field="lines",
            advice="Fulfil this order in Shopify by hand.",
        )
    nodes: Sequence[Raw] = connection["nodes"]
    return nodes


def _sku(line: Raw) -> str:
    # The order line keeps the SKU of the day of the sale, which is what the till was told.
    return str((line.get("lineItem") or {}).get("sku") or line.get("sku") or "")


def _skus(parts: Sequence[Part]) -> set[str]:
    return {part.sku for part in parts}
