"""Refunds through the unified API: one payment of type refund, with the goods that come back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from integrations.connector_kit.base import Client, Outcome, Outgoing, Receipt, Save
from integrations.connector_kit.errors import Rejected
from integrations.connectors.heartland.client import HeartlandClient, Row, client_of
from integrations.connectors.heartland.order_refunds import is_net
from integrations.connectors.heartland.refund_fields import RefundFields, refund_fields
from integrations.connectors.heartland.refunds import CONTAINED, reference
from mappings.canonical.record import Entity, Skipped

__all__ = ["reference", "write"]

_PAYMENTS = "/v1/payments"


def write(client: Client, outgoing: Outgoing, save: Save) -> Receipt:
    """Gives the money back and takes the goods back, once. Raises Skipped when its order came
    without it, Rejected for a refund of which only a part goes back into stock."""
    refund = refund_fields(outgoing)
    if is_net(outgoing.linked_id):
        _must_have_no_more(refund)
        raise Skipped(CONTAINED)
    if outgoing.linked_id:
        return Receipt(outgoing.linked_id, Outcome.UNCHANGED, label=refund.public_id)
    heartland = client_of(client)
    order_id = outgoing.related.get(f"{Entity.ORDER}:{refund.order_key}", "")
    if not order_id:
        raise Rejected(
            f"{refund.name} is not linked to an order in Heartland.",
            field="order_key",
            said=refund.order_key,
            advice="Replay the order first, then this refund.",
        )
    found = _find(heartland, order_id, refund)
    made = found or _post(heartland, outgoing, refund, order_id)
    save("payment_id", made)
    goods = [line.sku for line in refund.lines if line.restock]
    return Receipt(
        made,
        Outcome.CREATED,
        label=refund.public_id,
        touched=tuple((Entity.INVENTORY, sku) for sku in dict.fromkeys(goods)),
    )


def _must_have_no_more(refund: RefundFields) -> None:
    if refund.adjustment > 0:
        raise Rejected(
            f"{refund.name}: its order came without what it took back, but {refund.adjustment} was"
            " given back beyond that.",
            field="adjustment_total",
            said=str(refund.adjustment),
            advice="Give this amount back in Heartland by hand, then dismiss the record.",
        )


def _find(client: HeartlandClient, order_id: str, refund: RefundFields) -> str:
    rows: Sequence[Row] = client.page(_PAYMENTS, (("OrderID", order_id), ("limit", "250")))
    for row in rows:
        custom = row.get("CustomFields") or {}
        if row.get("Type") == "refund" and custom.get("refund_key") == refund.external_id:
            return str(row["PaymentID"])
    return ""


def _post(client: HeartlandClient, outgoing: Outgoing, refund: RefundFields, order_id: str) -> str:
    ways = {line.restock for line in refund.lines}
    if len(ways) > 1 or refund.total <= 0:
        raise Rejected(
            f"{refund.name}: this API takes a refund with money and with all of its goods put back"
            " into stock, or none.",
            field="lines",
            said=f"given back {refund.total}, {len(refund.lines)} lines",
            advice="Enter this refund in Heartland by hand, then dismiss the record.",
        )
    body: dict[str, Any] = {
        "OrderID": order_id,
        "Type": "refund",
        "Amount": refund.total,
        "LineItems": [{"SKU": line.sku, "Quantity": line.quantity} for line in refund.lines],
        "Restock": ways == {True},
        "Description": refund.public_id,
        "TransactionID": ", ".join(one.transaction_id for one in refund.tenders),
        "CustomFields": {"refund_key": refund.external_id},
    }
    extra = {"Idempotency-Key": outgoing.delivery_id}
    answer = client.post(_PAYMENTS, body, what=refund.name, extra=extra)
    return str(answer.json()["PaymentID"])
