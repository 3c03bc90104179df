"""How a bulk act ends at one account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Done:
    """It was done. `said`: what, in a sentence; `is_bad`: a person should look at it all the same."""

    said: str
    details: Mapping[str, Any] = field(default_factory=dict)
    is_bad: bool = False


class NothingToDo(Exception):
    """There is nothing to do at this account; the message says why."""


class CannotDo(Exception):
    """It cannot be done at this account; the message says why and what to do."""
