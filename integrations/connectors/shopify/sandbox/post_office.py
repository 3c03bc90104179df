"""Delivers webhooks: signed, from a few threads, repeated when they are not accepted."""

from __future__ import annotations

import base64
import hashlib
import heapq
import hmac
import http.client
import itertools
import json
import random
import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from integrations.connector_kit.sandbox.faults import FaultKind
from integrations.connectors.shopify.sandbox import clock
from integrations.connectors.shopify.sandbox.registrations import Subscription
from integrations.connectors.shopify.sandbox.shop import Shop

# Shopify repeats a delivery eight times, then drops the subscription.
RETRIES = 8
_ANSWER_SECONDS = 5
_THREADS = 4
# A kept connection older than this may have been closed at the other end.
_IDLE_SECONDS = 2.0


@dataclass
class _Delivery:
    shop: Shop
    subscription: Subscription
    body: bytes
    headers: dict[str, str]
    made_at: float
    uri: str
    failures: int = 0


@dataclass
class _Line:
    """One kept connection of one thread."""

    connection: http.client.HTTPConnection
    used_at: float = field(default_factory=time.monotonic)


def signature(secret: str, body: bytes) -> str:
    """X-Shopify-Hmac-Sha256 of a body."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


class PostOffice:
    """One for all shops of a sandbox. The order of deliveries is not kept, as with Shopify."""

    def __init__(self) -> None:
        self._queue: list[tuple[float, int, _Delivery]] = []
        self._ready = threading.Condition()
        self._count = itertools.count()
        self._is_started = False

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
        if shop.faults.take(FaultKind.DROP_WEBHOOKS, topic) is not None:
            shop.journal.count("webhooks_dropped")
            return
        wanted = subscription.include_fields
        chosen = {name: body[name] for name in wanted if name in body} if wanted else body
        raw = json.dumps(chosen, ensure_ascii=False, separators=(",", ":")).encode()
        headers = _headers(shop, subscription, topic, event, raw)
        made = _Delivery(shop, subscription, raw, headers, time.monotonic(), subscription.uri)
        copies = 2 if shop.faults.take(FaultKind.DUPLICATE_WEBHOOKS, topic) is not None else 1
        shuffle = shop.faults.take(FaultKind.SHUFFLE_WEBHOOKS, topic)
        delay = shop.faults.take(FaultKind.DELAY_WEBHOOKS, topic)
        late = delay.value if delay else 0.0
        for _ in range(copies):
            apart = random.random() * (shuffle.value or 1.0) if shuffle else 0.0  # noqa: S311
            self._put(made, late + apart)

    def _put(self, delivery: _Delivery, pause: float) -> None:
        with self._ready:
            if not self._is_started:
                self._is_started = True
                for _ in range(_THREADS):
                    threading.Thread(target=self._work, daemon=True).start()
            due = time.monotonic() + pause
            heapq.heappush(self._queue, (due, next(self._count), delivery))
            self._ready.notify()

    def _next(self) -> _Delivery:
        with self._ready:
            while True:
                if not self._queue:
                    self._ready.wait()
                    continue
                pause = self._queue[0][0] - time.monotonic()
                if pause <= 0:
                    return heapq.heappop(self._queue)[2]
                self._ready.wait(pause)

    def _work(self) -> None:
        lines: dict[tuple[str, str], _Line] = {}
        while True:
            delivery = self._next()
            if not delivery.shop.is_closed:
                self._deliver(delivery, lines)

    def _deliver(self, delivery: _Delivery, lines: dict[tuple[str, str], _Line]) -> None:
        journal = delivery.shop.journal
        journal.count("webhooks_sent")
        if _attempt(delivery, lines):
            journal.count("webhooks_delivered")
            delivery.subscription.last_success = time.monotonic()
            return
        journal.count("webhooks_failed")
        delivery.failures += 1
        if delivery.failures <= RETRIES:
            pause = delivery.shop.settings.retry_delay * 2 ** (delivery.failures - 1)
            self._put(delivery, pause)
        elif delivery.subscription.last_success < delivery.made_at:
            with delivery.shop.lock:
                delivery.shop.subscriptions.pop(delivery.subscription.id, None)


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


def _attempt(delivery: _Delivery, lines: dict[tuple[str, str], _Line]) -> bool:
    """Whether the address answered 2xx; a redirect counts as a failure."""
    target = urlsplit(delivery.uri)
    key = (target.scheme, target.netloc)
    path = f"{target.path or '/'}?{target.query}" if target.query else target.path or "/"
    kept = lines.pop(key, None)
    if kept is not None and time.monotonic() - kept.used_at > _IDLE_SECONDS:
        kept.connection.close()
        kept = None
    status = _post(kept.connection, path, delivery) if kept is not None else None
    if status is None:
        # The other end may close a kept connection at any moment; that is no failed delivery.
        kept = _Line(_connection(target.scheme, target.netloc))
        status = _post(kept.connection, path, delivery)
    if status is None or kept is None:
        return False
    kept.used_at = time.monotonic()
    lines[key] = kept
    return 200 <= status < 300


def _post(connection: http.client.HTTPConnection, path: str, delivery: _Delivery) -> int | None:
    try:
        connection.request("POST", path, delivery.body, delivery.headers)
        answer = connection.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException):
        connection.close()
        return None
    return answer.status


def _connection(scheme: str, netloc: str) -> http.client.HTTPConnection:
    kind = http.client.HTTPSConnection if scheme == "https" else http.client.HTTPConnection
    return kind(netloc, timeout=_ANSWER_SECONDS)
