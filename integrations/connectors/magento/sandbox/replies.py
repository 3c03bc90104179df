"""JSON as Magento writes it."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from typing import Any

from werkzeug.wrappers import Response


def _plain(value: Any) -> Any:
    """Whole numbers without a point, times without a zone (they are UTC)."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    raise TypeError(f"no JSON for {type(value).__name__}")


def encoded(body: Any) -> str:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"), default=_plain)


def decoded(raw: bytes) -> Any:
    """JSON with exact numbers. Raises ValueError."""
    return json.loads(raw, parse_float=Decimal)


def json_reply(body: Any, status: int = 200) -> Response:
    return Response(encoded(body), status, mimetype="application/json")


def html_reply(status: int, title: str) -> Response:
    """What a proxy or a shop in maintenance says instead of JSON."""
    text = f"<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
    return Response(text, status, mimetype="text/html")
