"""A connection to a sandbox account, and an order to send there."""

from __future__ import annotations

import json
import queue
import threading
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from integrations.connector_kit.base import Account, Outgoing, WebhookRequest
from integrations.connector_kit.exchange import Exchange
from integrations.connector_kit.sandbox.server import server
from integrations.connectors.heartland.client import HeartlandClient
from mappings.canonical.record import Entity

_NAMES = count(1)


@dataclass
class Place:
    """One sandbox account and what a test does to it."""

    public: str
    name: str
    flavour: str
    made: Mapping[str, Any]
    seen: list[Exchange] = field(default_factory=list)

    def account(self, **settings: str) -> Account:
        usual = {"requests_per_second": "500", "currency": "USD", "shipping_as": "charge"}
        return Account(
            id="1",
            base_url=self.made["base_url"],
            flavour=self.flavour,
            settings={**usual, **self.made["settings"], **settings},
            credentials=self.made["credentials"],
            private_network=True,
            observe=self.seen.append,
        )

    def client(self, **settings: str) -> HeartlandClient:
        return HeartlandClient(self.account(**settings))

    def control(self, path: str, body: Any = None) -> Any:
        return post(f"{self.public}/_sandbox/accounts/{self.name}/{path}", body)

    def fault(self, kind: str, match: str, *, value: float = 0, times: int = 1) -> None:
        fault = {"kind": kind, "match": match, "value": value, "times": times}
        self.control("faults", fault)

    def rows(self, path: str) -> list[Mapping[str, Any]]:
        return list(self.client().every(path))

    def writes(self) -> list[str]:
        return [f"{one.method} {one.url}" for one in self.seen if one.method != "GET"]


def post(url: str, body: Any) -> Any:
    request = urllib.request.Request(  # noqa: S310 - an address of this test
        url, json.dumps(body or {}).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
        return json.loads(answer.read() or b"null")


@contextmanager
def running() -> Iterator[str]:
    """The public address of a sandbox served by threads of this process."""
    made = server("heartland")
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{made.server_port}"
    finally:
        made.shutdown()
        thread.join(10)
        made.server_close()


def new_place(public: str, *, flavour: str = "retail", **options: Any) -> Place:
    name = f"test-{next(_NAMES)}"
    body = {"name": name, "seed": "7", "size": 8, "flavour": flavour, **options}
    return Place(public, name, flavour, post(f"{public}/_sandbox/accounts", body))


SKUS = ("TEE-BLK-S", "CAP-GRY-L")


def fields(skus: list[str], **changes: Any) -> dict[str, Any]:
    """2 x 17.50 + 1 x 16.00 + shipping 4.00 + tax 4.55 = 59.55, paid by card."""
    address = {
        "first_name": "Test", "last_name": "Buyer", "line_1": "12 Elm St", "line_2": "Apt 3",
        "city": "Austin", "state": "TX", "postal_code": "78701", "country": "US",
    }  # fmt: skip
    return {
        "public_id": "S-1001",
        "currency": "USD",
        "placed_at": "2026-03-02T15:04:05+00:00",
        "state": "open",
        "total": Decimal("59.55"),
        "note": "",
        "external_order_id": "5550001",
        "custom": {"source_system": "clarity"},
        "customer": {
            "key": "77", "email": "Test.Buyer@example.com", "first_name": "Test",
            "last_name": "Buyer", "phone": "512-555-0100",
        },
        "shipping_address": address,
        "billing_address": address,
        "lines": [
            {"path": "line_items[0]", "sku": skus[0], "product_key": "9001", "qty": 2,
             "unit_price": Decimal("17.50"), "description": "Tee"},
            {"path": "line_items[1]", "sku": skus[1], "product_key": "9002", "qty": 1,
             "unit_price": Decimal("16.00"), "description": "Cap"},
        ],
        "shipping": [{"title": "Standard", "amount": Decimal("4.00")}],
        "tax_total": Decimal("4.55"),
        "tip_total": Decimal(0),
        "duty_total": Decimal(0),
        "payments": [
            {"key": "gw-1", "amount": Decimal("59.55"), "description": "Card", "gateway": "cards",
             "transaction_id": "gw_778899", "card_last4": "1111"}
        ],
        **changes,
    }  # fmt: skip


class Ledger:
    """Checkpoints as the engine keeps them: on disk before the step goes on."""

    def __init__(self) -> None:
        self.saved: dict[str, str] = {}

    def __call__(self, step: str, value: str) -> None:
        self.saved[step] = value


def outgoing(wanted: Mapping[str, Any], **changes: Any) -> Outgoing:
    usual: dict[str, Any] = {
        "delivery_id": "d-1",
        "entity": Entity.ORDER,
        "key": "5550001",
        "reference": "S-1001",
        "fields": wanted,
    }
    return Outgoing(**{**usual, **changes})


class Inbox:
    """Receives webhooks of the sandbox, as they come."""

    def __init__(self) -> None:
        self.got: queue.Queue[WebhookRequest] = queue.Queue()
        inbox = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:  # noqa: N802 - the name http.server looks for
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                inbox.got.put(
                    WebhookRequest(
                        headers={name.lower(): value for name, value in self.headers.items()},
                        query=dict(parse_qsl(urlsplit(self.path).query)),
                        body=body,
                    )
                )
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Tests read what came, not a log."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hooks/heartland/7/"

    def __enter__(self) -> Inbox:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def take(self) -> WebhookRequest:
        return self.got.get(timeout=15)
