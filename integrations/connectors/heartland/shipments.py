"""Shipments: completed invoices of Heartland Retail, which has no shipment of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from integrations.connector_kit.base import Account, Client, Notice, Page
from integrations.connector_kit.errors import Rejected, Unsupported
from integrations.connector_kit.payload import Payload
from integrations.connectors.heartland.client import HeartlandClient, Row, client_of
from integrations.connectors.heartland.line_names import name_of, with_names
from integrations.connectors.heartland.order_settings import helper_skus
from integrations.connectors.heartland.polling import changed, version
from integrations.connectors.heartland.reading import by_id
from mappings.canonical.record import Entity
from mappings.canonical.shipment import Parcel, Shipment, ShippedLine

_INVOICES = "/sales/invoices"
DEFAULT_TRACKING_FIELD = "tracking_number"
DEFAULT_CARRIER_FIELD = "tracking_company"


def normalise(payload: Payload, account: Account) -> Shipment:
    """A completed invoice with its goods. Raises Unsupported for one that shipped nothing."""
    invoice = payload.child("invoice")
    status = invoice.text("status").lower()
    if status != "complete":
        raise Unsupported(f"Invoice {invoice.text('id')} is {status}, nothing has left yet.")
    order = payload.child("order")
    lines = tuple(_lines(payload, account))
    if not lines:
        raise Unsupported(f"Invoice {invoice.text('id')} holds no goods.")
    return Shipment(
        key=invoice.text("id"),
        number=invoice.maybe_text("public_id") or "",
        updated_at=invoice.maybe_instant("updated_at"),
        order_key=order.text("id"),
        order_number=order.maybe_text("public_id") or "",
        shipped_at=invoice.maybe_instant("completed_at") or invoice.maybe_instant("updated_at"),
        location=invoice.maybe_text("source_location_id") or "",
        lines=lines,
        parcels=_parcels(invoice.maybe_child("custom"), account),
    )


def _lines(payload: Payload, account: Account) -> list[ShippedLine]:
    helpers = helper_skus(account)
    found = []
    for row in payload.rows("lines"):
        if not row.has("item_id") or row.maybe_text("item_public_id") in helpers:
            continue
        quantity = row.decimal("qty")
        if quantity != quantity.to_integral_value():
            raise Rejected(
                f"{row.path('qty')} is {quantity}; a store ships whole units only.",
                field=row.path("qty"),
                said=str(quantity),
                advice="Enter the fulfilment in the store by hand.",
            )
        if quantity > 0:
            found.append(
                ShippedLine(
                    sku=name_of(row),
                    quantity=int(quantity),
                    product_key=row.text("item_id"),
                )
            )
    return found


def _parcels(custom: Payload | None, account: Account) -> tuple[Parcel, ...]:
    """Heartland has no tracking field; the settings name the custom fields that hold it."""
    if custom is None:
        return ()
    number = custom.maybe_text(account.setting("tracking_field", DEFAULT_TRACKING_FIELD))
    carrier = custom.maybe_text(account.setting("carrier_field", DEFAULT_CARRIER_FIELD))
    if not number:
        return ()
    return (Parcel(carrier=carrier or "", tracking_number=number),)


def changes(client: Client, cursor: str, now: datetime) -> Page:
    """Invoices that were completed, or changed after it, since the cursor."""
    return changed(client_of(client), _INVOICES, cursor, now, _notice)


def read(client: Client, keys: Sequence[str]) -> Mapping[str, Mapping[str, Any] | None]:
    """Each invoice with its lines and the order it belongs to."""
    heartland = client_of(client)
    invoices = by_id(heartland, _INVOICES, keys)
    wanted = {str(row.get("order_id") or "") for row in invoices.values()}
    orders = by_id(heartland, "/sales/orders", sorted(wanted))
    return {key: _record(heartland, invoices.get(key), orders) for key in keys}


def _record(
    client: HeartlandClient, invoice: Row | None, orders: Mapping[str, Row]
) -> dict[str, Any] | None:
    order = orders.get(str(invoice.get("order_id"))) if invoice else None
    if invoice is None or order is None:
        return None
    return {
        "invoice": invoice,
        "lines": with_names(client, list(client.every(f"{_INVOICES}/{invoice['id']}/lines"))),
        "order": {"id": order["id"], "public_id": order.get("public_id")},
    }


def _notice(row: Row) -> Notice | None:
    if str(row.get("status") or "").lower() != "complete":
        return None
    return Notice(
        entity=Entity.SHIPMENT,
        key=str(row["id"]),
        topic="shipment.created",
        version=version(row),
    )
