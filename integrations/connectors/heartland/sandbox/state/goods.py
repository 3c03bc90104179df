"""Items and item grids."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from integrations.connectors.heartland.sandbox.state import custom_fields, people
from integrations.connectors.heartland.sandbox.state.account import Account
from integrations.connectors.heartland.sandbox.state.refusal import invalid
from integrations.connectors.heartland.sandbox.state.values import (
    Body,
    Row,
    flag,
    money,
    required_words,
    words,
)

_TEXTS = ("description", "long_description", "primary_barcode", "weight_unit")
_FLAGS = ("active", "track_inventory", "allow_fractional_qty")


def create_item(account: Account, body: Body) -> Row:
    """An item. Its cost is the hard requirement; a missing public_id is numbered."""
    required_words(body, "Item", "description", "cost")
    custom = custom_fields.merged(body)
    custom_fields.check(account, custom_fields.ITEM, custom, "Item", account.items)
    _check_sku(account, body, 0)
    return insert_item(
        account,
        public_id=words(body, "public_id"),
        description=words(body, "description"),
        long_description=words(body, "long_description") or None,
        cost=money(body, "cost", "Item"),
        price=money(body, "price", "Item") or Decimal("0.00"),
        primary_barcode=words(body, "primary_barcode") or None,
        custom=custom,
    )


def insert_item(account: Account, **fields: Any) -> Row:
    """Stores an item with every column it has; `fields` override the empty ones."""
    row = account.add(
        account.items,
        uuid="",
        public_id="",
        type="Item",
        description="",
        long_description=None,
        cost=Decimal("0.00"),
        price=Decimal("0.00"),
        original_price=None,
        **{"active?": True, "track_inventory?": True, "allow_fractional_qty?": False},
        grid_id=None,
        primary_vendor_id=None,
        primary_barcode=None,
        primary_image_id=None,
        weight=Decimal("0.4"),
        weight_unit="lb",
        custom={},
        metadata={},
    )
    row.update(fields)
    row["uuid"] = account.uuid(row["id"])
    row["public_id"] = row["public_id"] or str(row["id"])
    account.skus[row["public_id"]] = row["id"]
    account.happened("item_created", row)
    return row


def update_item(account: Account, row: Row, body: Body) -> None:
    """A partial update; a save without any change is told too, as merchants rely on it."""
    for field in ("description", "cost"):
        if field in body:
            required_words(body, "Item", field)
    custom = custom_fields.merged(body, row["custom"])
    custom_fields.check(account, custom_fields.ITEM, custom, "Item", account.items, row["id"])
    _check_sku(account, body, row["id"])
    amounts = {
        field: money(body, field, "Item")
        for field in ("cost", "price", "original_price", "weight")
        if field in body
    }
    row.update(amounts, custom=custom)
    for field in _TEXTS:
        if field in body:
            row[field] = words(body, field) or None
    for field in _FLAGS:
        row[f"{field}?"] = flag(body, field, default=row[f"{field}?"])
    if words(body, "public_id"):
        del account.skus[row["public_id"]]
        row["public_id"] = words(body, "public_id")
        account.skus[row["public_id"]] = row["id"]
    account.touch(row)
    account.happened("item_updated", row)


def add_sibling(account: Account, like: Row, body: Body) -> Row:
    """An item beside another, in its grid where it has one: what the back office does.

    Grids cannot be filled over the API, so this is for the control API alone.
    """
    row = create_item(account, {"cost": like["cost"], "price": like["price"], **body})
    copied = ("grid_id", "long_description", "weight", "weight_unit", "track_inventory?")
    row.update({field: like[field] for field in copied})
    row["custom"] = {**like["custom"], **custom_fields.merged(body)}
    return row


def add_image(account: Account, item: Row, body: Body) -> Row:
    """An image by URL; the first one of an item becomes its primary image."""
    if words(body, "source") != "url":
        raise invalid("Image", source="is not included in the list")
    required_words(body, "Image", "url")
    first = item["primary_image_id"] is None
    row = account.add(
        account.images, item_id=item["id"], url=words(body, "url"), **{"primary?": first}
    )
    if first:
        item["primary_image_id"] = row["id"]
        account.touch(item)
        account.happened("item_updated", item)
    return row


def update_grid(account: Account, row: Row, body: Body) -> None:
    row["description"] = words(body, "description") or row["description"]
    account.touch(row)
    account.happened("item_grid_updated", row)


def _check_sku(account: Account, body: Body, own: int) -> None:
    wanted = words(body, "public_id")
    if wanted and account.skus.get(wanted, own) != own:
        people.taken(account.items, body, "Item", own)
