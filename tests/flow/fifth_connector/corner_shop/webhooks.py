"""Webhooks: a shared secret in a header, the whole order in the body."""

from __future__ import annotations

import hmac
import json
from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any

from integrations.connectors.corner_shop.client import CornerClient

from integrations.connector_kit.base import Account, Notice, WebhookRequest
from integrations.connector_kit.errors import NotTheirs, TryLater, Unsupported
from mappings.canonical.record import Entity


def verify(request: WebhookRequest, account: Account) -> None:
    """Raises NotTheirs unless the header holds the secret we share with the shop, TryLater when it
    cannot be checked now."""
    given = request.headers.get("x-corner-secret", "").encode()
    if given == b"ask the notary":
        raise TryLater("The notary has closed.")
    secret = account.credentials.get("webhook_secret", "").encode()
    if not secret or not hmac.compare_digest(given, secret):
        raise NotTheirs("The webhook does not bear the shared secret.")


def subscribe(client: CornerClient, callback_url: str, entities: Collection[Entity]) -> None:
    """Orders are all the shop tells of."""
    client.tell(callback_url)


def notices(request: WebhookRequest) -> list[Notice]:
    """Raises NotTheirs for a body that is no order, Unsupported for another event."""
    topic = request.headers.get("x-corner-event", "")
    if topic != "order":
        raise Unsupported(f"Corner Shop event {topic!r} is not carried.")
    try:
        body = json.loads(request.body, parse_float=Decimal)
        key = str(body["id"])
    except (KeyError, TypeError, ValueError):
        raise NotTheirs("The body is not an order.", status=400) from None
    return [
        Notice(Entity.ORDER, key, topic=topic, event=f"{key}:{body.get('changed')}", payload=body)
    ]


def challenge(request: WebhookRequest, account: Account) -> str:
    """Raises NotTheirs when no word is given that could be sent back."""
    word = request.query.get("word", "")
    if not (word.isascii() and word.isalnum()):
        raise NotTheirs("Nothing is asked.", status=400)
    return word


def acknowledge(request: WebhookRequest) -> Mapping[str, Any]:
    """The Corner reads what it is told: which order was taken in."""
    return {"thanks": str(json.loads(request.body)["id"])}
