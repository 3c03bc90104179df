"""Reads a time out of a cursor that is a JSON object, which is what connectors write."""

from __future__ import annotations

import json
from datetime import UTC, datetime


def moment(cursor: str, *names: str) -> datetime | None:
    """The first of these members that is there, as aware UTC; None when there is none, or no time."""
    try:
        place = json.loads(cursor)
    except ValueError:
        return None
    if not isinstance(place, dict):
        return None
    text = next((str(place[name]) for name in names if place.get(name)), "")
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
