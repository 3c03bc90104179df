"""/rest/...: store code, faults, login, then the route; or the queue for async calls."""

from __future__ import annotations

import secrets
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from werkzeug.wrappers import Request, Response

from integrations.connector_kit.sandbox.faults import HANG_SECONDS, FaultKind
from integrations.connectors.magento.sandbox import limits, partial, stores
from integrations.connectors.magento.sandbox.access import INTEGRATION, Asked, Login
from integrations.connectors.magento.sandbox.errors import MASKED, Refusal
from integrations.connectors.magento.sandbox.replies import decoded, html_reply, json_reply
from integrations.connectors.magento.sandbox.routing import Call, Route, Table
from integrations.connectors.magento.sandbox.shop import Shop

NO_ROUTE = "Request does not match any route."
_PROXY_TITLES = {
    502: "502 Bad Gateway",
    503: "Service Temporarily Unavailable",
    504: "504 Gateway Time-out",
}

Asynchronous = Callable[[Shop, Table, Call, tuple[str, ...], bool, Login], Any]


@dataclass(frozen=True)
class Target:
    """A path taken apart. `mode`: "" or "async" or "async/bulk"; `parts`: decoded, below V1."""

    store: str
    mode: str
    parts: tuple[str, ...]

    @property
    def path(self) -> str:
        prefix = f"/{self.mode}" if self.mode else ""
        return f"{prefix}/V1/{'/'.join(self.parts)}"


def raw_path(request: Request) -> str:
    """The path as it was sent: `%2F` in a segment is not a slash between two."""
    sent = str(request.environ.get("RAW_URI") or request.environ.get("REQUEST_URI") or "")
    path = sent.partition("?")[0]
    if "://" in path:
        path = "/" + path.split("://", 1)[1].partition("/")[2]
    return path or request.path


def target_of(path: str) -> Target | None:
    """`path` begins behind /rest; None for one that is no path of the API."""
    parts = [unquote(part) for part in path.strip("/").split("/")]
    store = "default"
    if parts and parts[0] not in ("V1", "async"):
        store, parts = parts[0], parts[1:]
    mode = ""
    if parts[:2] == ["async", "bulk"]:
        mode, parts = "async/bulk", parts[2:]
    elif parts[:1] == ["async"]:
        mode, parts = "async", parts[1:]
    if parts[:1] != ["V1"]:
        return None
    return Target(store, mode, tuple(parts[1:]))


def serve(shop: Shop, table: Table, request: Request, queue: Asynchronous) -> Response:
    """The answer to one call of the REST API."""
    sent = raw_path(request)
    target = target_of(sent.partition("/rest")[2])
    what = f"{request.method} {target.path if target else request.path}"
    found = _route(table, request.method, target)
    shop.journal.request(_route_name(request.method, target, found))
    _slow_down(shop, what)
    refused = _refusal(shop, request, what)
    if refused is not None:
        shop.journal.count("errors")
        return refused
    answer = _answered(shop, table, request, target, what, queue)
    if answer.status_code >= 400:
        shop.journal.count("errors")
    hang = shop.faults.take(FaultKind.HANG, what)
    if hang is not None:
        time.sleep(hang.value or HANG_SECONDS)
    if hang is not None or shop.faults.take(FaultKind.LOST_ANSWER, what) is not None:
        _break(request)
    return answer


def _route(table: Table, method: str, target: Target | None) -> tuple[Route, dict[str, str]] | None:
    return table.find(method, target.parts) if target is not None and not target.mode else None


def _route_name(
    method: str, target: Target | None, found: tuple[Route, dict[str, str]] | None
) -> str:
    if found is not None:
        return f"{method} /V1/{found[0].path}"
    return f"{method} {target.path if target is not None else 'elsewhere'}"


def _slow_down(shop: Shop, what: str) -> None:
    late = shop.faults.take(FaultKind.LATENCY, what)
    if late is not None:
        time.sleep(late.value)


