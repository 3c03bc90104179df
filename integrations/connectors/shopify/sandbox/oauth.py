"""Installing the app: consent, code, tokens (Shopify: authorization code grant, offline tokens)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from markupsafe import Markup
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from integrations.connector_kit.sandbox import layout
from integrations.connector_kit.sandbox.replies import json_reply
from integrations.connectors.shopify.sandbox.access import (
    ACCESS_SECONDS,
    CLIENT_SECONDS,
    REFRESH_SECONDS,
)
from integrations.connectors.shopify.sandbox.shop import Shop

_CONSENT = Markup(
    "<p>{app} asks to be installed in <b>{domain}</b> and to use:</p><ul>{scopes}</ul>"
    '<form method="post"><button>Install</button></form>'
)


def query_signature(secret: str, values: Mapping[str, str]) -> str:
    """`hmac` of a query: the other parameters by name, joined as in a query, SHA-256 in hex."""
    text = "&".join(f"{name}={values[name]}" for name in sorted(values) if name != "hmac")
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def authorize(shop: Shop, request: Request) -> Response:
    """GET shows the consent page, POST agrees and leads back to the app."""
    target = request.args.get("redirect_uri", "")
    if request.args.get("client_id") != shop.tokens.client_id:
        return layout.page("Install", Markup("<p>Unknown app: check the client id.</p>"), 400)
    if urlsplit(target).scheme not in ("http", "https"):
        return layout.page("Install", Markup("<p>The redirect address is not valid.</p>"), 400)
    if request.method == "GET":
        scopes = Markup("").join(
            Markup("<li>{}</li>").format(scope)
            for scope in request.args.get("scope", "").split(",")
            if scope
        )
        body = _CONSENT.format(app="An app", domain=shop.domain, scopes=scopes)
        return layout.page(f"Install into {shop.name}", body)
    values = {
        "code": shop.tokens.new_code(),
        "host": _host(shop),
        "shop": shop.domain,
        "state": request.args.get("state", ""),
        "timestamp": str(int(time.time())),
    }
    values["hmac"] = query_signature(shop.tokens.client_secret, values)
    glue = "&" if urlsplit(target).query else "?"
    return redirect(f"{target}{glue}{urlencode(values)}", code=302)


def _host(shop: Shop) -> str:
    text = f"admin.shopify.com/store/{shop.name}"
    return base64.b64encode(text.encode()).decode().rstrip("=")


def access_token(shop: Shop, request: Request) -> Response:
    """One token request, as JSON or as a form."""
    shop.journal.request("access_token")
    body: Any = request.get_json(silent=True) if request.is_json else request.form.to_dict()
    values = body if isinstance(body, dict) else {}
    secret = str(values.get("client_secret", ""))
    is_known = values.get("client_id") == shop.tokens.client_id
    if not is_known or not hmac.compare_digest(secret, shop.tokens.client_secret):
        return _refused("invalid_client", "Client authentication failed.", 401)
    grant = values.get("grant_type") or "authorization_code"
    if grant == "authorization_code":
        return _code_grant(shop, values)
    if grant == "refresh_token":
        return _refresh_grant(shop, values)
    if grant == "client_credentials":
        shop.is_installed = True
        token = shop.tokens.new_access(CLIENT_SECONDS)
        return json_reply(
            {"access_token": token, "scope": _scope(shop), "expires_in": CLIENT_SECONDS}
        )
    return _refused("unsupported_grant_type", "The grant type is not supported.", 400)


def _code_grant(shop: Shop, values: Mapping[str, Any]) -> Response:
    if not shop.tokens.use_code(str(values.get("code", ""))):
        text = "The authorization code was not found or was already used"
        return _refused("invalid_request", text, 400)
    if not shop.is_installed:
        shop.is_installed = True
        shop.tokens.restore_permanent()
    if str(values.get("expiring", "")).lower() not in ("1", "true"):
        token = shop.tokens.new_access(float("inf"))
        return json_reply({"access_token": token, "scope": _scope(shop)})
    return _pair(shop, shop.tokens.new_refresh())


def _refresh_grant(shop: Shop, values: Mapping[str, Any]) -> Response:
    fresh = shop.tokens.use_refresh(str(values.get("refresh_token", "")))
    if fresh is None:
        return _refused("invalid_request", "This request requires an active refresh_token", 400)
    return _pair(shop, fresh)


def _pair(shop: Shop, refresh: str) -> Response:
    return json_reply(
        {
            "access_token": shop.tokens.new_access(ACCESS_SECONDS),
            "scope": _scope(shop),
            "expires_in": ACCESS_SECONDS,
            "refresh_token": refresh,
            "refresh_token_expires_in": REFRESH_SECONDS,
        }
    )


def _scope(shop: Shop) -> str:
    """Granted scopes as Shopify lists them: a read scope that its write scope implies is left out."""
    given = shop.tokens.scopes
    implied = {f"read_{scope[6:]}" for scope in given if scope.startswith("write_")}
    return ",".join(scope for scope in given if scope not in implied)


def _refused(code: str, text: str, status: int) -> Response:
    return json_reply({"error": code, "error_description": text}, status)
