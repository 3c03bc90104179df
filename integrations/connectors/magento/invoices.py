"""Invoices that follow a shipment, where the setting asks for them.

Magento: POST /V1/order/{id}/invoice. An order with an offline payment stays `processing` until it is
invoiced. What is paid online is never touched here: its money is taken by the payment service.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from integrations.connector_kit.base import Outgoing, Save
from integrations.connector_kit.errors import Rejected
from integrations.connector_kit.payload import Payload
from integrations.connectors.magento import order_shape
from integrations.connectors.magento.client import StoreClient
from integrations.connectors.magento.patience import noting, wait_for_earlier
from integrations.connectors.magento.sold_rows import (
    BUNDLE,
    ZERO,
    Row,
    children_of,
    money_rows,
    per_parent,
    rows_of,
)

_OPEN = ("new", "processing")


def follow(client: StoreClient, shipped: Mapping[str, Any], outgoing: Outgoing, save: Save) -> None:
    """Invoices what has left of an order and is not invoiced; looks before it writes.

    `shipped`: the order as it was before the shipment. May be called again after any crash, because
    it asks the order how far it is. Raises Rejected when Magento refuses.
    """
    if client.account.setting("invoice_on_shipment", "no") != "offline":
        return
    if not order_shape.is_offline(Payload(shipped), client.account):
        return
    order = client.get(f"orders/{shipped['entity_id']}")
    items = due(rows_of(order))
    if not items or order.get("state") not in _OPEN:
        return
    given = {
        # Magento books an offline payment as received by this word as well; nothing is captured.
        "capture": True,
        "items": [{"order_item_id": item, "qty": units} for item, units in items.items()],
        "notify": False,
    }
    wait_for_earlier(outgoing)
    path = f"order/{order['entity_id']}/invoice"
    try:
        noting(save, lambda: client.post(path, given))
    except Rejected as refused:
        if not due(rows_of(client.get(f"orders/{order['entity_id']}"))):
            # Somebody was quicker, perhaps our first attempt.
            return
        raise Rejected(
            f"The shipment of order {order['increment_id']} is entered, but Magento makes no"
            f" invoice for it: {refused.said}",
            field="settings.invoice_on_shipment",
            said=refused.said,
            advice="Invoice the order in Magento by hand, then replay the shipment; it is not"
            " shipped twice.",
        ) from refused


def due(rows: Sequence[Row]) -> dict[int, Decimal]:
    """Units by order item that have left and are not invoiced; what never is shipped comes along."""
    found: dict[int, Decimal] = {}
    for row in money_rows(rows):
        kept = row.ordered - row.canceled
        left = min(kept, kept if row.is_virtual else _left(rows, row))
        if left > row.invoiced:
            found[row.id] = left - row.invoiced
    # Virtual articles alone are invoiced by whoever delivers them.
    goods = {row.id for row in rows if not row.is_virtual}
    return found if goods.intersection(found) else {}


def _left(rows: Sequence[Row], row: Row) -> Decimal:
    """Units of the row that have left, whichever row of its bundle Magento counted them on."""
    parent = next((one for one in rows if one.id == row.parent), None)
    if parent is not None:
        return max(row.shipped, parent.shipped * per_parent(row, parent))
    children = children_of(rows, row) if row.kind == BUNDLE else []
    whole = [child.shipped // per_parent(child, row) for child in children]
    return max(row.shipped, min(whole, default=ZERO))
