"""Polling by time of change: a cursor that loses nothing and rereads little."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from integrations.connector_kit import places
from integrations.connector_kit.base import Notice, Page, Places
from integrations.connector_kit.errors import NeedsOwner
from integrations.connectors.shopify.answers import Reply, TooCostly
from integrations.connectors.shopify.client import ShopClient

# Shopify's search index and clock may lag; each poll looks back this far, the first one too. Known
# versions are dropped by the engine.
OVERLAP = timedelta(minutes=5)
_PAGE = 25


def version(text: str) -> str:
    """A time of change in the one form that sorts as text."""
    return datetime.fromisoformat(text).astimezone(UTC).isoformat(timespec="microseconds")


def complete(reply: Reply) -> Mapping[str, Any]:
    """The data of a read that must not have holes. Raises NeedsOwner naming the missing scope.

    A field left out for want of a scope looks like an empty one; writing it on would erase data.
    """
    for path, scope in reply.denied.items():
        raise NeedsOwner(f"Shopify hides {path}: the app lacks {scope}. Grant it, then reconnect.")
    return reply.data


def changed(
    client: ShopClient,
    cursor: str,
    now: datetime,
    *,
    operation: str,
    root: str,
    notices: Callable[[Mapping[str, Any]], Sequence[Notice]],
    extra: str = "",
) -> Page:
    """One page of records changed since the cursor; "" starts from now.

    Inside one run the time of the last row moves the window on, so that no run meets Shopify's
    limit of 25,000 records a search; only a page of one and the same second is paged by cursor.
    """
    if not cursor:
        return Page(notices=(), cursor=_cursor(now - OVERLAP))
    place = json.loads(cursor)
    query = f"updated_at:>='{place['from']}' {extra}".strip()
    found = _page(client, operation, query, place.get("after"))[root]
    rows: Sequence[Mapping[str, Any]] = found["nodes"]
    made = tuple(notice for row in rows for notice in notices(row))
    started = place.get("started") or now.isoformat()
    if not found["pageInfo"]["hasNextPage"]:
        return Page(notices=made, cursor=_cursor(datetime.fromisoformat(started) - OVERLAP))
    last = _second(datetime.fromisoformat(rows[-1]["updatedAt"]))
    step: dict[str, str] = {"started": started, "from": last}
    if last == place["from"]:
        step["after"] = found["pageInfo"]["endCursor"]
    return Page(notices=made, cursor=json.dumps(step), more=True)


def _page(client: ShopClient, operation: str, query: str, after: str | None) -> Mapping[str, Any]:
    while True:
        first = client.page_sizes.get(operation, _PAGE)
        try:
            return complete(client.run(operation, {"q": query, "first": first, "after": after}))
        except TooCostly:
            if first == 1:
                raise
            client.page_sizes[operation] = first // 2


def _cursor(moment: datetime) -> str:
    return json.dumps({"from": _second(moment)})


PLACES = Places(
    reached=lambda cursor: places.moment(cursor, "from"),
    at=lambda moment, flavour: _cursor(moment),
)


def _second(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
