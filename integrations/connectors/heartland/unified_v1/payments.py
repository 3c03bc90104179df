"""Payments of web orders through the unified API: each once, whoever recorded it first."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from urllib.parse import quote

from integrations.connector_kit.base import Client, Outcome, Outgoing, Receipt, Save
from integrations.connectors.heartland.client import client_of
from integrations.connectors.heartland.payment_fields import PaymentFields, payment_fields
from integrations.connectors.heartland.payments import is_covered
from integrations.connectors.heartland.unified_v1.orders import payments_of

# What the API can say of a payment that brought no money.
_STATUS = {"declined": "failed", "voided": "failed"}


def write(client: Client, outgoing: Outgoing, save: Save) -> Receipt:
    """Records the payment, or marks the order as failed; safe to call again after any crash."""
    wanted = payment_fields(outgoing)
    heartland = client_of(client)
    there = payments_of(heartland, wanted.order_id)
    if wanted.mark:
        status = _STATUS.get(wanted.mark)
        if status is None or there:
            return Receipt(wanted.own_id, Outcome.UNCHANGED, label=wanted.name)
        path = f"/v1/orders/{quote(wanted.order_id, safe='')}"
        heartland.update(path, {"PaymentStatus": status}, what=wanted.name)
        return Receipt(wanted.own_id, Outcome.UPDATED, label=wanted.name)
    known = {
        str(name): str(row["PaymentID"])
        for row in there
        for name in (row.get("TransactionID"), _key_of(row))
        if name
    }
    for name in (wanted.tender.transaction_id, wanted.tender.key):
        if name in known:
            return Receipt(known[name], Outcome.UNCHANGED, label=wanted.name)
    paid = sum((Decimal(str(row["Amount"])) for row in there), Decimal(0))
    if is_covered(wanted, paid):
        return Receipt(wanted.own_id, Outcome.UNCHANGED, label=wanted.name)
    extra = {"Idempotency-Key": outgoing.delivery_id}
    made = heartland.post("/v1/payments", _body(wanted), what=wanted.name, extra=extra).json()
    return Receipt(str(made["PaymentID"]), Outcome.UPDATED, label=wanted.name)


def _key_of(row: Any) -> str:
    return str((row.get("CustomFields") or {}).get("payment_key") or "")


def _body(wanted: PaymentFields) -> dict[str, Any]:
    tender = wanted.tender
    custom = {"payment_key": tender.key, "card_last4": tender.card_last4}
    return {
        "OrderID": wanted.order_id,
        "Type": "payment",
        "Amount": tender.amount,
        "Description": tender.description or tender.gateway,
        "TransactionID": tender.transaction_id,
        "CustomFields": {name: value for name, value in custom.items() if value},
    }
