"""Webhooks of the unified API: an envelope with id, type and data, signed with HMAC-SHA256."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection, Sequence

from integrations.connector_kit.base import Account, Client, Notice, Subscription, WebhookRequest
from integrations.connector_kit.errors import NotTheirs, Unsupported
from integrations.connector_kit.payload import Payload
from integrations.connectors.heartland.client import client_of
from integrations.connectors.heartland.unified_v1 import shipments
from integrations.connectors.heartland.webhooks import body_of
from mappings.canonical.record import Entity

SIGNATURE = "x-heartland-signature"
EVENTS = {"inventory.updated": Entity.INVENTORY, "shipment.created": Entity.SHIPMENT}


def verify(request: WebhookRequest, account: Account) -> None:
    """Raises NotTheirs unless the raw body is signed with the secret of this connection."""
    secret = account.credentials.get("webhook_secret", "")
    given = request.headers.get(SIGNATURE, "").removeprefix("sha256=").lower()
    wanted = hmac.new(secret.encode(), request.body, hashlib.sha256).hexdigest()
    if not secret or not hmac.compare_digest(given.encode(), wanted.encode()):
        raise NotTheirs("The webhook is not signed with the secret of this connection.")
    body_of(request)


def notices(request: WebhookRequest) -> Sequence[Notice]:
    """What happened. Raises Unsupported for the events this connector does not carry."""
    body = Payload(body_of(request))
    kind = body.maybe_text("type") or ""
    if kind not in EVENTS:
        raise Unsupported(f"Heartland event {kind or '(none)'} is not carried.")
    data = body.child("data")
    event = body.maybe_text("id") or ""
    if kind == "shipment.created":
        data.text("ShipmentID")
        return (shipments.notice(data.raw(), event),)
    return (
        Notice(
            entity=Entity.INVENTORY,
            key=data.text("SKU"),
            topic=kind,
            event=event,
            occurred_at=body.maybe_instant("created_at"),
        ),
    )


def subscribe(client: Client, callback_url: str, entities: Collection[Entity]) -> None:
    """Registers one address for the events of these entities; others of ours are removed."""
    wanted = [event for event, entity in EVENTS.items() if entity in entities]
    heartland = client_of(client)
    there = [row for row in heartland.page("/v1/webhooks") if row.get("Url") == callback_url]
    good = [row for row in there if set(row.get("Events") or ()) == set(wanted)]
    if wanted and not good:
        body = {"Url": callback_url, "Events": wanted}
        heartland.post("/v1/webhooks", body, what="The webhook")
    for row in there:
        if row not in good[:1]:
            heartland.delete(f"/v1/webhooks/{row['WebhookID']}", what="The webhook")


def subscriptions(client: Client, callback_url: str) -> Sequence[Subscription]:
    """Every webhook of the account."""
    return [
        Subscription(
            topic=", ".join(str(event) for event in row.get("Events") or ()),
            address=str(row.get("Url") or ""),
            is_ours=row.get("Url") == callback_url,
        )
        for row in client_of(client).page("/v1/webhooks")
    ]


def unsubscribe(client: Client, callback_url: str) -> int:
    """Takes away every webhook that leads to this address; answers how many."""
    heartland = client_of(client)
    ours = [row for row in heartland.page("/v1/webhooks") if row.get("Url") == callback_url]
    for row in ours:
        heartland.delete(f"/v1/webhooks/{row['WebhookID']}", what="The webhook")
    return len(ours)
