"""Items of Heartland Retail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from integrations.connector_kit.base import Account, Client, Notice, Page
from integrations.connector_kit.payload import Payload
from integrations.connectors.heartland.client import Row, client_of
from integrations.connectors.heartland.polling import changed, version
from integrations.connectors.heartland.reading import by_id
from mappings.canonical.product import Product
from mappings.canonical.record import Entity

# Sizes and colours are custom fields whose keys each tenant chooses; these are the usual ones.
_OPTION_KEYS = {"size": "Size", "color": "Color", "colour": "Color"}


def normalise(payload: Payload, account: Account) -> Product:
    """Their item as ours. Raises Rejected naming the field when one is missing."""
    custom = custom_fields(payload)
    return Product(
        key=payload.text("id"),
        number=payload.maybe_text("public_id") or "",
        updated_at=payload.maybe_instant("updated_at"),
        sku=payload.maybe_text("public_id") or "",
        barcode=payload.maybe_text("primary_barcode") or "",
        title=payload.maybe_text("description") or "",
        description=payload.maybe_text("long_description") or "",
        price=payload.maybe_decimal("price"),
        cost=payload.maybe_decimal("cost"),
        is_active=payload.flag("active?", default=True),
        tracks_stock=payload.flag("track_inventory?", default=True),
        family_key=payload.maybe_text("grid_id") or "",
        options={_OPTION_KEYS[key]: value for key, value in custom.items() if key in _OPTION_KEYS},
        custom=custom,
    )


def custom_fields(payload: Payload) -> dict[str, str]:
    """The custom fields that hold something, as text."""
    row = payload.maybe_child("custom")
    if row is None:
        return {}
    return {
        key: str(value)
        for key, value in row.raw().items()
        if value not in (None, "") and not isinstance(value, Mapping | list)
    }


def changes(client: Client, cursor: str, now: datetime) -> Page:
    """Items changed since the cursor, with their content."""
    return changed(client_of(client), "/items", cursor, now, _notice)


def read(client: Client, keys: Sequence[str]) -> Mapping[str, Mapping[str, Any] | None]:
    """The current item of each key."""
    found = by_id(client_of(client), "/items", keys)
    return {key: found.get(key) for key in keys}


def _notice(row: Row) -> Notice:
    return Notice(
        entity=Entity.PRODUCT,
        key=str(row["id"]),
        topic="product.updated",
        version=version(row),
        payload=row,
    )
