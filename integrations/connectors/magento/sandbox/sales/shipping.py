"""Shipments: which units leave from which source, and their tracking numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from integrations.connectors.magento.sandbox.errors import Refusal, required
from integrations.connectors.magento.sandbox.routing import decimal_of
from integrations.connectors.magento.sandbox.sales import documents, states
from integrations.connectors.magento.sandbox.sales.documents import Quantities
from integrations.connectors.magento.sandbox.sales.records import (
    NONE,
    DocumentItem,
    Item,
    Order,
    Shipment,
    Track,
)

if TYPE_CHECKING:
    from integrations.connectors.magento.sandbox.shop import Shop

NOT_SAVED = "Could not save a shipment, see error log for details"


def ship(
    shop: Shop,
    order: Order,
    asked: Quantities,
    *,
    source_code: str = "default",
    tracks: Sequence[Mapping[str, Any]] = (),
) -> Shipment:
    """Ships what was asked, everything left when nothing was. Raises Refusal, changing nothing.
    The caller holds the shop's lock."""
    wanted = _wanted(order, asked)
    _check(order, asked, wanted)
    _check_stock(shop, wanted, source_code)
    chosen = [_track(shop, row) for row in tracks]
    moment = shop.now()
    rows = [entry for item, qty in wanted for entry in _rows(item, qty)]
    made = Shipment(
        id=shop.next_id("shipment"),
        increment_id=shop.sales.increment("shipment"),
        order=order,
        created_at=moment,
        updated_at=moment,
        items=[DocumentItem(shop.next_id("shipment item"), item, qty) for item, qty in rows],
        source_code=source_code if shop.settings.msi else "",
        tracks=chosen,
    )
    for item, qty in wanted:
        for row, units in documents.stocked(item, qty):
            _leave(shop, order, row, units, source_code)
    for item, qty in rows:
        item.shipped += qty
    order.shipments.append(made)
    shop.sales.shipments[made.id] = made
    for track in chosen:
        shop.sales.tracks[track.id] = (made, track)
    states.settle(order, moment, in_process=True)
    shop.sales.comment(order, None, entity="shipment")
    shop.emit("sales.shipment.created", made.id)
    shop.emit("sales.order.updated", order.id)
    return made


def _check(order: Order, asked: Quantities, wanted: Sequence[tuple[Item, Decimal]]) -> None:
    if order.is_virtual or order.state in (states.HOLDED, states.REVIEW, states.CANCELED):
        raise documents.refused(
            "Shipment",
            [f"A shipment cannot be created when an order has a status of {order.status}"],
        )
    if not states.can_ship(order):
        raise documents.refused("Shipment", ["The order does not allow a shipment to be created."])
    messages = [
        f'We can not found item "{number}" in order.' for number in documents.unknown(order, asked)
    ]
    for number, qty in asked.items():
        item = order.item(number)
        if item is not None and not item.is_ship_dummy and qty > item.to_ship:
            messages.append(
                "The quantity to ship must not be greater than the unshipped quantity "
                f'for product SKU "{item.sku}".'
            )
    if not wanted:
        messages.append("You can't create a shipment without products.")
    if messages:
        raise documents.refused("Shipment", messages)


def _wanted(order: Order, asked: Quantities) -> list[tuple[Item, Decimal]]:
    """Rows that are shipped for themselves. A row that goes with another is passed over."""
    found = []
    for item in order.items:
        qty = item.to_ship if not asked else asked.get(item.id, NONE)
        if qty > 0 and item.to_ship > 0:
            found.append((item, qty))
    return found


def _rows(item: Item, qty: Decimal) -> list[tuple[Item, Decimal]]:
    """A bundle's parts are listed with it; a configurable's child is not."""
    if item.product_type == "bundle":
        return documents.family(item, qty)
    return [(item, qty)]


def _check_stock(shop: Shop, wanted: Sequence[tuple[Item, Decimal]], source_code: str) -> None:
    """A source never ships more than it has. Source: magento/inventory, SourceDeductionService."""
    if not shop.settings.msi:
        return
    needed: dict[str, Decimal] = {}
    for item, qty in wanted:
        for row, units in documents.stocked(item, qty):
            needed[row.stock_sku] = needed.get(row.stock_sku, NONE) + units
    if source_code not in shop.stock.sources or any(
        shop.stock.on_hand(sku, source_code) < units for sku, units in needed.items()
    ):
        raise Refusal(NOT_SAVED)


def _leave(shop: Shop, order: Order, row: Item, units: Decimal, source_code: str) -> None:
    shop.stock.deduct(row.stock_sku, units, source_code, order.id)
    row.reserved -= min(units, row.reserved)


def _track(shop: Shop, row: Mapping[str, Any]) -> Track:
    for name in ("track_number", "title", "carrier_code"):
        if not row.get(name):
            raise required(name)
    return Track(
        id=shop.next_id("track"),
        created_at=shop.now(),
        number=str(row["track_number"]),
        title=str(row["title"]),
        carrier_code=str(row["carrier_code"]),
        description=str(row.get("description") or ""),
        weight=decimal_of(row.get("weight") or 0, "weight"),
        qty=decimal_of(row.get("qty") or 0, "qty"),
    )


def add_track(shop: Shop, shipment: Shipment, row: Mapping[str, Any]) -> Track:
    """A tracking number for a shipment that exists. Raises Refusal."""
    made = _track(shop, row)
    shipment.tracks.append(made)
    shop.sales.tracks[made.id] = (shipment, made)
    _touch(shop, shipment)
    return made


def drop_track(shop: Shop, shipment: Shipment, track: Track) -> None:
    shipment.tracks.remove(track)
    del shop.sales.tracks[track.id]
    _touch(shop, shipment)


def _touch(shop: Shop, shipment: Shipment) -> None:
    shipment.updated_at = shop.now()
    shop.emit("sales.shipment.updated", shipment.id)
