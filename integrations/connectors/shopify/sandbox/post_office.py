"""Shopify's webhooks: what is sent to whom, signed, and when it is sent again."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
import uuid
from dataclasses import dataclass
from typing import Any

from integrations.connector_kit.sandbox import post_office
from integrations.connectors.shopify.sandbox import clock
from integrations.connectors.shopify.sandbox.registrations import Subscription
from integrations.connectors.shopify.sandbox.shop import Shop

# Shopify repeats a delivery eight times, then drops the subscription.
RETRIES = 8


@dataclass
class _Letter(post_office.Letter):
    account: Shop
    subscription: Subscription
    made_at: float

    def arrived(self) -> None:
        self.subscription.last_success = time.monotonic()

    def pause(self, status: int | None) -> float | None:
        if self.failures <= RETRIES:
            pause: float = self.account.settings.retry_delay * 2 ** (self.failures - 1)
            return pause
        if self.subscription.last_success < self.made_at:
            with self.account.lock:
                self.account.subscriptions.pop(self.subscription.id, None)
        return None


def signature(secret: str, body: bytes) -> str:
    """X-Shopify-Hmac-Sha256 of a body."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


class PostOffice:
    """One for all shops of a sandbox. The order of deliveries is not kept, as with Shopify."""

    def __init__(self) -> None:
        self._post = post_office.PostOffice()

    def send(self, shop: Shop, topic: str, body: dict[str, Any]) -> None:
        """One event to each subscription of its topic. The body is what it is now, also when a
        delivery is repeated later."""
        event = str(uuid.uuid4())
        for subscription in list(shop.subscriptions.values()):
            if subscription.topic == topic:
                self._send_one(shop, subscription, topic, body, event)

    def send_to(self, shop: Shop, topic: str, body: dict[str, Any], uri: str) -> None:
        """One event to an address that is set in the app and not in the shop."""
        at = clock.now()
        subscription = Subscription(id=0, topic=topic, uri=uri, created_at=at, updated_at=at)
        self._send_one(shop, subscription, topic, body, str(uuid.uuid4()))

    def _send_one(
        self, shop: Shop, subscription: Subscription, topic: str, body: dict[str, Any], event: str
    ) -> None:
        wanted = subscription.include_fields
        chosen = {name: body[name] for name in wanted if name in body} if wanted else body
        raw = json.dumps(chosen, ensure_ascii=False, separators=(",", ":")).encode()
        headers = _headers(shop, subscription, topic, event, raw)
        uri, at = subscription.uri, time.monotonic()
        self._post.send(_Letter(shop, topic, uri, raw, headers, subscription, at))


def _headers(
    shop: Shop, subscription: Subscription, topic: str, event: str, raw: bytes
) -> dict[str, str]:
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Shopify-Captain-Hook",
        "X-Shopify-Topic": topic,
        "X-Shopify-Shop-Domain": shop.domain,
        "X-Shopify-API-Version": shop.settings.webhook_version,
        "X-Shopify-Webhook-Id": str(uuid.uuid4()),
        "X-Shopify-Event-Id": event,
        "X-Shopify-Triggered-At": clock.now().strftime("%Y-%m-%dT%H:%M:%S.%f000Z"),
        "X-Shopify-Hmac-Sha256": signature(shop.tokens.client_secret, raw),
    }
    if subscription.name:
        headers["X-Shopify-Name"] = subscription.name
    return headers
