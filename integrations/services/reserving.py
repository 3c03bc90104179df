"""Looks after the reservation ledger of every tenant: what a missed step left open, and old rows."""

from __future__ import annotations

from datetime import datetime, timedelta

from integrations.models import Reservation
from integrations.sync import reservations
from tenants import scope

# An order may be edited for a long time after it arrived; what the till has of it is known so long.
KEPT = timedelta(days=180)
REASON = "reservations are settled"


def settle_all(now: datetime) -> None:
    """Lets go of units whose order is not on its way any more. Call outside any scope."""
    with scope.door(REASON):
        tenants = list(
            Reservation.objects.filter(settled_at__isnull=True)
            .values_list("tenant_id", flat=True)
            .distinct()
        )
        Reservation.objects.filter(settled_at__lt=now - KEPT).delete()
    for tenant_id in tenants:
        with scope.tenant(tenant_id):
            reservations.settle(now=now)
