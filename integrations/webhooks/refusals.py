"""Counts webhooks that were turned away, without keeping anything of them."""

from __future__ import annotations

from datetime import datetime

from django.db.models import F

from integrations.models import Refusal
from integrations.webhooks.doors import Door
from tenants import scope


def count(door: Door, reason: str, *, now: datetime) -> None:
    """One more refusal of the day for this reason."""
    with scope.tenant(door.tenant_id):
        row, _ = Refusal.objects.get_or_create(
            connection_id=door.connection_id,
            day=now.date(),
            reason=reason[:80],
            defaults={"last_at": now},
        )
        Refusal.objects.filter(pk=row.pk).update(count=F("count") + 1, last_at=now)
