"""Items of Heartland Retail.

An item is one article. What holds several together is a grid, or a custom field that all of them
share; sizes and colours are custom fields as well, with keys that each tenant chooses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from integrations.connector_kit.base import Account, Client, Notice, Page
from integrations.connector_kit.payload import Payload
from integrations.connectors.heartland.client import HeartlandClient, Params, Row, client_of
from integrations.connectors.heartland.families import (
    family_of,
    group_field,
    option_fields,
    siblings_of,
    without_options,
)
from integrations.connectors.heartland.inventory import sku_of
from integrations.connectors.heartland.order_settings import helper_skus
from integrations.connectors.heartland.polling import changed, version
from integrations.connectors.heartland.reading import by_id
from mappings.canonical.product import Product
from mappings.canonical.record import Entity, Skipped

_WITH_GRID: Params = (("_include[]", "grid"),)


def normalise(payload: Payload, account: Account) -> Product:
    """Their item as ours. Raises Rejected naming the field when one is missing.

    A row of a list is enough; `read` adds the grid, the SKUs of the siblings and the images.
    Raises Skipped for an item that only keeps the books of web orders.
    """
    _not_of_books(payload, account)
    custom = custom_fields(payload)
    title = payload.maybe_text("description") or ""
    family = family_of(payload, custom, group_field(account))
    options = {name: custom[key] for key, name in option_fields(account).items() if custom.get(key)}
    return Product(
        key=payload.text("id"),
        number=payload.maybe_text("public_id") or "",
        updated_at=payload.maybe_instant("updated_at"),
        sku=sku_of(payload, account),
        barcode=payload.maybe_text("primary_barcode") or "",
        title=title,
        description=payload.maybe_text("long_description") or "",
        price=payload.maybe_decimal("price"),
        compare_at_price=_before(payload),
        cost=payload.maybe_decimal("cost"),
        weight=payload.maybe_decimal("weight"),
        weight_unit=payload.maybe_text("weight_unit") or "",
        images=_images(payload),
        is_active=payload.flag("active?", default=True),
        tracks_stock=payload.flag("track_inventory?", default=True),
        family_key=family.key,
        family_title=family.title or without_options(title, options.values() if family.key else ()),
        family_skus=tuple(_words(payload, "siblings")) if family.key else (),
        # Alone it has nothing to differ from: a size would be an option nobody can choose.
        options=options if family.key else {},
        custom=custom,
    )


def _not_of_books(payload: Payload, account: Account) -> None:
    number = payload.maybe_text("public_id") or ""
    if number in helper_skus(account):
        raise Skipped(f"{number} is an item that web orders are booked on, not one that is sold")


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


def _before(payload: Payload) -> Any:
    """The original price, where the price is lower now."""
    before, price = payload.maybe_decimal("original_price"), payload.maybe_decimal("price")
    return before if before is not None and price is not None and before > price else None


def _images(payload: Payload) -> tuple[str, ...]:
    rows = payload.raw().get("images") or ()
    ordered = sorted(rows, key=lambda row: not row.get("primary?"))
    return tuple(dict.fromkeys(str(row["url"]) for row in ordered if row.get("url")))


def _words(payload: Payload, name: str) -> Sequence[str]:
    return [str(word) for word in payload.raw().get(name) or ()]


# --- calls ---------------------------------------------------------------------------------------


def changes(client: Client, cursor: str, now: datetime) -> Page:
    """Thin notices of items changed since the cursor: their siblings and images are read later."""
    return changed(client_of(client), "/items", cursor, now, _notice)


def read(client: Client, keys: Sequence[str]) -> Mapping[str, Mapping[str, Any] | None]:
    """The current item of each key with its grid, the SKUs of its siblings and its images.

    Two requests for up to 100 items, and one for each item that has images.
    """
    heartland = client_of(client)
    found = by_id(heartland, "/items", keys, _WITH_GRID)
    siblings = siblings_of(heartland, list(found.values()))
    return {
        key: {
            **row,
            "siblings": siblings.get(key, []),
            "images": _images_of(heartland, row),
        }
        if (row := found.get(key))
        else None
        for key in keys
    }


def _images_of(client: HeartlandClient, row: Row) -> list[Row]:
    wanted = client.account.setting("read_images", "yes") == "yes"
    if not wanted or not (row.get("primary_image_id") or row.get("has_images")):
        return []
    return list(client.every(f"/items/{row['id']}/images"))


def _notice(row: Row) -> Notice:
    return Notice(
        entity=Entity.PRODUCT, key=str(row["id"]), topic="product.updated", version=version(row)
    )
