"""Moments that come back in addresses."""

from __future__ import annotations

from datetime import UTC, datetime


def moment_of(text: str) -> datetime:
    """A moment with its zone, as isoformat writes it, in UTC: PostgreSQL knows fewer zones than Python.

    Raises ValueError.
    """
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError("a moment has a zone")
    try:
        return found.astimezone(UTC)
    except OverflowError:
        raise ValueError("a moment of the calendar is needed") from None
