"""Everything a shop holds of a kind, page after page.

Pages go by id, which changes do not disturb: each asks for what comes behind the last id.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from integrations.connector_kit.base import Extent, Notice, Page
from integrations.connectors.magento.client import StoreClient
from integrations.connectors.magento.criteria import PAGE, Criteria, Filter, where

Row = Mapping[str, Any]
Groups = Sequence[Sequence[Filter]]


def pages(
    client: StoreClient,
    path: str,
    cursor: str,
    *,
    notice: Callable[[Row], Notice | None],
    key: str = "entity_id",
    filters: Groups = (),
    fields: str = "",
) -> Page:
    """The rows of a list behind the id `cursor`, "" for the first; `notice` answers None for a row
    that is none. `filters`: which rows count. `fields`: which part of each row is needed."""
    rows, more = after(client, path, cursor, key=key, filters=filters, fields=fields)
    made = [found for row in rows if (found := notice(row)) is not None]
    return Page(tuple(made), str(rows[-1][key]) if rows else cursor, more=more)


def after(
    client: StoreClient,
    path: str,
    cursor: str,
    *,
    key: str = "entity_id",
    filters: Groups = (),
    fields: str = "",
) -> tuple[Sequence[Row], bool]:
    """The rows with the next higher ids, and whether there are more."""
    found = client.search(
        path,
        Criteria(
            filters=(*filters, where(key, cursor or "0", "gt")),
            sort=((key, "ASC"),),
            fields=fields,
        ),
    )
    return found.items, found.more


def count(client: StoreClient, path: str, *, filters: Groups = (), reads: int = 0) -> Extent:
    """How many rows a list has. `reads`: further requests that each row takes."""
    criteria = Criteria(filters=filters, sort=(), size=1, fields="total_count")
    total = client.search(path, criteria).total
    size = min(PAGE, client.page_limit)
    return Extent(records=total, calls=max(1, -(-total // size)) + reads * total)


def newest(
    client: StoreClient,
    path: str,
    count: int,
    *,
    key: str = "entity_id",
    filters: Groups = (),
) -> list[str]:
    """Ids of the rows made last, the newest first."""
    found = client.search(
        path,
        Criteria(
            filters=filters,
            sort=((key, "DESC"),),
            size=max(1, count),
            fields=f"items[{key}],total_count",
        ),
    )
    return [str(row[key]) for row in found.items]
