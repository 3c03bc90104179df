"""Polling by time of change: loses nothing, reads little twice.

Magento writes a time of change in whole seconds of UTC and commits it late, rows move while they are
paged, and two changes within a second look alike. So each poll looks back, a full page is followed
by a search from its last row on, and a row whose content differs is news though its time does not.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from integrations.connector_kit import numbers, places
from integrations.connector_kit.base import Notice, Page, Places
from integrations.connector_kit.errors import Rejected
from integrations.connectors.magento.criteria import Criteria, where

if TYPE_CHECKING:
    from integrations.connectors.magento.client import StoreClient

Row = Mapping[str, Any]
Make = Callable[[Row], Notice | None]

OVERLAP = timedelta(minutes=10)
_GRAIN = timedelta(seconds=1)
_MOST_REMEMBERED = 500


def instant(text: str) -> datetime:
    """A time as Magento writes it, "2026-01-31 23:55:00" without zone, as aware UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Rejected(
            f"Magento names {text!r} as a time.", field="updated_at", said=text
        ) from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def written(moment: datetime) -> str:
    """A time as Magento's filters take it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def version(text: str) -> str:
    """A time of change in the one form that sorts as text, "" for none."""
    return instant(text).strftime("%Y-%m-%dT%H:%M:%SZ") if text else ""


def changed(
    client: StoreClient,
    path: str,
    cursor: str,
    now: datetime,
    *,
    notice: Make,
    key: str = "entity_id",
    sort_key: str = "",
    by: str = "updated_at",
    fields: str = "",
) -> Page:
    """One page of the rows of a list that changed since the cursor; "" starts from now.

    `notice` makes the notice of a row, None for one that is no news; its version is set here. `key`
    names the id of a row, `sort_key` what it is sorted by where that is another, `by` its time of
    change. `fields` asks for a part of each row: what is not
    asked for cannot tell two changes of one second apart.
    """
    if not cursor:
        return Page((), json.dumps(_start(client, path, by, now)))
    place = json.loads(cursor)
    found = client.rows(
        path,
        Criteria(
            filters=(where(by, place["from"], "gteq"),),
            sort=((by, "ASC"), (sort_key or key, "ASC")),
            fields=fields,
        ),
        int(place["skip"]),
    )
    seen: dict[str, list[Any]] = dict(place["seen"])
    notices = []
    for row in found.items:
        news = _news(row, seen, key=key, by=by)
        made = notice(row) if news else None
        if made is not None:
            notices.append(replace(made, version=news))
    if found.more:
        last = str(found.items[-1][by])
        # Only when the whole page is of one second is it paged on; else what moves could slip past.
        skip = found.following if last == place["from"] else 0
        step = {**place, "from": last, "skip": skip, "seen": _remembered(seen)}
        return Page(tuple(notices), json.dumps(step), more=True)
    ahead = _ahead(place, [str(row[by]) for row in found.items], now)
    kept = {name: told for name, told in seen.items() if told[0] >= ahead["from"]}
    return Page(tuple(notices), json.dumps({**ahead, "skip": 0, "seen": _remembered(kept)}))


def _ahead(place: Mapping[str, Any], times: Sequence[str], now: datetime) -> dict[str, Any]:
    """Where the next poll begins.

    `high`: the latest change, `since`: when it was first seen, by our clock. Once that is the overlap
    ago, nothing can come up any more that is as old; else the last rows of a mass change would be
    read at each poll until another row changes, be that tomorrow.
    """
    high = max([place.get("high", ""), *(written(instant(text)) for text in times)])
    is_new = high > place.get("high", "")
    since = now.isoformat() if is_new else place.get("since", "")
    floor = place["floor"]
    if high:
        is_settled = now - datetime.fromisoformat(since) >= OVERLAP
        behind = -_GRAIN if is_settled else OVERLAP
        floor = max(floor, written(instant(high) - behind))
    return {"floor": floor, "from": floor, "high": high, "since": since}


def _start(client: StoreClient, path: str, by: str, now: datetime) -> dict[str, Any]:
    """From now on by the clock of the shop, which an answer tells."""
    client.search(path, Criteria(sort=((by, "DESC"),), size=1, fields="total_count"))
    return _begin(now + client.skew - OVERLAP)


def _begin(moment: datetime) -> dict[str, Any]:
    start = written(moment)
    return {"floor": start, "from": start, "skip": 0, "seen": {}}


def cursor_at(moment: datetime) -> str:
    """The cursor from which everything is read that changed since."""
    return json.dumps(_begin(moment))


PLACES = Places(
    reached=lambda cursor: places.moment(cursor, "from"),
    at=lambda moment, flavour: cursor_at(moment),
)


def _news(row: Row, seen: dict[str, list[Any]], *, key: str, by: str) -> str:
    """The version of a row that was not told of before, "" for one that was; remembers it.

    A further change within one second gets a number behind the time, which sorts after it.
    """
    name, moment, mark = str(row[key]), str(row.get(by) or ""), _mark(row)
    before = seen.pop(name, None)
    if before is None or before[0] != moment:
        seen[name] = [moment, mark, 0]
        return version(moment)
    told = int(before[2]) if before[1] == mark else int(before[2]) + 1
    seen[name] = [moment, mark, told]
    return "" if before[1] == mark else f"{version(moment)}.{told:04d}"


def _mark(row: Row) -> str:
    return hashlib.blake2b(numbers.encode(row), digest_size=6).hexdigest()


def _remembered(seen: Mapping[str, list[Any]]) -> dict[str, list[Any]]:
    """The latest of what can come up again. The rest is left out: the engine drops known versions
    too, and the cursor is stored with each page."""
    return dict(list(seen.items())[-_MOST_REMEMBERED:])
