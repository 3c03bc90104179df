"""Which of two rows of one record is the newer."""

from __future__ import annotations

from typing import Protocol


class Versioned(Protocol):
    """An inbox item or a delivery: a version that sorts as text, "" when unknown, and an id."""

    version: str
    id: int


def is_newer(first: Versioned, second: Versioned) -> bool:
    """Whether `first` speaks for both: by version where both have one, else by which came later."""
    if first.version and second.version and first.version != second.version:
        return first.version > second.version
    return first.id > second.id
