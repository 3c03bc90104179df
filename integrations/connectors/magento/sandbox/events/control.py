"""Control actions: what a merchant sets up for events outside the REST API."""

from __future__ import annotations

import http.client
import secrets
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from integrations.connector_kit.sandbox.values import BadRequest
from integrations.connectors.magento.sandbox.events.names import HOOK_TYPES
from integrations.connectors.magento.sandbox.events.office import TEMPLATE, Hook
from integrations.connectors.magento.sandbox.settings import Conflict
from integrations.connectors.magento.sandbox.shop import Shop

Body = Mapping[str, Any]

_CHALLENGE_SECONDS = 10


def add_hook(shop: Shop, body: Body) -> dict[str, Any]:
    """{type, url, headers: {name: value}, template}: a hook of Mageplaza's module."""
    kind, headers = str(body.get("type", "")), body.get("headers") or {}
    if kind not in HOOK_TYPES:
        raise BadRequest(f"type must be one of {', '.join(sorted(HOOK_TYPES))}")
    if not isinstance(headers, Mapping) or not body.get("url"):
        raise BadRequest("a hook needs a url, and headers as an object")
    template = str(body.get("template") or TEMPLATE)
    shown = {str(name): str(value) for name, value in headers.items()}
    shop.events.hooks.append(Hook(kind, str(body["url"]), shown, template))
    return {"hooks": len(shop.events.hooks)}


def drop_hooks(shop: Shop, _body: Body) -> dict[str, Any]:
    shop.events.hooks.clear()
    return {"hooks": 0}


def register(shop: Shop, body: Body) -> dict[str, Any]:
    """{url}: the address in Adobe's console; it is asked to give a word back first, as Adobe does."""
    url = str(body.get("url", ""))
    if not url:
        raise BadRequest("url is required")
    word = secrets.token_hex(16)
    if word not in _asked(url, word):
        raise Conflict("The address did not give the challenge back.")
    shop.events.address = url
    return {"url": url}


def _asked(url: str, word: str) -> str:
    target = urlsplit(url)
    query = f"{target.query}&challenge={word}" if target.query else f"challenge={word}"
    kind = http.client.HTTPSConnection if target.scheme == "https" else http.client.HTTPConnection
    connection = kind(target.netloc, timeout=_CHALLENGE_SECONDS)
    try:
        connection.request("GET", f"{target.path or '/'}?{query}")
        answer = connection.getresponse()
        said = answer.read().decode("utf-8", "replace")
    except (OSError, http.client.HTTPException):
        return ""
    finally:
        connection.close()
    return said if answer.status == 200 else ""


ACTIONS: dict[str, Callable[..., Any]] = {
    "hooks": add_hook,
    "hooks/clear": drop_hooks,
    "io_events": register,
}
