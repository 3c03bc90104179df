"""What has come through a sandbox pair so far, for the page that shows it arriving."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from integrations.models import (
    Delivery,
    DeliveryState,
    Direction,
    InboxItem,
    InboxState,
    Pair,
    SandboxPair,
)
from mappings.canonical.record import Entity

SHOWN = 8
# A shop tells of an order several times: made, paid, shipped.
_TOLD = 8


@dataclass(frozen=True)
class Order:
    """One web order. `label`: its number at the till; `seconds`: from the shop to the till."""

    item_id: int
    number: str
    label: str
    state: str
    word: str
    reason: str
    received_at: datetime
    seconds: float | None

    @property
    def has_arrived(self) -> bool:
        return self.state == DeliveryState.DELIVERED


@dataclass(frozen=True)
class Seen:
    """`first_seconds`: from the click that made the sandbox to its first order at the till."""

    orders: Sequence[Order]
    waiting: int
    first_seconds: float | None
    stock_numbers: int
    last_stock_at: datetime | None


def look(*, pair: Pair, sandbox: SandboxPair) -> Seen:
    """Call inside the tenant's scope."""
    rows = Delivery.objects.filter(
        flow__pair=pair, flow__direction=Direction.TO_POS, entity=Entity.ORDER
    ).select_related("inbox_item")
    arrived = rows.filter(state=DeliveryState.DELIVERED).order_by("id")
    first = arrived.values_list("finished_at", flat=True).first()
    stock = Delivery.objects.filter(
        flow__pair=pair, entity=Entity.INVENTORY, state=DeliveryState.DELIVERED
    ).order_by("-id")
    return Seen(
        orders=_orders(rows.order_by("-id")[: SHOWN * _TOLD]),
        waiting=InboxItem.objects.filter(
            connection_id=pair.store_id, entity=Entity.ORDER, state=InboxState.WAITING
        ).count(),
        first_seconds=(first - sandbox.began_at).total_seconds() if first else None,
        stock_numbers=stock.count(),
        last_stock_at=stock.values_list("finished_at", flat=True).first(),
    )


def _orders(newest_first: Iterable[Delivery]) -> Sequence[Order]:
    """One line an order, however often the shop told of it: two would look like a double order."""
    lines: dict[str, Delivery] = {}
    for row in newest_first:
        if row.key not in lines or row.state == DeliveryState.DELIVERED:
            lines[row.key] = row
    shown = sorted(lines.values(), key=lambda row: row.pk, reverse=True)
    return [_order(row) for row in shown[:SHOWN]]


def _order(row: Delivery) -> Order:
    received, finished = row.inbox_item.received_at, row.finished_at
    return Order(
        item_id=row.inbox_item_id,
        number=row.number,
        label=row.target_label or row.reference,
        state=row.state,
        word=DeliveryState(row.state).label,
        reason=row.reason,
        received_at=received,
        seconds=(finished - received).total_seconds()
        if finished and row.state == DeliveryState.DELIVERED
        else None,
    )
