"""Forgets messages and cases that are long over, and closes alarms that nobody would close."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from integrations.models import AlertCase, AlertMessage, MessageState
from integrations.services import difference_alarms
from tenants import scope

log = logging.getLogger(__name__)

KEEP = timedelta(days=90)
AT_ONCE = 5_000


def tidy(now: datetime) -> None:
    """Drops what ended before `KEEP`, some thousands at a time. Call outside any scope."""
    difference_alarms.settle_forgotten(now)
    with scope.door("forget alert messages that are long over"):
        old = AlertMessage.objects.exclude(state=MessageState.WAITING).filter(
            created_at__lt=now - KEEP
        )
        ids = list(old.order_by("created_at").values_list("pk", flat=True)[:AT_ONCE])
        AlertMessage.objects.filter(pk__in=ids).delete()
        over = AlertCase.objects.filter(over_at__lt=now - KEEP)
        cases = list(over.order_by("over_at").values_list("pk", flat=True)[:AT_ONCE])
        AlertCase.objects.filter(pk__in=cases).delete()
    if ids or cases:
        log.info("forgot %s alert messages and %s cases", len(ids), len(cases))
