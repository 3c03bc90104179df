"""Orders of the unified API on their way back: number, status, what is paid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from integrations.connector_kit.base import Account, Client, Notice, Page
from integrations.connector_kit.payload import Payload
from integrations.connectors.heartland.client import Row, client_of
from integrations.connectors.heartland.unified_v1.polling import changed, version
from mappings.canonical.order_status import OrderStatus, Progress, paid_of
from mappings.canonical.record import Entity

_ORDERS = "/v1/orders"
STATUS = {
    "Draft": Progress.PENDING,
    "Open": Progress.OPEN,
    "Fulfilled": Progress.FULFILLED,
    "Shipped": Progress.FULFILLED,
    "Cancelled": Progress.CANCELLED,
}


def normalise(payload: Payload, account: Account) -> OrderStatus:
    """Their order as ours. Raises Rejected naming a status that nobody knows."""
    progress = payload.one_of("Status", STATUS)
    total = payload.decimal("TotalAmount")
    return OrderStatus(
        key=payload.text("OrderID"),
        number=payload.text("OrderID"),
        updated_at=payload.maybe_instant("UpdatedAt"),
        progress=progress,
        paid=paid_of(payload.maybe_decimal("AmountPaid") or Decimal(0), total),
        total=total,
        cancelled=progress is Progress.CANCELLED,
    )


def changes(client: Client, cursor: str, now: datetime) -> Page:
    """Orders changed since the cursor, with their content."""
    return changed(client_of(client), _ORDERS, cursor, now, name=_name, make=_notice)


def read(client: Client, keys: Sequence[str]) -> Mapping[str, Mapping[str, Any] | None]:
    """The current order of each key."""
    heartland = client_of(client)
    return {key: heartland.find(f"{_ORDERS}/{quote(key, safe='')}") for key in keys}


def _notice(row: Row) -> Notice:
    return Notice(
        entity=Entity.ORDER,
        key=_name(row),
        topic="order.updated",
        version=version(row),
        payload=row,
    )


def _name(row: Row) -> str:
    return str(row["OrderID"])
