"""The inventory ledger as a feed of changes.

Heartland sends no webhook for stock. Every movement on hand is a row of /inventory/transactions;
goods promised to an open order are not.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from integrations.connector_kit.base import Notice, Page
from integrations.connectors.heartland.answers import Refused
from integrations.connectors.heartland.client import HeartlandClient, Row, matching
from mappings.canonical.record import Entity

_LEDGER = "/inventory/transactions"
PAGE = 500

# A till that takes its id first and commits late would be missed by a cursor that has gone past it,
# so the cursor stays behind rows younger than this.
SETTLING = timedelta(seconds=10)


def movements(client: HeartlandClient, cursor: str, now: datetime) -> Page:
    """One thin notice for each item with a row after the cursor; "" starts at the newest row."""
    if not cursor:
        return Page((), json.dumps(_newest(client, now)))
    place: dict[str, Any] = json.loads(cursor)
    paged = _by_id(client, int(place["id"]))
    rows = _by_time(client, place) if paged is None else paged
    told = set(place.get("told", ()))
    fresh = [row for row in rows if int(row["id"]) not in told]
    full = paged is not None and len(paged) >= PAGE
    return Page(_notices(fresh), json.dumps(_after(place, rows, now, full=full)), more=full)


def _after(place: dict[str, Any], rows: list[Row], now: datetime, *, full: bool) -> dict[str, Any]:
    """The place behind the last settled row, with those beyond it that were told already."""
    border = now.astimezone(UTC) - SETTLING
    settled = rows if full else [row for row in rows if _created(row) <= border]
    if settled:
        place = {"id": int(settled[-1]["id"]), "at": str(settled[-1].get("created_at") or "")}
    told = [int(row["id"]) for row in rows if int(row["id"]) > int(place["id"])]
    return {"id": place["id"], "at": place["at"], "told": told}


def _by_id(client: HeartlandClient, after: int) -> list[Row] | None:
    """Rows after an id, oldest first; None when this Heartland does not filter by id."""
    params = (
        matching({"id": {"$gt": after}}),
        ("sort", "id"),
        ("per_page", str(PAGE)),
    )
    try:
        rows = list(client.page(_LEDGER, params))
    except Refused:
        return None
    if any(int(row["id"]) <= after for row in rows):
        return None
    return sorted(rows, key=lambda row: int(row["id"]))


def _by_time(client: HeartlandClient, place: dict[str, Any]) -> list[Row]:
    """Rows since the time of the cursor, the form other programs use; the id sorts out repeats."""
    params = (("~[created_at][$gte]", str(place["at"])), ("sort[]", "created_at,desc"))
    rows = [row for row in client.every(_LEDGER, params) if int(row["id"]) > int(place["id"])]
    return sorted(rows, key=lambda row: int(row["id"]))


def _newest(client: HeartlandClient, now: datetime) -> dict[str, Any]:
    rows = client.page(_LEDGER, (("sort[]", "id,desc"), ("per_page", "1")))
    if not rows:
        return {"id": 0, "at": now.astimezone(UTC).isoformat(timespec="microseconds")}
    return {"id": int(rows[0]["id"]), "at": str(rows[0].get("created_at") or now.isoformat())}


def _notices(rows: Iterable[Row]) -> tuple[Notice, ...]:
    last = {str(row["item_id"]): row for row in rows if row.get("item_id") is not None}
    return tuple(
        Notice(
            entity=Entity.INVENTORY,
            key=item,
            topic="inventory.updated",
            event=f"inventory-transaction:{row['id']}",
        )
        for item, row in last.items()
    )


def _created(row: Row) -> datetime:
    """A row without a time counts as settled."""
    text = str(row.get("created_at") or "1970-01-01T00:00:00+00:00")
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
