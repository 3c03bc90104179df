"""Turns what happened in an account into webhooks of both flavours."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass

from integrations.connectors.heartland.sandbox.state import subscriptions
from integrations.connectors.heartland.sandbox.state.account import Account
from integrations.connectors.heartland.sandbox.state.values import Row
from integrations.connectors.heartland.sandbox.unified import shapes
from integrations.connectors.heartland.sandbox.wire.answers import encoded, view

Shape = Callable[[Account, Row], Row]


@dataclass(frozen=True)
class Notice:
    """One webhook to send: complete, so that a retry sends the very same bytes."""

    url: str
    event: str
    body: bytes
    headers: tuple[tuple[str, str], ...]


# What happened -> the unified_v1 event and its data. Sales at the till are orders there too.
_UNIFIED: dict[str, tuple[str, Shape]] = {
    "order_created": ("order.created", shapes.order),
    "order_updated": ("order.updated", shapes.order),
    "sales_transaction_completed": ("order.created", shapes.order),
    "payment_succeeded": ("payment.succeeded", shapes.payment),
    "stock_changed": ("inventory.updated", shapes.stock),
    "shipment_created": ("shipment.created", shapes.shipment),
}


def notices_of(account: Account, topic: str, row: Row) -> list[Notice]:
    """A webhook for each registration that wants the event. Called inside the transaction."""
    return [*_retail(account, topic, row), *_unified(account, topic, row)]


def _retail(account: Account, topic: str, row: Row) -> list[Notice]:
    """The bare resource: no envelope, no event name, no lines, no signature (reference 3.9)."""
    wanting = subscriptions.wanting(account, "retail", topic)
    if not wanting:
        return []
    body = encoded(view(row))
    headers = (("Content-Type", "application/json"),)
    return [Notice(webhook["url"], topic, body, headers) for webhook in wanting]


def _unified(account: Account, topic: str, row: Row) -> list[Notice]:
    event, shape = _UNIFIED.get(topic, ("", shapes.order))
    wanting = subscriptions.wanting(account, "unified_v1", event) if event else []
    # A return is told by its payment, not as an order of its own.
    if not wanting or row.get("type") == "Return":
        return []
    envelope = {
        "id": f"evt_{account.next_id()}",
        "type": event,
        "created_at": account.now(),
        "data": shape(account, row),
    }
    body = encoded(envelope)
    signature = signature_of(account.secrets.webhook_secret, body)
    headers = (("Content-Type", "application/json"), ("X-Heartland-Signature", signature))
    return [Notice(webhook["url"], event, body, headers) for webhook in wanting]


def signature_of(secret: str, body: bytes) -> str:
    """Hex HMAC-SHA256 of the raw body."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
