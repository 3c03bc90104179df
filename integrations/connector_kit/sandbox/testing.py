"""What tests of a sandbox, and of a connector against it, need: it served, called and listened to."""

# ruff: noqa: S101 - to assert is what this file is for
from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlsplit

from integrations.connector_kit.base import WebhookRequest
from integrations.connector_kit.sandbox.server import server

_POLL_SECONDS = 0.02


@contextmanager
def serving(connector: str) -> Iterator[str]:
    """The address of that connector's sandbox, served from a thread, with no account yet."""
    made = server(connector)
    thread = threading.Thread(target=made.serve_forever, args=(_POLL_SECONDS,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{made.server_port}"
    finally:
        made.shutdown()
        thread.join(5)
        made.server_close()


@dataclass
class Reply:
    """`headers` by their names in small letters; numbers of `json` are exact."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text, parse_float=Decimal)


def call(method: str, url: str, body: Any = None, headers: dict[str, str] | None = None) -> Reply:
    """Bytes and text are sent as they are, anything else as JSON."""
    target = urlsplit(url)
    connection = http.client.HTTPConnection(target.netloc, timeout=20)
    raw = body if isinstance(body, (bytes, str, type(None))) else json.dumps(body, default=str)
    path = f"{target.path}?{target.query}" if target.query else target.path
    try:
        connection.request(
            method, path, raw, {"Content-Type": "application/json", **(headers or {})}
        )
        answer = connection.getresponse()
        named = {name.lower(): value for name, value in answer.getheaders()}
        return Reply(answer.status, named, answer.read().decode())
    finally:
        connection.close()


def done(method: str, url: str, body: Any = None) -> Any:
    """The JSON answer of a call that must succeed, None when it is empty."""
    reply = call(method, url, body)
    assert reply.status < 400, f"{method} {url}: {reply.status} {reply.text[:300]}"
    return json.loads(reply.text) if reply.text else None


@dataclass
class Received:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def request(self) -> WebhookRequest:
        """As a connector is given it."""
        query = dict(parse_qsl(urlsplit(self.path).query))
        return WebhookRequest(headers=self.headers, query=query, body=self.body)


@dataclass
class Receiver:
    """An address that takes webhooks. `answers`: statuses to give first, then 200. `challenges`: a GET
    is answered with its query's `challenge`, as some vendors ask of an address first."""

    url: str = ""
    got: list[Received] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    challenges: bool = True
    _read: int = 0

    def wait(self, number: int, seconds: float = 8.0) -> list[Received]:
        until = time.monotonic() + seconds
        while len(self.got) < number and time.monotonic() < until:
            time.sleep(0.01)
        assert len(self.got) >= number, f"only {len(self.got)} of {number} webhooks came"
        return self.got

    def next(self) -> WebhookRequest:
        """The first that was not read so far."""
        found = self.wait(self._read + 1)[self._read]
        self._read += 1
        return found.request


_Receiver = TypeVar("_Receiver", bound=Receiver)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    receiver: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.receiver.got.append(Received(self.path, headers, body))
        self._answer(self.receiver.answers.pop(0) if self.receiver.answers else 200, b"")

    def do_GET(self) -> None:
        asked = dict(parse_qsl(urlsplit(self.path).query)).get("challenge", "")
        self._answer(200, asked.encode() if self.receiver.challenges else b"hello")

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Tests look at what came, not at a log."""


@contextmanager
def listening(receiver: _Receiver) -> Iterator[_Receiver]:
    """The receiver with an address, until it is left."""
    made = ThreadingHTTPServer(
        ("127.0.0.1", 0), type("Handler", (_Handler,), {"receiver": receiver})
    )
    receiver.url = f"http://127.0.0.1:{made.server_port}/hooks"
    thread = threading.Thread(target=made.serve_forever, args=(_POLL_SECONDS,), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        made.shutdown()
        thread.join(5)
        made.server_close()
