"""What flow tests do again and again with a rig."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from integrations.models import (
    Connection,
    Delivery,
    DeliveryState,
    InboxItem,
    InboxState,
    Lane,
)
from integrations.services.replay import replay
from tenants import scope
from tests.flow.conftest import Rig
from tests.flow.posting import TillCalls, send


def settled(rig: Rig, *bodies: Mapping[str, Any]) -> None:
    """Sends orders and works until nothing waits."""
    for body in bodies:
        assert send(rig, body).accepted == 1
    rig.until(lambda: rig.waiting() == 0, "nothing waits")


def item_of(rig: Rig, key: int) -> InboxItem:
    (item,) = rig.items(key=str(key), entity="order")
    return item


def order_delivery(rig: Rig, key: int) -> Delivery:
    """The latest delivery of an order."""
    return rig.deliveries(key=str(key), entity="order")[-1]


def replay_now(rig: Rig, key: int) -> None:
    with scope.tenant(rig.tenant.pk):
        replay(InboxItem.objects.get(key=str(key), entity="order"), now=timezone.now())


def make_due(rig: Rig) -> None:
    """The waiting times of retries are over."""
    now = timezone.now()
    with scope.tenant(rig.tenant.pk):
        Delivery.objects.filter(state=DeliveryState.WAITING).update(due_at=now)
        InboxItem.objects.filter(state=InboxState.WAITING).update(due_at=now)
        Lane.objects.all().update(parked_until=None)


def state_of(rig: Rig, connection: Connection) -> tuple[str, str]:
    with scope.tenant(rig.tenant.pk):
        connection.refresh_from_db()
    return connection.state, connection.state_reason


def numbers(rig: Rig) -> list[str]:
    return sorted(row["public_id"] for row in TillCalls(rig).orders())
