"""Products of the unified API. The SKU is their key: stock and orders name nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from integrations.connector_kit.base import Account, Client, Notice, Page
from integrations.connector_kit.payload import Payload
from integrations.connectors.heartland.client import Row, client_of
from integrations.connectors.heartland.families import without_options
from integrations.connectors.heartland.unified_v1.polling import changed, version
from mappings.canonical.product import Product
from mappings.canonical.record import Entity

_PRODUCTS = "/v1/products"


def normalise(payload: Payload, account: Account) -> Product:
    """Their product as ours. Options count for one that has siblings; alone it has none to differ
    from."""
    title, family = payload.maybe_text("Name") or "", payload.maybe_text("ParentID") or ""
    options = texts(payload, "Options") if family else {}
    return Product(
        key=payload.text("SKU"),
        number=payload.text("SKU"),
        updated_at=payload.maybe_instant("UpdatedAt"),
        sku=payload.text("SKU"),
        barcode=payload.maybe_text("Barcode") or "",
        title=title,
        description=payload.maybe_text("Description") or "",
        price=payload.maybe_decimal("Price"),
        cost=payload.maybe_decimal("Cost"),
        is_active=payload.flag("Active", default=True),
        family_key=family,
        family_title=without_options(title, options.values()),
        options=options,
        custom=texts(payload, "CustomFields"),
    )


def texts(payload: Payload, name: str) -> dict[str, str]:
    """The plain values of an object as text, without the empty ones."""
    row = payload.maybe_child(name)
    if row is None:
        return {}
    return {
        key: str(value)
        for key, value in row.raw().items()
        if value not in (None, "") and not isinstance(value, Mapping | list)
    }


def changes(client: Client, cursor: str, now: datetime) -> Page:
    """Products changed since the cursor, with their content."""
    return changed(client_of(client), _PRODUCTS, cursor, now, name=_sku, make=_notice)


def read(client: Client, keys: Sequence[str]) -> Mapping[str, Mapping[str, Any] | None]:
    """The current product of each SKU."""
    heartland = client_of(client)
    return {key: heartland.find(f"{_PRODUCTS}/{quote(key, safe='')}") for key in keys}


def _sku(row: Row) -> str:
    return str(row["SKU"])


def _notice(row: Row) -> Notice:
    return Notice(
        entity=Entity.PRODUCT,
        key=_sku(row),
        topic="product.updated",
        version=version(row),
        payload=row,
    )
