"""Earlier rows of a record, at whatever age: asked by functions that keep their plans.

The same as plain queries over all partitions, which would take longer to plan than to run.
Call inside the tenant's scope.
"""

from __future__ import annotations

from typing import Any

from django.db import connection

from integrations.models import Delivery
from tenants import scope


def tried_delivery(row: Delivery) -> int | None:
    """The last delivery of the same record and flow before this one that was tried."""
    found: int | None = _ask(
        "SELECT clarity_tried_before(%s, %s, %s, %s)", row.flow_id, row.key, row.pk
    )
    return found


def stopped_deliveries(row: Delivery) -> list[int]:
    """Deliveries of the same record and flow before this one that are held or were given up."""
    found: list[int] = _ask(
        "SELECT clarity_stopped_deliveries(%s, %s, %s, %s)", row.flow_id, row.key, row.pk
    )
    return found


def stopped_items(row: Delivery) -> list[int]:
    """Inbox items of the same record, before the delivery's own, that are held or were given up."""
    found: list[int] = _ask(
        "SELECT clarity_stopped_items(%s, %s, %s, %s, %s)",
        row.flow.source_id,
        row.entity,
        row.key,
        row.inbox_item_id,
    )
    return found


def _ask(query: str, *values: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(query, [scope.current(), *values])
        return cursor.fetchone()[0]
