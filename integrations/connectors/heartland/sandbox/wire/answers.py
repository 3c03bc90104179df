"""Builds answers and reads bodies; both flavours speak JSON with numbers for money."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from typing import Any

from werkzeug.wrappers import Request, Response

from integrations.connectors.heartland.sandbox.state.account import Account
from integrations.connectors.heartland.sandbox.state.refusal import Refusal
from integrations.connectors.heartland.sandbox.state.values import Row

Handler = Callable[..., Response]
"""Called as handler(account, request, **path arguments) inside the account's transaction."""

Route = tuple[str, str, Handler]
"""Method, path below the account, handler."""

Embed = Callable[[Account, Row], Any]


def encoded(data: object) -> bytes:
    """JSON with two-place decimals as numbers, as both flavours send money."""
    return json.dumps(data, default=_number, ensure_ascii=False).encode()


def answer(data: object, status: int = 200) -> Response:
    return Response(encoded(data), status=status, content_type="application/json")


def body_of(request: Request) -> dict[str, Any]:
    """The JSON object of a request. Raises a refusal for anything else."""
    found = json_of(request)
    if not isinstance(found, dict):
        raise Refusal(400, "bad_request", "The body must be a JSON object")
    return found


def json_of(request: Request) -> Any:
    """The JSON of a request, amounts as Decimal."""
    try:
        return json.loads(request.get_data() or b"{}", parse_float=Decimal)
    except ValueError:
        raise Refusal(400, "bad_request", "The body is not JSON") from None


def view(row: Row, only: Collection[str] = ()) -> Row:
    """A stored row without what is private; `only` may name a flag without its question mark."""
    return {
        key: value
        for key, value in row.items()
        if not key.startswith("_") and (not only or key in only or key.rstrip("?") in only)
    }


def embedded(
    account: Account, row: Row, request: Request, embeds: Mapping[str, Embed] | None = None
) -> Row:
    """A row with what `_include[]` and `_only[]` ask for. An unknown include adds nothing."""
    shown = view(row, request.args.getlist("_only[]"))
    for name in request.args.getlist("_include[]"):
        if embeds and name in embeds:
            shown[name] = embeds[name](account, row)
    return shown


def _number(value: object) -> float:
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
