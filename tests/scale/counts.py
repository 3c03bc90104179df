"""How far a tenant's orders have come, counted by the database."""

from __future__ import annotations

from integrations.models import Delivery, DeliveryState, InboxItem
from tenants import scope
from tests.flow.conftest import Rig


def heard(rig: Rig) -> int:
    """How many orders some notice speaks of; the shop sends more than one of each."""
    with scope.tenant(rig.tenant.pk):
        orders = InboxItem.objects.filter(entity="order")
        return int(orders.values("key").distinct().count())


def delivered(rig: Rig) -> int:
    """How many deliveries of orders have succeeded."""
    with scope.tenant(rig.tenant.pk):
        return int(Delivery.objects.filter(entity="order", state=DeliveryState.DELIVERED).count())