def _refusal(shop: Shop, request: Request, what: str) -> Response | None:
    """The answer of a request that is turned away before it is looked at."""
    if shop.faults.take(FaultKind.REFUSE, what) is not None:
        _break(request)
        return html_reply(503, _PROXY_TITLES[503])
    failed = shop.faults.take(FaultKind.STATUS, what)
    if failed is not None:
        return _failed(int(failed.value))
    if shop.faults.take(FaultKind.THROTTLE, what) is not None:
        shop.journal.count("throttled")
        answer = json_reply({"message": "Too Many Requests", "trace": None}, 429)
        answer.headers["Retry-After"] = "2"
        return answer
    if shop.faults.take(FaultKind.REVOKE, what) is not None:
        return json_reply({"message": "Access token has been revoked", "trace": None}, 401)
    return None


def _failed(status: int) -> Response:
    if status in _PROXY_TITLES:
        answer = html_reply(status, _PROXY_TITLES[status])
        if status == 503:
            answer.headers["Retry-After"] = "2"
        return answer
    if status == 429:
        answer = json_reply({"message": "Too Many Requests", "trace": None}, 429)
        answer.headers["Retry-After"] = "2"
        return answer
    return json_reply({"message": MASKED.format(report=secrets.token_hex(6))}, status)


def _answered(
    shop: Shop,
    table: Table,
    request: Request,
    target: Target | None,
    what: str,
    queue: Asynchronous,
) -> Response:
    try:
        if target is None:
            raise Refusal(NO_ROUTE, status=404)
        body = _result(shop, table, request, target, what, queue)
    except Refusal as refusal:
        return json_reply(refusal.body(), refusal.status)
    if isinstance(body, Response):
        return body
    wanted = partial.parsed(request.args.get("fields", ""))
    return json_reply(partial.chosen(body, wanted))


def _result(
    shop: Shop, table: Table, request: Request, target: Target, what: str, queue: Asynchronous
) -> Any:
    # In the path of a bulk stands by<Name> where a value would be, so it leads to the same route.
    found = table.find(request.method, target.parts)
    if found is None or not stores.offers(shop, found[0]):
        raise Refusal(NO_ROUTE, status=404)
    route, params = found
    login = INTEGRATION
    if route.resource != "anonymous":
        login = shop.keys.check(asked_of(shop, request), route.resource, shop.settings)
    _check_store(shop, target.store)
    call = Call(
        method=request.method,
        path=target.path,
        params=params,
        query=tuple(request.args.items(multi=True)),
        body=_body(request),
        store=target.store,
        what=what,
        is_async=bool(target.mode),
    )
    if shop.settings.input_limits:
        call = limits.check(call)
    if target.mode:
        return queue(shop, table, call, target.parts, target.mode == "async/bulk", login)
    with shop.lock:
        return route.handler(shop, call)


def _check_store(shop: Shop, store: str) -> None:
    if store != "all" and store not in shop.store_codes():
        raise Refusal(
            "The store that was requested wasn't found. Verify the store and try again.",
            status=404,
        )


def asked_of(shop: Shop, request: Request) -> Asked:
    """What the signature of a request is about."""
    seen_as = shop.settings.seen_as or f"{request.scheme}://{request.host}"
    return Asked(
        method=request.method,
        url=f"{seen_as}{raw_path(request)}",
        query=request.query_string.decode("latin-1"),
        authorization=request.headers.get("Authorization", ""),
        now=shop.now().timestamp(),
    )


def _body(request: Request) -> Any:
    raw = request.get_data()
    if not raw:
        return None
    try:
        return decoded(raw)
    except ValueError as error:
        raise Refusal("Decoding Error: Syntax error") from error


def _break(request: Request) -> None:
    """Closes the connection; whatever is answered after this reaches nobody."""
    line = request.environ.get("werkzeug.socket")
    if line is None:
        raise RuntimeError("a fault that breaks connections needs werkzeug's server")
    line.shutdown(socket.SHUT_RDWR)
