"""Who asked for a shop's events, and the letters that are written to them.

Which of the three modules a shop has is its setting `events`; the others know no subscribers.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from integrations.connector_kit.sandbox.post_office import PostOffice
from integrations.connector_kit.signatures import SigningKey
from integrations.connectors.magento.sandbox.events import bodies, names
from integrations.connectors.magento.sandbox.events.post import (
    Letter,
    async_again,
    io_again,
    never_again,
)
from integrations.connectors.magento.sandbox.replies import encoded

if TYPE_CHECKING:
    from integrations.connectors.magento.sandbox.shop import Shop

ASYNC, IO, MAGEPLAZA = "async_events", "io_events", "mageplaza"
TEMPLATE = '{"entity_id":"{{ item.entity_id }}","order_id":"{{ item.order_id }}"}'


@dataclass
class Subscription:
    """Of the async events module."""

    id: int
    event_name: str
    recipient_url: str
    verification_token: str
    subscribed_at: datetime
    metadata: str = "http"
    is_on: bool = True


@dataclass
class Hook:
    """Of Mageplaza's module: headers and body as the merchant typed them."""

    kind: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    template: str = TEMPLATE


class Keys:
    """Adobe's pair of keys, made when it is first needed. Safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._key: SigningKey | None = None

    def get(self) -> SigningKey:
        with self._lock:
            if self._key is None:
                self._key = SigningKey()
            return self._key


class Events:
    """The subscribers of one shop. Called under the shop's lock."""

    def __init__(self, shop: Shop, post: PostOffice) -> None:
        self._shop, self._post = shop, post
        self.subscriptions: dict[int, Subscription] = {}
        self.wanted: dict[str, dict[str, Any]] = {}
        """Adobe's subscriptions by event name, as they were asked for."""
        self.address = ""
        """Where Adobe's console sends events to."""
        self.hooks: list[Hook] = []
        self.keys = Keys()
        name = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{shop.settings.seed}/{shop.name}"))
        self.client_id = name.replace("-", "")
        self.key_path = f"/prod/keys/pub-key-{name}.pem"

    def connection_settings(self) -> dict[str, str]:
        """What a connection to this account has to know of its events."""
        if self._shop.settings.events != IO:
            return {}
        return {"io_client_id": self.client_id, "io_keys_url": f"{self._shop.base_url}/adobe"}

    def hear(self, event: str, number: int) -> None:
        """Something happened to the record of that id: writes to all who asked for it."""
        write = {ASYNC: self._async, IO: self._io, MAGEPLAZA: self._mageplaza}.get(
            self._shop.settings.events
        )
        if write is not None:
            write(event, number)

    def _async(self, event: str, number: int) -> None:
        asked = [
            row for row in self.subscriptions.values() if row.is_on and row.event_name == event
        ]
        row = bodies.record(self._shop, event, number) if asked else None
        if row is None:
            return
        body = encoded({"data": row}).encode()
        for entry in asked:
            headers = {"x-magento-signature": signature(entry.verification_token, body)}
            self._send(event, entry.recipient_url, body, headers, async_again)

    def _io(self, event: str, number: int) -> None:
        name = names.io_name(event)
        if not (self.address and name in self.wanted):
            return
        row = bodies.record(self._shop, event, number)
        if row is None:
            return
        body = encoded(self._cloud_event(name, bodies.flat(row))).encode()
        proof = base64.b64encode(self.keys.get().sign(body)).decode()
        headers = {
            "x-adobe-digital-signature-1": proof,
            "x-adobe-public-key1-path": self.key_path,
            "x-adobe-event-id": str(uuid.uuid4()),
            "x-adobe-event-code": f"com.adobe.commerce.{name}",
        }
        self._send(name, self.address, body, headers, io_again)

    def _cloud_event(self, name: str, row: dict[str, Any]) -> dict[str, Any]:
        fields = [entry["name"] for entry in self.wanted[name].get("fields") or []]
        chosen = {name: row[name] for name in fields if name in row} if "*" not in fields else row
        identity = str(uuid.uuid4())
        return {
            "specversion": "1.0",
            "id": identity,
            "source": f"urn:uuid:{identity}",
            "type": f"com.adobe.commerce.{name}",
            "datacontenttype": "application/json",
            "time": self._shop.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
            "eventid": identity,
            "recipientclientid": self.client_id,
            "data": {
                "key": identity,
                "value": chosen,
                "source": f"{self._shop.name}.sandbox",
                "_metadata": {
                    "commerceEdition": "Adobe Commerce",
                    "commerceVersion": self._shop.settings.version,
                    "storeId": "1",
                    "websiteId": "1",
                },
            },
        }

    def _mageplaza(self, event: str, number: int) -> None:
        kind = names.hook_type(event)
        asked = [hook for hook in self.hooks if kind and hook.kind == kind]
        row = bodies.record(self._shop, event, number) if asked else None
        if row is None:
            return
        for hook in asked:
            body = bodies.filled(hook.template, row).encode()
            self._send(kind, hook.url, body, dict(hook.headers), never_again)

    def _send(self, event: str, url: str, body: bytes, headers: dict[str, str], again: Any) -> None:
        sent = {"Content-Type": "application/json", "User-Agent": "Magento", **headers}
        self._post.send(Letter(self._shop, event, url, body, sent, again))


def signature(token: str, body: bytes) -> str:
    """x-magento-signature: lower-case hex of HMAC-SHA256 over the body as it is sent."""
    return hmac.new(token.encode(), body, hashlib.sha256).hexdigest()
