"""A vendor that does as it is told: a real HTTP server in a thread, for the tests of connectors."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from werkzeug.serving import make_server
from werkzeug.wrappers import Request as WsgiRequest
from werkzeug.wrappers import Response as WsgiResponse

from integrations.connector_kit import numbers
from integrations.connector_kit.base import Account
from integrations.connector_kit.exchange import Exchange
from integrations.connector_kit.keep_alive import KeepAliveHandler


@dataclass(frozen=True)
class Asked:
    """A request as it reached the vendor. Headers are keyed in lower case."""

    method: str
    path: str
    query: Sequence[tuple[str, str]]
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return numbers.decode(self.body)


@dataclass(frozen=True)
class Reply:
    """What the vendor answers. `json` wins over `body`; `delay`: seconds before the answer."""

    status: int = 200
    json: Any = None
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0
    hang_up: bool = False
    """Closes the connection in place of an answer."""


Answering = Callable[[Asked], Reply]


class Vendor:
    """A scripted HTTP server on 127.0.0.1: `with Vendor() as vendor: ...`.

    Answers come from `script`, one a request, then from `answering`. All requests are kept in
    `asked`, and `connections` counts the sockets they came over. `observed` holds what the session
    of an account made by `account()` noted.
    """

    def __init__(self, *script: Reply, answering: Answering | None = None) -> None:
        self.script: list[Reply] = list(script)
        self.answering = answering or (lambda asked: Reply(json={}))
        self.asked: list[Asked] = []
        self.observed: list[Exchange] = []
        self._ports: set[str] = set()
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._server = make_server(
            "127.0.0.1", 0, self._app, threaded=True, request_handler=KeepAliveHandler
        )
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )

    def __enter__(self) -> Vendor:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def connections(self) -> int:
        return len(self._ports)

    def account(self, **changes: Any) -> Account:
        """An account at this vendor; `changes` are fields of Account."""
        fields: dict[str, Any] = {
            "id": "account-1",
            "base_url": self.url,
            "flavour": "",
            "settings": {},
            "credentials": {},
            "private_network": True,
            "observe": self.observed.append,
        }
        return Account(**{**fields, **changes})

    def _app(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        request = WsgiRequest(environ)
        asked = Asked(
            method=request.method,
            path=request.path,
            query=tuple(request.args.items(multi=True)),
            headers={name.lower(): value for name, value in request.headers.items()},
            body=request.get_data(),
        )
        with self._lock:
            self.asked.append(asked)
            self._ports.add(str(environ.get("REMOTE_PORT")))
            reply = self.script.pop(0) if self.script else None
        reply = reply or self.answering(asked)
        if reply.delay:
            # Ends early with the test, which must not wait for an answer nobody reads.
            self._stopping.wait(reply.delay)
        if reply.hang_up:
            environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
            raise ConnectionAbortedError("told to hang up")
        return _response(reply)(environ, start_response)


def _response(reply: Reply) -> WsgiResponse:
    body = reply.body if reply.json is None else numbers.encode(reply.json)
    kind = "text/plain" if reply.json is None else "application/json"
    headers = {"Content-Type": kind, **reply.headers}
    return WsgiResponse(body, status=reply.status, headers=headers)
