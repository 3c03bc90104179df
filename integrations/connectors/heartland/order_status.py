"""Sales orders of Heartland Retail on their way back: number, status, what is paid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from integrations.connector_kit.base import Account, Client, Notice, Page
from integrations.connector_kit.errors import Rejected
from integrations.connector_kit.payload import Payload
from integrations.connectors.heartland.client import Row, client_of
from integrations.connectors.heartland.order_settlement import CANCELLED
from integrations.connectors.heartland.polling import changed, version
from integrations.connectors.heartland.reading import by_id
from mappings.canonical.order_status import OrderStatus, Progress, paid_of
from mappings.canonical.record import Entity

_ORDERS = "/sales/orders"
# Their word -> ours; several spellings of "cancelled" are known.
STATUS = {
    "pending": Progress.PENDING,
    "open": Progress.OPEN,
    "closed": Progress.FULFILLED,
    **dict.fromkeys(CANCELLED, Progress.CANCELLED),
}


def normalise(payload: Payload, account: Account) -> OrderStatus:
    """Their order as ours. Raises Rejected naming a status that nobody knows."""
    word = payload.text("status").lower()
    if word not in STATUS:
        raise Rejected(
            f"The order has the status {word!r}, which this connector does not know.",
            field="status",
            said=word,
            advice="Tell us what it means; until then the store is not told of this order.",
        )
    progress = STATUS[word]
    total = payload.maybe_decimal("total") or Decimal(0)
    return OrderStatus(
        key=payload.text("id"),
        number=payload.maybe_text("public_id") or "",
        updated_at=payload.maybe_instant("updated_at"),
        progress=progress,
        paid=paid_of(payload.maybe_decimal("total_paid") or Decimal(0), total),
        total=total,
        cancelled=progress is Progress.CANCELLED,
    )


def changes(client: Client, cursor: str, now: datetime) -> Page:
    """Orders changed since the cursor, with their content."""
    return changed(client_of(client), _ORDERS, cursor, now, _notice)


def read(client: Client, keys: Sequence[str]) -> Mapping[str, Mapping[str, Any] | None]:
    """The current order of each key."""
    found = by_id(client_of(client), _ORDERS, keys)
    return {key: found.get(key) for key in keys}


def _notice(row: Row) -> Notice:
    return Notice(
        entity=Entity.ORDER,
        key=str(row["id"]),
        topic="order.updated",
        version=version(row),
        payload=row,
    )
