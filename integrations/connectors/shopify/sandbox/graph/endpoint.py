"""POST /admin/api/{version}/graphql.json: token, faults, then the engine."""

from __future__ import annotations

import json
import socket
import time
import uuid
from collections.abc import Mapping
from typing import Any

from werkzeug.wrappers import Request, Response

from integrations.connector_kit.sandbox.faults import HANG_SECONDS, FaultKind
from integrations.connectors.shopify.sandbox.graph import engine
from integrations.connectors.shopify.sandbox.graph.resolvers.shop_queries import SERVED_VERSIONS
from integrations.connectors.shopify.sandbox.shop import Shop

_BAD_TOKEN = "[API] Invalid API key or access token (unrecognized login or wrong password)"  # noqa: S105

_DOCUMENTS = engine.Documents()


def _json(body: Mapping[str, Any], status: int, version: str) -> Response:
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    answer = Response(text, status, mimetype="application/json")
    answer.headers["X-Shopify-API-Version"] = version
    answer.headers["X-Request-Id"] = str(uuid.uuid4())
    return answer


def serve(shop: Shop, version: str, request: Request) -> Response:
    """The answer to one call of the Admin API."""
    if version not in SERVED_VERSIONS:
        return _json({"errors": "Not Found"}, 404, version)
    asked = _asked(request)
    query = asked.get("query") if asked is not None else None
    prepared = _DOCUMENTS.prepare(query) if isinstance(query, str) and query else None
    name = _operation_name(asked, prepared)
    shop.journal.request(name)
    what = f"POST {name}"
    _slow_down(shop, what)
    refusal = _refusal(shop, request, version, what)
    if refusal is not None:
        shop.journal.count("errors")
        return refusal
    if asked is None or prepared is None:
        shop.journal.count("errors")
        problem = {"errors": {"query": "Required parameter missing or invalid"}}
        return _json(problem, 400, version)
    body = _answered(shop, version, prepared, asked, what)
    if body.get("errors"):
        shop.journal.count("errors")
    hang = shop.faults.take(FaultKind.HANG, what)
    if hang is not None:
        time.sleep(hang.value or HANG_SECONDS)
    if hang is not None or shop.faults.take(FaultKind.LOST_ANSWER, what) is not None:
        _break(request)
    return _json(body, 200, version)


def _asked(request: Request) -> dict[str, Any] | None:
    try:
        body = json.loads(request.get_data())
    except ValueError:
        return None
    if not isinstance(body, dict) or not isinstance(body.get("variables") or {}, dict):
        return None
    return body


def _operation_name(asked: dict[str, Any] | None, prepared: engine.Prepared | None) -> str:
    if asked is not None and isinstance(asked.get("operationName"), str):
        return str(asked["operationName"])
    operations = prepared.operations if prepared is not None else {}
    for name, operation in operations.items():
        return name or "/".join(operation.roots)
    return "graphql"


def _slow_down(shop: Shop, what: str) -> None:
    late = shop.faults.take(FaultKind.LATENCY, what)
    if late is not None:
        time.sleep(late.value)


def _refusal(shop: Shop, request: Request, version: str, what: str) -> Response | None:
    """The answer of a request that is turned away before it is looked at."""
    if shop.faults.take(FaultKind.REFUSE, what) is not None:
        _break(request)
        return _json({"errors": "Service Unavailable"}, 503, version)
    failed = shop.faults.take(FaultKind.STATUS, what)
    if failed is not None:
        answer = _json({"errors": "Internal Server Error"}, int(failed.value), version)
        if int(failed.value) in (429, 503):
            answer.headers["Retry-After"] = "2.0"
        return answer
    token = request.headers.get("X-Shopify-Access-Token", "")
    is_revoked = shop.faults.take(FaultKind.REVOKE, what) is not None
    if is_revoked or not shop.tokens.is_valid(token):
        return _json({"errors": _BAD_TOKEN}, 401, version)
    return None


def _answered(
    shop: Shop, version: str, prepared: engine.Prepared, asked: dict[str, Any], what: str
) -> dict[str, Any]:
    if prepared.errors:
        return {"errors": list(prepared.errors)}
    if shop.faults.take(FaultKind.THROTTLE, what) is not None:
        shop.budget.empty()
        return engine.throttled(shop, 10)
    operation = engine.chosen(prepared, asked.get("operationName"))
    if isinstance(operation, dict):
        return {"errors": [operation]}
    if operation.is_write:
        shop.journal.count("writes")
    return engine.run(shop, version, prepared, operation, asked.get("variables") or {})


def _break(request: Request) -> None:
    """Closes the connection; whatever is answered after this reaches nobody."""
    line = request.environ.get("werkzeug.socket")
    if line is None:
        raise RuntimeError("a fault that breaks connections needs werkzeug's server")
    line.shutdown(socket.SHUT_RDWR)
