"""A shop of the sandbox for tests: served over HTTP in this process, steered by its control API."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count
from typing import Any
from urllib.parse import urlsplit

from werkzeug.serving import make_server

from integrations.connector_kit.base import Account, Outgoing
from integrations.connector_kit.exchange import Exchange
from integrations.connector_kit.keep_alive import KeepAliveHandler
from integrations.connectors.magento.client import StoreClient
from integrations.connectors.magento.sandbox.app import create
from integrations.connectors.magento.sandbox.tests import openapi
from mappings.canonical.record import Entity

_NAMES = count(1)
_NO_DATE = "'low_stock_date' is a required property"


@dataclass(frozen=True)
class RealShop:
    """One account. `details`: what the control API answered when it was made."""

    url: str
    name: str
    details: Mapping[str, Any]
    exchanges: list[Exchange] = field(default_factory=list)

    def client(self, **settings: str) -> StoreClient:
        account = Account(
            id=self.name,
            base_url=self.details["base_url"],
            flavour="rest",
            settings={**self.details["settings"], **settings},
            credentials=self.details["credentials"],
            private_network=True,
            observe=self.exchanges.append,
        )
        return StoreClient(account)

    def check_calls(self) -> None:
        """What was sent is as the official OpenAPI has it. Raises Unlike."""
        if not openapi.SCHEMA.is_file():
            return
        for one in self.exchanges:
            try:
                openapi.check_request(one.method, one.url, _body(one.request_body))
            except openapi.Unlike as error:
                # Null in every answer, and refused as a text: nobody can send it.
                if _NO_DATE not in str(error) or str(error).count("\n") > 1:
                    raise

    def act(self, what: str, **body: Any) -> Any:
        """An action of the control API: "orders", "orders/12/ship"."""
        return _post(self.url, f"/_sandbox/accounts/{self.name}/{what}", body)

    def routes(self) -> Mapping[str, int]:
        """How often each call was made since it was last forgotten."""
        path = f"/_sandbox/accounts/{self.name}/log"
        found: Mapping[str, int] = _call(self.url, "GET", path)["by_route"]
        return found

    def forget(self) -> None:
        _call(self.url, "DELETE", f"/_sandbox/accounts/{self.name}/log")


@contextmanager
def serving() -> Iterator[str]:
    """The address of a running sandbox."""
    late: list[Any] = []
    server = make_server(
        "127.0.0.1",
        0,
        lambda environ, start: late[0](environ, start),
        threaded=True,
        request_handler=KeepAliveHandler,
    )
    url = f"http://127.0.0.1:{server.server_port}"
    late.append(create({"public_url": url, "seed": "7"}))
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
    )
    thread.start()
    try:
        yield url
    finally:
        server.shutdown()
        thread.join(5)
        server.server_close()


def opened(url: str, **options: Any) -> RealShop:
    """A fresh shop; options are those of the control API."""
    name = f"goods-{next(_NAMES)}"
    made = _post(url, "/_sandbox/accounts", {"name": name, "events": "none", **options})
    return RealShop(url, name, made)


def product(key: str, **fields: Any) -> Outgoing:
    """An article to be written; `linked_id` and `attempt` as the engine gives them."""
    more = {name: fields.pop(name) for name in ("linked_id", "attempt") if name in fields}
    return Outgoing(
        delivery_id=f"d-{key}",
        entity=Entity.PRODUCT,
        key=key,
        reference=key,
        fields={"price": Decimal("19.00"), **fields},
        **more,
    )


def _body(text: str) -> Any:
    return json.loads(text) if text else None


def _post(url: str, path: str, body: Mapping[str, Any]) -> Any:
    return _call(url, "POST", path, json.dumps(body, default=str))


def _call(url: str, method: str, path: str, body: str | None = None) -> Any:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
    try:
        connection.request(method, path, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        said = answer.read()
        if answer.status >= 400:
            raise AssertionError(f"{method} {path}: {answer.status} {said.decode()[:300]}")
        return json.loads(said) if said else None
    finally:
        connection.close()
