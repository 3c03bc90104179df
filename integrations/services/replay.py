"""Replay: a record that was held or given up runs again, from the payload as it came."""

from __future__ import annotations

from datetime import datetime

from integrations.models import Delivery, DeliveryState, InboxItem, InboxState
from integrations.sync import lanes


class CannotReplay(ValueError):
    """The record is in a state in which replaying it means nothing; the message says which."""


def replay(item: InboxItem, *, now: datetime) -> None:
    """Runs the item again. Call inside the tenant's scope. Raises CannotReplay.

    Replaying a delivered record writes nothing: the target already has exactly this.
    """
    if item.state == InboxState.WAITING:
        raise CannotReplay("The record is already waiting to be processed.")
    if item.deliveries.filter(state=DeliveryState.WAITING).exists():
        raise CannotReplay("The record is already on its way.")
    Delivery.objects.filter(
        inbox_item=item, state__in=(DeliveryState.HELD, DeliveryState.DEAD)
    ).update(state=DeliveryState.REPLACED, reason="Replayed", finished_at=now)
    item.state, item.due_at, item.finished_at = InboxState.WAITING, now, None
    item.reason = item.field = item.said = item.advice = ""
    item.save()
    lanes.wake(tenant_id=item.tenant_id, connection_id=item.connection_id, now=now)
