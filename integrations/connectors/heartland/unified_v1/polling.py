"""Polling a /v1 list: oldest change first, cursors between pages."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from integrations.connector_kit.base import Notice, Page
from integrations.connectors.heartland.client import HeartlandClient, Row, rows_of

# A slow transaction shows up with a time that has passed; each poll looks back this far.
OVERLAP = timedelta(seconds=60)
LIMIT = 250
_MOST_REMEMBERED = 500


def changed(
    client: HeartlandClient,
    path: str,
    cursor: str,
    now: datetime,
    *,
    name: Callable[[Row], str],
    make: Callable[[Row], Notice],
) -> Page:
    """One page of the rows that changed since the cursor; "" starts from now.

    `name` tells rows apart. A service without this list has no changes in it.
    """
    place: dict[str, Any] = json.loads(cursor or cursor_at(now))
    params = [("updated_since", str(place["since"])), ("limit", str(LIMIT))]
    if place["next"]:
        params.append(("cursor", str(place["next"])))
    body = client.find(path, params)
    if body is None:
        return Page((), json.dumps(place))
    rows = rows_of(body, path)
    seen: dict[str, str] = place["seen"]
    fresh = [row for row in rows if seen.get(name(row)) != row["UpdatedAt"]]
    following = str(body.get("NextCursor") or "")
    return Page(
        tuple(make(row) for row in fresh),
        json.dumps(_after(place, rows, following, name)),
        more=bool(following),
    )


def cursor_at(moment: datetime) -> str:
    """The cursor from which everything is read that changed since."""
    return json.dumps({"since": _text(moment), "next": "", "seen": {}})


def _after(
    place: dict[str, Any], rows: Any, following: str, name: Callable[[Row], str]
) -> dict[str, Any]:
    since, seen = str(place["since"]), dict(place["seen"])
    seen.update({name(row): str(row["UpdatedAt"]) for row in rows})
    if not following and rows:
        last = datetime.fromisoformat(str(rows[-1]["UpdatedAt"]))
        since = _text(max(datetime.fromisoformat(since), last - OVERLAP))
    start = datetime.fromisoformat(since)
    kept = [(key, stamp) for key, stamp in seen.items() if datetime.fromisoformat(stamp) >= start]
    return {"since": since, "next": following, "seen": dict(kept[-_MOST_REMEMBERED:])}


def version(row: Row) -> str:
    """The time of change in the one form that sorts as text; "" when the row names none."""
    text = str(row.get("UpdatedAt") or "")
    return _text(datetime.fromisoformat(text)) if text else ""


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
