"""Polling a list by time of change: loses nothing, reads little twice."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from integrations.connector_kit.base import Notice, Page
from integrations.connector_kit.errors import Rejected
from integrations.connectors.heartland.client import PAGE, HeartlandClient, Row, matching

# A record written by a slow transaction shows up with a time that has passed already; each poll
# looks back this far and leaves out what the poll before reported.
OVERLAP = timedelta(seconds=60)
# Their clock may be behind ours, and the first place is taken from ours.
CLOCKS_APART = timedelta(minutes=5)
_MOST_REMEMBERED = 500

Make = Callable[[Row], Notice | None]


def changed(client: HeartlandClient, path: str, cursor: str, now: datetime, make: Make) -> Page:
    """One page of the records of a list that changed since the cursor; "" starts from now.

    `make` answers None for a row that is no news. The cursor holds where the run began, where to read
    on, and the versions reported inside the overlap.
    """
    place = _place(cursor, now)
    rows = _rows(client, path, place)
    seen: dict[str, str] = place["seen"]
    fresh = [row for row in rows if seen.get(str(row["id"])) != str(row["updated_at"])]
    notices = tuple(notice for notice in map(make, fresh) if notice is not None)
    if not rows:
        return Page((), json.dumps({**place, "page": 1}))
    last = str(rows[-1]["updated_at"])
    start = max(_instant(place["floor"]), _instant(last) - OVERLAP)
    seen = _since(start, {**seen, **{str(row["id"]): str(row["updated_at"]) for row in rows}})
    if len(rows) == PAGE:
        return Page(notices, json.dumps({**_step(place, last), "seen": seen}), more=True)
    text = start.isoformat(timespec="microseconds")
    return Page(notices, json.dumps({"floor": text, "from": text, "page": 1, "seen": seen}))


def _rows(client: HeartlandClient, path: str, place: Mapping[str, Any]) -> list[Row]:
    return list(
        client.page(
            path,
            (
                matching({"updated_at": {"$gte": place["from"]}}),
                ("sort[]", "updated_at"),
                ("page", str(place["page"])),
                ("per_page", str(PAGE)),
            ),
        )
    )


def _step(place: Mapping[str, Any], last: str) -> dict[str, Any]:
    """Where to go on after a full page.

    Reading from the last time on, not from the next page, keeps rows from slipping past when one
    of an earlier page changes; only a whole page of one and the same time is paged.
    """
    page = int(place["page"]) + 1 if last == place["from"] else 1
    return {"floor": place["floor"], "from": last, "page": page}


def _since(start: datetime, seen: Mapping[str, str]) -> dict[str, str]:
    """What can come up again. More than fits is left out: the engine drops known versions too."""
    kept = [(key, stamp) for key, stamp in seen.items() if _instant(stamp) >= start]
    return dict(kept[-_MOST_REMEMBERED:])


def cursor_at(moment: datetime) -> str:
    """The cursor from which everything is read that changed since."""
    return json.dumps(_begin(moment))


def _begin(moment: datetime) -> dict[str, Any]:
    start = moment.astimezone(UTC).isoformat(timespec="microseconds")
    return {"floor": start, "from": start, "page": 1, "seen": {}}


def _place(cursor: str, now: datetime) -> dict[str, Any]:
    if not cursor:
        return _begin(now - CLOCKS_APART)
    place: dict[str, Any] = json.loads(cursor)
    return place


def version(row: Row) -> str:
    """The time of change in the one form that sorts as text; "" when the row names none."""
    text = str(row.get("updated_at") or "")
    return _instant(text).isoformat(timespec="microseconds") if text else ""


def _instant(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Rejected(
            f"Heartland names {text!r} as a time of change.", field="updated_at", said=text
        ) from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
