"""What expressions gave: the words that the evaluating process and the rules have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mappings.engine.conversion import Refused

Outcome = Mapping[str, Any]
"""{"v": value}; {} for nothing; or {"e": reason} with "advice", "table" and "value" of a missing
entry, and "stopped" when a limit ended it."""

Outcomes = Outcome | list[Any]
"""Of one job: one outcome, or one for each row of its list."""

NOTHING: Outcome = {}


def refusal(outcome: Outcome) -> Refused:
    """The failure of an expression as the problem it becomes."""
    return Refused(
        outcome["e"],
        outcome.get("advice", ""),
        table=outcome.get("table", ""),
        value=outcome.get("value", ""),
        stopped=bool(outcome.get("stopped")),
    )
