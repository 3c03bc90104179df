"""Which website of the shop the connection is for.

Magento: one installation may hold several websites; customers and orders belong to one of them each.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from integrations.connectors.magento.client import DEFAULT_STORE, StoreClient

Row = Mapping[str, Any]


def website_id(client: StoreClient) -> int | None:
    """The one that is chosen, else that of the store view; None while the shop tells of none."""
    chosen = client.account.setting("website")
    shape = client.shape
    found = [row for row in shape.websites if chosen in (str(row["code"]), str(row["id"]))]
    row = found[0] if found else shape.website_of(store_view(client))
    return int(row["id"]) if row else None


def store_view(client: StoreClient) -> str:
    return client.account.setting("store_view", DEFAULT_STORE)


def has_several(client: StoreClient) -> bool:
    return len([row for row in client.shape.websites if row.get("code") != "admin"]) > 1


def is_elsewhere(client: StoreClient, row: Row) -> bool:
    """Whether a record that names its `website_id` is of another one."""
    here = website_id(client)
    return has_several(client) and here is not None and int(row.get("website_id") or here) != here


def named(client: StoreClient, website: Any) -> str:
    """Its code."""
    rows = client.shape.websites
    return next((str(row["code"]) for row in rows if row["id"] == website), str(website))
