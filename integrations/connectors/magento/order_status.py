"""How far an order is in the point of sale, told with the order in Magento.

Magento: POST /V1/orders/{id}/comments. A status that the order's state does not know is refused, and
saving an order with another status runs none of its workflow, so only comments and cancelling move
anything here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from integrations.connector_kit.base import Outcome, Outgoing, Receipt, Save
from integrations.connector_kit.errors import Rejected
from integrations.connector_kit.payload import Payload
from integrations.connectors.magento.client import StoreClient
from integrations.connectors.magento.order_documents import order_of
from mappings.canonical.record import Skipped

NOT_OURS = "it is no order of the store"
_AT_TILL = "at the till"
_OVER = ("canceled", "closed")


def write(client: StoreClient, outgoing: Outgoing, save: Save) -> Receipt:
    """A comment with number and progress, and the order's cancellation where the setting says so.

    Writes only what differs from our last comment, so it may be called again. Raises Skipped for an
    order that never was in the store.
    """
    if not outgoing.linked_id:
        raise Skipped(NOT_OURS)
    fields = Payload(outgoing.fields)
    order = order_of(client, outgoing.linked_id)
    done = [
        _number(client, order, fields.maybe_text("ext_order_id") or ""),
        _comment(client, order, fields),
        fields.flag("cancelled", default=False) and _cancel(client, order),
    ]
    outcome = Outcome.UPDATED if any(done) else Outcome.UNCHANGED
    return Receipt(outgoing.linked_id, outcome, label=str(order["increment_id"]))


def _comment(client: StoreClient, order: Mapping[str, Any], fields: Payload) -> bool:
    head = f"Order {fields.text('number')} {_AT_TILL}"
    said = [word for name in ("progress", "paid") if (word := fields.maybe_text(name))]
    words = f"{head}: {', '.join(said).replace('_', ' ')}" if said else head
    status = fields.maybe_text("status") or ""
    moves = bool(status) and status != order.get("status") and order.get("state") not in _OVER
    if _last(order, head) == words and not moves:
        return False
    given = {
        "comment": words,
        "is_customer_notified": 0,
        "is_visible_on_front": 0,
        "parent_id": order["entity_id"],
    }
    if moves:
        given["status"] = status
    try:
        client.post(f"orders/{order['entity_id']}/comments", {"statusHistory": given})
    except Rejected as refused:
        if not moves:
            raise
        raise Rejected(
            f"Order {order['increment_id']} is in state {order.get('state')}, which has no status"
            f" {status}",
            field="status",
            said=status,
            advice=f"In Magento, under Stores, Order Status, assign the status {status} to this"
            " state, or change the mapping rule for status. Then replay.",
        ) from refused
    return True


def _last(order: Mapping[str, Any], head: str) -> str:
    """Our newest comment on the order, "" when there is none."""
    ours = [
        row
        for row in order.get("status_histories") or ()
        if str(row.get("comment") or "").startswith(head)
    ]
    ours.sort(key=lambda row: int(row.get("entity_id") or 0))
    return str(ours[-1]["comment"]) if ours else ""


def _number(client: StoreClient, order: Mapping[str, Any], number: str) -> bool:
    """Our number in `ext_order_id`, where a mapping rule asks for it."""
    if not number or order.get("ext_order_id") == number:
        return False
    # Without items: an order that is saved with them loses what buyers chose of a bundle.
    entity = {"entity_id": order["entity_id"], "ext_order_id": number}
    client.post("orders", {"entity": entity})
    return True


def _cancel(client: StoreClient, order: Mapping[str, Any]) -> bool:
    """No money goes back: Magento cancels only what is not invoiced."""
    if client.account.setting("cancelled_at_pos", "mark") != "cancel":
        return False
    if order.get("state") in _OVER:
        return False
    said = "it answered that it could not"
    try:
        if client.post(f"orders/{order['entity_id']}/cancel", None) is True:
            return True
    except Rejected as refused:
        said = refused.said
    raise Rejected(
        f"Magento does not cancel the order {order['increment_id']}: {said}",
        field="cancelled",
        said=said,
        advice="An order that is invoiced, or on hold, cannot be cancelled. Refund or release it in"
        " Magento by hand, or take up the order again in the point of sale.",
    )
