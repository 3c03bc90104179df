"""A sandbox served over real HTTP, and a receiver for its webhooks."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from integrations.connector_kit.sandbox.testing import serving


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body, parse_float=Decimal)

    @property
    def new_id(self) -> int:
        return int(self.headers["location"].rsplit("/", 1)[1])


def call(
    url: str,
    method: str = "GET",
    body: Any = None,
    headers: dict[str, str] | None = None,
    timeout: float = 10,
) -> Reply:
    where = urlsplit(url)
    connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=timeout)
    raw = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
    path = where.path + (f"?{where.query}" if where.query else "")
    try:
        connection.request(method, path, raw, headers or {})
        answer = connection.getresponse()
        named = {key.lower(): value for key, value in answer.getheaders()}
        return Reply(answer.status, named, answer.read())
    finally:
        connection.close()


@dataclass
class Client:
    """One account of the sandbox, as a client sees it."""

    origin: str
    account: dict[str, Any]

    @property
    def settings(self) -> dict[str, int]:
        known = self.account["settings"]
        return {key: int(value) for key, value in known.items() if value.isdecimal()}

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        query: list[tuple[str, str]] | None = None,
        headers: dict[str, str] | None = None,
    ) -> Reply:
        token = {"Authorization": f"Bearer {self.account['credentials']['token']}"}
        url = self.account["base_url"] + path + (f"?{urlencode(query)}" if query else "")
        return call(url, method, body, {**token, **(headers or {})})

    def get(self, path: str, *query: tuple[str, str]) -> Any:
        reply = self.send("GET", path, query=list(query))
        assert reply.status == 200, reply.body
        return reply.json

    def post(self, path: str, body: Any) -> int:
        """A POST of the retail flavour, answered by Location alone."""
        reply = self.send("POST", path, body)
        assert (reply.status, reply.body) == (201, b""), reply.body
        return reply.new_id

    def put(self, path: str, body: Any) -> None:
        reply = self.send("PUT", path, body)
        assert reply.status == 200, reply.body

    def refused(self, method: str, path: str, body: Any) -> Any:
        reply = self.send(method, path, body)
        assert reply.status == 400, reply.body
        return reply.json

    def control(self, method: str, path: str, body: Any = None) -> Any:
        url = f"{self.origin}/_sandbox/accounts/{self.account['name']}{path}"
        reply = call(url, method, body)
        assert reply.status < 300, reply.body
        return reply.json if reply.body else None

    def stock(self, sku: str) -> dict[int, tuple[int, int, int]]:
        """Location -> on hand, committed, available."""
        item = self.item(sku)["id"]
        rows = self.get(
            "/api/inventory/values",
            ("group[]", "item_id"),
            ("group[]", "location_id"),
            ("item_id", str(item)),
        )["results"]
        return {
            row["location_id"]: (row["qty_on_hand"], row["qty_committed"], row["qty_available"])
            for row in rows
        }

    def item(self, sku: str) -> Any:
        return self.get("/api/items", ("_filter", json.dumps({"public_id": sku})))["results"][0]

    def ledger(self) -> list[Any]:
        return self.get("/api/inventory/transactions", ("per_page", "all"))["results"]


@pytest.fixture(scope="session")
def origin() -> Iterator[str]:
    with serving("heartland") as address:
        yield address


@pytest.fixture
def make(origin: str, request: pytest.FixtureRequest) -> Any:
    """Makes an account of its own for a test: make(tax_rate="0.0825")."""
    made: list[str] = []

    def new(**options: Any) -> Client:
        name = f"t-{request.node.name.split('[')[0].replace('_', '-')}-{len(made)}"
        reply = call(f"{origin}/_sandbox/accounts", "POST", {"name": name, **options})
        assert reply.status == 201, reply.body
        made.append(name)
        return Client(origin, reply.json)

    yield new
    for name in made:
        call(f"{origin}/_sandbox/accounts/{name}", "DELETE")


@pytest.fixture
def shop(make: Any) -> Client:
    return make()


@dataclass
class Receiver:
    """Keeps what it is sent; answers `failures` times with 500 first."""

    url: str = ""
    failures: int = 0
    seen: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    arrived: threading.Condition = field(default_factory=threading.Condition)

    def app(self, environ: Any, start_response: Any) -> Any:
        request = Request(environ)
        body = request.get_data()
        with self.arrived:
            if self.failures:
                self.failures -= 1
                return Response(status=500)(environ, start_response)
            headers = {key.lower(): value for key, value in request.headers.items()}
            self.seen.append((request.path, headers, body))
            self.arrived.notify_all()
        return Response(status=204)(environ, start_response)

    def wait(self, count: int, seconds: float = 8) -> list[tuple[str, dict[str, str], bytes]]:
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.seen) >= count, seconds), self.seen
            return list(self.seen)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    found = Receiver()
    server = make_server("127.0.0.1", 0, found.app, threaded=True)
    found.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield found
    server.shutdown()
    thread.join()
    server.server_close()
