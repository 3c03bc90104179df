"""Shipments of the unified API: told by webhook, and listed where the service offers a list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from integrations.connector_kit.base import Account, Client, Notice, Page
from integrations.connector_kit.errors import Unsupported
from integrations.connector_kit.payload import Payload
from integrations.connectors.heartland.client import Row, client_of
from integrations.connectors.heartland.order_settings import helper_skus
from integrations.connectors.heartland.unified_v1.polling import changed, version
from mappings.canonical.record import Entity
from mappings.canonical.shipment import Parcel, Shipment, ShippedLine

_SHIPMENTS = "/v1/shipments"
SHIPPED = "Shipped"


def normalise(payload: Payload, account: Account) -> Shipment:
    """Their shipment as ours. Raises Unsupported for one that was taken back or holds no goods."""
    status = payload.maybe_text("Status") or SHIPPED
    if status != SHIPPED:
        raise Unsupported(f"Shipment {payload.text('ShipmentID')} is {status}.")
    lines = tuple(_lines(payload, account))
    if not lines:
        raise Unsupported(f"Shipment {payload.text('ShipmentID')} holds no goods.")
    number = payload.maybe_text("TrackingNumber")
    carrier = payload.maybe_text("Carrier") or ""
    return Shipment(
        key=payload.text("ShipmentID"),
        number=payload.text("ShipmentID"),
        updated_at=payload.maybe_instant("UpdatedAt"),
        order_key=payload.text("OrderID"),
        order_number=payload.text("OrderID"),
        shipped_at=payload.maybe_instant("ShippedAt"),
        location=payload.maybe_text("LocationID") or "",
        lines=lines,
        parcels=(Parcel(carrier=carrier, tracking_number=number),) if number else (),
    )


def _lines(payload: Payload, account: Account) -> list[ShippedLine]:
    helpers = helper_skus(account)
    return [
        ShippedLine(
            sku=row.text("SKU"), quantity=row.integer("Quantity"), product_key=row.text("SKU")
        )
        for row in payload.rows("LineItems")
        if row.text("SKU") not in helpers and row.integer("Quantity") > 0
    ]


def changes(client: Client, cursor: str, now: datetime) -> Page:
    """Shipments made or changed since the cursor, with their content."""
    return changed(client_of(client), _SHIPMENTS, cursor, now, name=_name, make=notice)


def read(client: Client, keys: Sequence[str]) -> Mapping[str, Mapping[str, Any] | None]:
    """The current shipment of each key."""
    heartland = client_of(client)
    return {key: heartland.find(f"{_SHIPMENTS}/{key}") for key in keys}


def notice(row: Row, event: str = "") -> Notice:
    return Notice(
        entity=Entity.SHIPMENT,
        key=_name(row),
        topic="shipment.created",
        event=event,
        version=version(row),
        payload=row,
    )


def _name(row: Row) -> str:
    return str(row["ShipmentID"])
