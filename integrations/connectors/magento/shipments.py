"""Shipments as a target: what left the house becomes a shipment of the Magento order.

Magento: POST /V1/order/{id}/ship, which checks quantities, and not /V1/shipment, which does not. It
has no idempotency key: the comment of the shipment bears our mark, and whatever has left of the
order is looked through before anything is sent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from integrations.connector_kit.base import Outcome, Outgoing, Receipt, Save
from integrations.connector_kit.errors import Rejected, TryLater
from integrations.connector_kit.location_table import location_map
from integrations.connectors.magento import invoices
from integrations.connectors.magento.client import StoreClient
from integrations.connectors.magento.criteria import Criteria, where
from integrations.connectors.magento.marks import SHIPMENT, comment_of
from integrations.connectors.magento.order_documents import documents, linked_order
from integrations.connectors.magento.patience import noting, wait_for_earlier
from integrations.connectors.magento.shipment_plan import Items, Needed, Planned, plan
from integrations.connectors.magento.sold_rows import Row, bundles, rows_of
from integrations.connectors.magento.tracks import Track, missing, tracks_of
from mappings.canonical.record import Entity

# Value of a bundle's attribute `shipment_type`; "0" is together.
_BY_CHILDREN = "1"


def write(client: StoreClient, outgoing: Outgoing, save: Save) -> Receipt:
    """Ships the units of one shipment, once. May be called again after any crash.

    Tracking that came later is added to the shipment that stands there. Raises Rejected when the
    order cannot be shipped as asked (on hold, cancelled, another SKU, too few units).
    """
    order = linked_order(client, outgoing, "shipment")
    rows = rows_of(order)
    tracks = tracks_of(outgoing.fields)
    planned = _plan(client, outgoing, order, rows, tracks)
    made = ""
    if planned.items:
        wait_for_earlier(outgoing)
        made = noting(save, lambda: _ship(client, outgoing, order, planned.items, tracks))
        save("shipment_id", made)
    added = not made and _add_tracks(client, order, planned.own, tracks)
    invoices.follow(client, order, outgoing, save)
    own = str(planned.own[0]["entity_id"]) if planned.own else ""
    return Receipt(
        id=outgoing.linked_id or made or own or str(order["entity_id"]),
        outcome=_outcome(outgoing, made=bool(made), own=bool(own), added=added),
        label=", ".join(track.number for track in tracks) or str(order["increment_id"]),
    )


def _outcome(outgoing: Outgoing, *, made: bool, own: bool, added: bool) -> Outcome:
    if made or (own and outgoing.attempt > 1 and not outgoing.linked_id):
        return Outcome.CREATED
    return Outcome.UPDATED if added else Outcome.UNCHANGED


def _plan(
    client: StoreClient,
    outgoing: Outgoing,
    order: Mapping[str, Any],
    rows: Sequence[Row],
    tracks: Sequence[Track],
) -> Planned:
    something_left = any(row.shipped for row in rows)
    found = documents(client, "shipments", order) if something_left else []
    return plan(
        order,
        rows,
        _wanted(outgoing),
        found,
        key=outgoing.key,
        numbers=[track.number for track in tracks],
        apart=_apart(client, rows),
    )


def _wanted(outgoing: Outgoing) -> Needed:
    """Units by SKU: the one an article is linked to, else the one the till calls it by."""
    found: Counter[str] = Counter()
    for index, line in enumerate(outgoing.fields.get("lines") or ()):
        linked = outgoing.related.get(f"{Entity.PRODUCT}:{line.get('product_key')}")
        sku, quantity = linked or str(line.get("sku") or ""), line.get("quantity")
        if not sku or not isinstance(quantity, int) or quantity < 1:
            raise Rejected(
                f"lines[{index}] needs a SKU and a whole number of units",
                field=f"lines[{index}]",
                said=f"{sku}: {quantity}",
                advice="Correct the shipment in the point of sale, then replay.",
            )
        found[sku] += quantity
    if not found:
        raise Rejected(
            "The shipment has no lines", field="lines", advice="Nothing to ship; dismiss it."
        )
    return {sku: Decimal(quantity) for sku, quantity in found.items()}


def _apart(client: StoreClient, rows: Sequence[Row]) -> set[int]:
    """Bundles whose children leave alone: an order does not say, the product does."""
    return {row.id for row in bundles(rows) if _by_children(client, row)}


def _by_children(client: StoreClient, row: Row) -> bool:
    asked = Criteria(filters=(where("entity_id", row.product),), sort=(), size=1)
    for product in client.search("products", asked).items:
        for attribute in product.get("custom_attributes") or ():
            if attribute.get("attribute_code") == "shipment_type":
                return str(attribute.get("value")) == _BY_CHILDREN
    return False


def _ship(
    client: StoreClient,
    outgoing: Outgoing,
    order: Mapping[str, Any],
    items: Items,
    tracks: Sequence[Track],
) -> str:
    """Id of the shipment. Raises TryLater when the order changed while this was under way."""
    number = outgoing.fields.get("number") or outgoing.reference or outgoing.key
    words = comment_of(SHIPMENT, outgoing.key, f"Shipment {number} of the point of sale")
    given: dict[str, Any] = {
        "items": [{"order_item_id": item, "qty": units} for item, units in items.items()],
        "notify": _notify(client, outgoing.fields),
        "appendComment": False,
        "comment": {"comment": words, "is_visible_on_front": 0},
        "tracks": [track.given() for track in tracks],
    }
    source = _source(client, outgoing.fields)
    if source:
        given["arguments"] = {"extension_attributes": {"source_code": source}}
    try:
        return str(client.post(f"order/{order['entity_id']}/ship", given))
    except Rejected as refused:
        now = client.get(f"orders/{order['entity_id']}")
        if _units_left(now) != _units_left(order):
            raise TryLater(
                "The order changed in Magento while it was being shipped.", after=5, of_record=True
            ) from refused
        raise Rejected(
            f"Magento does not ship order {order['increment_id']}: {refused.said}",
            field="lines",
            said=refused.said,
            advice="Open the order in Magento and look whether it can be shipped, and whether the"
            f" source {source or 'default'} has the units. Then replay the shipment.",
        ) from refused


def _units_left(order: Mapping[str, Any]) -> Items:
    return {row.id: row.left for row in rows_of(order)}


def _notify(client: StoreClient, fields: Mapping[str, Any]) -> bool:
    asked = fields.get("notify_customer")
    if isinstance(asked, bool):
        return asked
    return client.account.setting("notify_customer", "no") == "yes"


def _source(client: StoreClient, fields: Mapping[str, Any]) -> str:
    """The source the units leave, "" where Magento has none or shall take its default.

    Raises Rejected when the table of locations lacks the location: stock would leave a wrong one.
    """
    if not client.shape.uses_msi:
        return ""
    account, location = client.account, str(fields.get("location") or "")
    table = location_map(account.setting("location_map"))
    if not table or not location:
        return account.setting("source_code")
    if location not in table:
        raise Rejected(
            f"The shipment left location {location}, which the table of locations does not name",
            field="location",
            said=location,
            advice="Add the location with its Magento source to the table of locations in the"
            " settings of the connection, then replay.",
        )
    return table[location]


def _add_tracks(
    client: StoreClient,
    order: Mapping[str, Any],
    own: Sequence[Mapping[str, Any]],
    tracks: Sequence[Track],
) -> bool:
    """Adds tracking numbers that came after the shipment. One that stands there stays."""
    news = missing(tracks, own)
    for track in news:
        entity = {
            **track.given(),
            "order_id": order["entity_id"],
            "parent_id": own[0]["entity_id"],
            "weight": 0,
            "qty": 1,
            "description": "",
        }
        client.post("shipment/track", {"entity": entity})
    return bool(news)
