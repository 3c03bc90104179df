"""What an account permits us to call, as its lane has learnt it, and how much of that is in use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from integrations.models import Lane
from integrations.sync import budget


@dataclass(frozen=True)
class BudgetUse:
    """One account. `rate`: units a second, `at_once`: most that gather; a unit is a call, or what
    the vendor counts by. `used`: the share of `at_once` that is spent at this moment.
    `is_stated`: the vendor says so; otherwise it was found by trying. `learnt_at`: when last.
    """

    connection_id: UUID
    rate: float
    at_once: float
    used: float
    is_stated: bool
    learnt_at: datetime


def in_use(*, connections: Sequence[UUID], now: datetime) -> dict[UUID, BudgetUse]:
    """By connection; those of which nothing was learnt are missing. Call inside the scope."""
    found = {}
    rows = Lane.objects.filter(connection__in=connections).values_list("connection_id", "pace")
    for connection_id, pace in rows:
        read = budget.read(pace)
        if read is None:
            continue
        known, at = read
        age = max(0.0, (now - at).total_seconds())
        tokens = min(known.maximum, known.tokens + age * known.rate)
        used = 1 - tokens / known.maximum if known.maximum else 0.0
        found[connection_id] = BudgetUse(
            connection_id, known.rate, known.maximum, min(1.0, max(0.0, used)), known.is_stated, at
        )
    return found
