"""The rate budget of an account on its lane row: another process starts from what one has learnt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from integrations.connector_kit.budget import Budget
from integrations.connector_kit.pace import Learned

_AT = "at"


def begin(pace: Mapping[str, Any], *, now: datetime) -> Budget:
    """The budget as the lane row has it."""
    known = read(pace)
    if known is None:
        return Budget()
    return Budget(known[0], age=max(0.0, (now - known[1]).total_seconds()))


def read(pace: Mapping[str, Any]) -> tuple[Learned, datetime] | None:
    """What was learnt, and when; None when nothing was, or another version wrote it."""
    try:
        known = {name: value for name, value in pace.items() if name != _AT}
        return Learned(**known), datetime.fromisoformat(pace[_AT])
    except (KeyError, TypeError, ValueError):
        return None


def written(budget: Budget, *, now: datetime) -> dict[str, Any]:
    """What the lane row keeps; {} while nothing was learnt."""
    known = budget.learned()
    if known is None:
        return {}
    figures = {
        name: round(value, 3) if isinstance(value, float) else value
        for name, value in asdict(known).items()
    }
    return {**figures, _AT: now.isoformat()}
