"""What holds items of Heartland Retail together: a grid, or a custom field with one value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from integrations.connector_kit.base import Account
from integrations.connector_kit.payload import Payload
from integrations.connectors.heartland.client import HeartlandClient, Row, matching
from integrations.connectors.heartland.inventory import sku_of

USUAL_OPTIONS = "color=Color,colour=Color,size=Size"

# Of a larger family the first so many are named: it takes one of them to find the others in a shop.
MOST_NAMED = 250

# Columns that tell whom an item belongs to and what the shop calls it.
_ONLY = tuple(
    ("_only[]", column) for column in ("id", "public_id", "primary_barcode", "grid_id", "custom")
)


class Family(NamedTuple):
    """`key` is "" for an item that stands alone."""

    key: str = ""
    title: str = ""


def option_fields(account: Account) -> dict[str, str]:
    """Key of a custom field -> name of the option, in the order a buyer chooses."""
    given = account.setting("option_fields", USUAL_OPTIONS)
    pairs = (part.partition("=") for part in given.split(",") if part.strip())
    return {key.strip(): name.strip() or key.strip().capitalize() for key, _, name in pairs}


def group_field(account: Account) -> str:
    """Key of the custom field that groups items without a grid, "" for none."""
    return account.setting("group_field").strip()


def family_of(payload: Payload, custom: Mapping[str, str], field: str) -> Family:
    """A grid counts first. Raises Rejected when the grid has another shape than it should."""
    grid = payload.maybe_text("grid_id")
    if grid:
        shown = payload.maybe_child("grid")
        return Family(grid, (shown.maybe_text("description") or "") if shown else "")
    value = custom.get(field, "") if field else ""
    return Family(f"{field}={value}", value) if value else Family()


def without_options(title: str, values: Iterable[str]) -> str:
    """ "Basic Tee" for "Basic Tee - Black - M": only what is certainly an option is cut off."""
    left = set(values)
    while left:
        head, dash, tail = title.rpartition(" - ")
        if not dash or tail not in left:
            break
        title, left = head, left - {tail}
    return title


def siblings_of(client: HeartlandClient, items: Sequence[Row]) -> dict[str, list[str]]:
    """By id of an item, what the shop calls all articles of its family, its own included."""
    account = client.account
    field = group_field(account)
    grids = {row["grid_id"] for row in items if row.get("grid_id")}
    groups = {value for row in items if (value := _group(row, field))}
    rows: list[Row] = []
    if grids:
        rows += _matching(client, "grid_id", sorted(grids))
    if groups:
        rows += _matching(client, f"custom@{field}", sorted(groups))
    families: dict[Any, list[str]] = {}
    for row in rows:
        if name := sku_of(Payload(row), account):
            families.setdefault(_family(row, field), []).append(name)
    return {str(row["id"]): families.get(_family(row, field), [])[:MOST_NAMED] for row in items}


def _matching(client: HeartlandClient, field: str, values: Sequence[Any]) -> list[Row]:
    found = client.every("/items", (matching({field: {"$in": list(values)}}), *_ONLY))
    return sorted(found, key=lambda row: int(row["id"]))


def _group(row: Row, field: str) -> Any:
    """Nothing for an item of a grid, which does not count for a group."""
    if not field or row.get("grid_id"):
        return None
    return (row.get("custom") or {}).get(field)


def _family(row: Row, field: str) -> Any:
    return row.get("grid_id") or _group(row, field)
