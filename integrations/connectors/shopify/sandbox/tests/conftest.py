"""A sandbox served over real HTTP, a client for it and a receiver of webhooks."""

from __future__ import annotations

import http.client
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from graphql import OperationDefinitionNode, parse, print_ast
from werkzeug.serving import WSGIRequestHandler, make_server

from integrations.connectors.shopify.sandbox.app import create

SHARED = Path(__file__).parents[6] / "shared" / "data"
_NAMES = count(1)


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_request(self, *_: Any) -> None:
        """Tests read the sandbox's own log."""


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


def call(method: str, url: str, body: Any = None, headers: dict[str, str] | None = None) -> Reply:
    target = urlsplit(url)
    connection = http.client.HTTPConnection(target.netloc, timeout=10)
    raw = body if isinstance(body, (bytes, str, type(None))) else json.dumps(body)
    path = f"{target.path}?{target.query}" if target.query else target.path
    try:
        connection.request(
            method, path, raw, {"Content-Type": "application/json", **(headers or {})}
        )
        answer = connection.getresponse()
        return Reply(
            answer.status,
            {name.lower(): value for name, value in answer.getheaders()},
            answer.read().decode(),
        )
    finally:
        connection.close()


@dataclass
class Account:
    """One shop of the sandbox, driven from outside."""

    url: str
    name: str
    base_url: str
    token: str
    client_id: str
    client_secret: str
    location: str

    def graphql(
        self, query: str, variables: dict[str, Any] | None = None, version: str = "2026-10"
    ) -> Reply:
        return call(
            "POST",
            f"{self.base_url}/admin/api/{version}/graphql.json",
            {"query": query, "variables": variables or {}},
            {"X-Shopify-Access-Token": self.token},
        )

    def data(self, query: str, variables: dict[str, Any] | None = None) -> Any:
        body = self.graphql(query, variables).json
        assert "errors" not in body, body
        return body["data"]

    def control(self, method: str, path: str, body: Any = None) -> Reply:
        return call(method, f"{self.url}/_sandbox/accounts/{self.name}{path}", body)

    def order(self, **wanted: Any) -> list[dict[str, Any]]:
        reply = self.control("POST", "/orders", wanted)
        assert reply.status == 200, reply.text
        return list(reply.json["orders"])

    def stock(self, sku: str) -> dict[str, int]:
        found = self.data(
            "query($q: String!) { inventoryItems(first: 5, query: $q) { nodes { id sku"
            " inventoryLevels(first: 5) { nodes { quantities(names: "
            '["available", "on_hand", "committed"]) { name quantity } } } } } }',
            {"q": f"sku:'{sku}'"},
        )
        item = next(node for node in found["inventoryItems"]["nodes"] if node["sku"] == sku)
        quantities = item["inventoryLevels"]["nodes"][0]["quantities"]
        return {entry["name"]: entry["quantity"] for entry in quantities}

    def item_id(self, sku: str) -> str:
        found = self.data(
            "query($q: String!) { inventoryItems(first: 5, query: $q) { nodes { id sku } } }",
            {"q": f"sku:'{sku}'"},
        )
        return next(
            str(node["id"]) for node in found["inventoryItems"]["nodes"] if node["sku"] == sku
        )


@pytest.fixture(scope="session")
def sandbox() -> Iterator[str]:
    """The address of a running sandbox."""
    late: list[Any] = []
    server = make_server(
        "127.0.0.1",
        0,
        lambda environ, start: late[0](environ, start),
        threaded=True,
        request_handler=_Quiet,
    )
    url = f"http://127.0.0.1:{server.server_port}"
    late.append(create({"public_url": url, "seed": "7"}))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield url
    server.shutdown()
    thread.join(5)
    server.server_close()


@pytest.fixture
def open_account(sandbox: str) -> Callable[..., Account]:
    """Makes a fresh shop; arguments are those of the control API."""

    def opened(**wanted: Any) -> Account:
        name = wanted.pop("name", f"test-{next(_NAMES)}")
        made = call("POST", f"{sandbox}/_sandbox/accounts", {"name": name, **wanted}).json
        secrets = made["credentials"]
        return Account(
            url=sandbox,
            name=name,
            base_url=made["base_url"],
            token=secrets["access_token"],
            client_id=secrets["client_id"],
            client_secret=secrets["client_secret"],
            location=made["settings"]["location_id"],
        )

    return opened


@pytest.fixture
def account(open_account: Callable[..., Account]) -> Account:
    return open_account()


@dataclass
class Received:
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Receiver:
    """An address that takes webhooks. `answers`: statuses to give first, then 200."""

    url: str = ""
    got: list[Received] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)

    def wait(self, number: int, seconds: float = 8.0) -> list[Received]:
        until = time.monotonic() + seconds
        while len(self.got) < number and time.monotonic() < until:
            time.sleep(0.01)
        assert len(self.got) >= number, f"only {len(self.got)} of {number} webhooks came"
        return self.got

    def topics(self) -> list[str]:
        return sorted(entry.headers["x-shopify-topic"] for entry in self.got)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            made.got.append(Received(headers, body))
            self.send_response(made.answers.pop(0) if made.answers else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Tests look at what came, not at a log."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_port}/hooks"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield made
    server.shutdown()
    thread.join(5)
    server.server_close()


@pytest.fixture(scope="session")
def operations() -> dict[str, str]:
    """The reference's operations by name, each with the fragments it uses."""
    source = SHARED / "shopify" / "operations.graphql"
    if not source.exists():
        pytest.skip("the reference data (../shared) is not beside this repository")
    document = parse(source.read_text())
    parts = {getattr(node, "name").value: print_ast(node) for node in document.definitions}  # noqa: B009
    found = {}
    for node in document.definitions:
        if isinstance(node, OperationDefinitionNode) and node.name:
            text, done = parts[node.name.value], set()
            while more := set(re.findall(r"\.\.\.(\w+)", text)) - done - {"on"}:
                for name in sorted(more):
                    text += "\n" + parts[name]
                done |= more
            found[node.name.value] = text
    return found


@pytest.fixture(scope="session")
def recorded() -> Callable[[str], Any]:
    """Reads a file of recorded requests and answers."""

    def read(name: str) -> Any:
        source = SHARED / "shopify" / "graphql-recorded" / f"{name}.json"
        if not source.exists():
            pytest.skip("the reference data (../shared) is not beside this repository")
        return json.loads(source.read_text())

    return read
