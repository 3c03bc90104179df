"""Webhooks as Shopify sends them, signed here by hand, and direct calls to the till's sandbox."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from clarity.demo.sandboxes import plain_session
from tests.flow.conftest import Rig


@dataclass(frozen=True)
class Said:
    """Our answer to a webhook."""

    status: int
    text: str

    @property
    def accepted(self) -> int:
        return int(json.loads(self.text)["accepted"])

    @property
    def detail(self) -> str:
        return str(json.loads(self.text)["detail"])


def sign(secret: str, body: bytes) -> str:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def secret_of(rig: Rig) -> str:
    return str(rig.shop_account["credentials"]["client_secret"])


def call(method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> Said:
    """One request over a connection of its own, with exactly these headers and bytes."""
    where = urlsplit(url)
    connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=30)
    try:
        target = f"{where.path}?{where.query}" if where.query else where.path
        connection.request(method, target, body=body, headers=dict(headers))
        answer = connection.getresponse()
        return Said(answer.status, answer.read().decode())
    finally:
        connection.close()


def hook_headers(
    *, topic: str, signature: str | None, webhook: str | None = None, event: str | None = None
) -> dict[str, str]:
    """The headers of a delivery; no signature header at all when `signature` is None."""
    headers = {
        "Content-Type": "application/json",
        "X-Shopify-Topic": topic,
        "X-Shopify-Webhook-Id": webhook or str(uuid.uuid4()),
        "X-Shopify-Event-Id": event or str(uuid.uuid4()),
    }
    return headers if signature is None else headers | {"X-Shopify-Hmac-Sha256": signature}


def send(
    rig: Rig,
    body: Mapping[str, Any] | bytes,
    *,
    topic: str = "orders/create",
    secret: str | None = None,
    webhook: str | None = None,
    event: str | None = None,
    url: str | None = None,
) -> Said:
    """Posts a signed webhook to the rig's shop connection, or to `url`."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    signature = sign(secret_of(rig) if secret is None else secret, raw)
    headers = hook_headers(topic=topic, signature=signature, webhook=webhook, event=event)
    return call("POST", url or rig.hook, raw, headers)


def order_body(key: int, *, sku: str, price: str = "20.00", **changes: Any) -> dict[str, Any]:
    """A paid order of one unit, as orders/create tells it, with `changes` on top."""
    return {
        "id": key,
        "name": f"#{key}",
        "created_at": "2026-03-02T15:04:05-05:00",
        "processed_at": "2026-03-02T15:04:05-05:00",
        "updated_at": "2026-03-02T15:04:06-05:00",
        "currency": "USD",
        "financial_status": "paid",
        "payment_gateway_names": ["bogus"],
        "total_price": price,
        "current_total_price": price,
        "total_tax": "0.00",
        "total_outstanding": "0.00",
        "taxes_included": False,
        "test": False,
        "email": "buyer@example.com",
        "line_items": [
            {
                "id": key * 10 + 1,
                "sku": sku,
                "title": "Article",
                "quantity": 1,
                "current_quantity": 1,
                "price": price,
                "requires_shipping": True,
                "gift_card": False,
                "tax_lines": [],
                "discount_allocations": [],
            }
        ],
        "shipping_lines": [],
        **changes,
    }


class TillCalls:
    """The till's own API and its control API, called as the till's people would."""

    def __init__(self, rig: Rig) -> None:
        token = rig.till_account["credentials"]["token"]
        self._api = plain_session(
            rig.till_account["base_url"], {"Authorization": f"Bearer {token}"}
        )
        self._control = plain_session(rig.till.public_url)
        self._account = f"/_sandbox/accounts/{rig.till.account}"

    def get(self, path: str, **params: str) -> Any:
        answer = self._api.request("GET", f"/api{path}", params=params)
        assert answer.status == 200, answer.text
        return answer.json()

    def put(self, path: str, body: Mapping[str, Any]) -> None:
        """A change that somebody makes at the till."""
        answer = self._api.request("PUT", f"/api{path}", body=body)
        assert answer.status < 300, answer.text

    def add_item(self, sku: str, *, price: str = "20.00") -> str:
        """Id of a new item with this number."""
        body = {"public_id": sku, "description": sku, "cost": "1.00", "price": price}
        answer = self._api.request("POST", "/api/items", body=body)
        assert answer.status == 201, answer.text
        items = self.get("/items", per_page="500")["results"]
        return str(next(row["id"] for row in items if row["public_id"] == sku))

    def orders(self) -> list[dict[str, Any]]:
        """Every sales order the till has."""
        return list(self.get("/sales/orders", per_page="500")["results"])

    def order(self, public_id: str) -> dict[str, Any]:
        """The one order of this number."""
        found = [row for row in self.orders() if row["public_id"] == public_id]
        assert len(found) == 1, f"{len(found)} orders are called {public_id}"
        return found[0]

    def writes(self) -> int:
        """How many calls so far were to change something."""
        routes = self._control.request("GET", f"{self._account}/log").json()["by_route"]
        return sum(
            count for route, count in routes.items() if route.startswith(("POST", "PUT", "DELETE"))
        )

    def fault(self, kind: str, **more: Any) -> None:
        answer = self._control.request(
            "POST", f"{self._account}/faults", body={"kind": kind, **more}
        )
        assert answer.status == 201, answer.text

    def no_faults(self) -> None:
        assert self._control.request("DELETE", f"{self._account}/faults").status == 204
