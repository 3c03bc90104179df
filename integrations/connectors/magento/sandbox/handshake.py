"""An integration that is set up by itself: the shop posts its keys, and gives tokens for a verifier.

Source: Magento's OAuth guide. The callback gets 5 seconds and no redirect; the consumer may fetch its
token for 300 seconds.
"""

from __future__ import annotations

import http.client
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from werkzeug.wrappers import Request, Response

from integrations.connector_kit.sandbox.values import BadRequest
from integrations.connectors.magento.sandbox import signing
from integrations.connectors.magento.sandbox.accounts import Accounts
from integrations.connectors.magento.sandbox.endpoint import asked_of
from integrations.connectors.magento.sandbox.errors import Refusal
from integrations.connectors.magento.sandbox.settings import Conflict
from integrations.connectors.magento.sandbox.shop import Shop

EXPIRES_SECONDS = 300
_ANSWER_SECONDS = 5
# Where Magento wants the merchant back.
DONE = "/admin/integration/loginSuccessCallback"


@dataclass
class Exchange:
    """An activation under way. `request_token` is "" until it is asked for."""

    verifier: str
    until: float
    request_token: str = ""
    request_secret: str = ""


def activate(shop: Shop, body: Mapping[str, Any]) -> dict[str, Any]:
    """{callback_url, identity_url}: the merchant clicks Activate. Answers the address that the
    merchant's browser opens next. Raises Conflict when the callback does not answer 200."""
    callback, identity = str(body.get("callback_url", "")), str(body.get("identity_url", ""))
    if not urlsplit(callback).netloc or not urlsplit(identity).netloc:
        raise BadRequest("callback_url and identity_url must be addresses")
    exchange = Exchange(secrets.token_hex(16), time.monotonic() + EXPIRES_SECONDS)
    shop.exchange = exchange
    form = {
        "store_base_url": f"{shop.base_url}/",
        "oauth_verifier": exchange.verifier,
        "oauth_consumer_key": shop.keys.consumer_key,
        "oauth_consumer_secret": shop.keys.consumer_secret,
    }
    status = _post(callback, form)
    if status != 200:
        raise Conflict(f"the callback answered {status}, so the integration was not activated")
    query = {
        "oauth_consumer_key": shop.keys.consumer_key,
        "success_call_back": f"{shop.base_url}{DONE}",
    }
    mark = "&" if "?" in identity else "?"
    return {"identity_url": f"{identity}{mark}{urlencode(query)}"}


def _post(url: str, form: Mapping[str, str]) -> int:
    """The status of the answer, 0 without one."""
    target = urlsplit(url)
    kind = http.client.HTTPSConnection if target.scheme == "https" else http.client.HTTPConnection
    line = kind(target.netloc, timeout=_ANSWER_SECONDS)
    path = f"{target.path or '/'}?{target.query}" if target.query else target.path or "/"
    try:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        line.request("POST", path, urlencode(form), headers)
        return line.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        line.close()


def request_token(accounts: Accounts, request: Request, name: str) -> Response:
    """POST /oauth/token/request, signed with the consumer's secret alone."""
    return _answered(accounts.get(name), request, _request_token)


def access_token(accounts: Accounts, request: Request, name: str) -> Response:
    """POST /oauth/token/access, signed with the request token too, with the verifier."""
    return _answered(accounts.get(name), request, _access_token)


def _answered(shop: Shop, request: Request, give: Any) -> Response:
    shop.journal.request(f"{request.method} {request.path.rpartition(shop.name)[2]}")
    try:
        with shop.lock:
            pair = give(shop, request)
    except Refusal as refusal:
        shop.journal.count("errors")
        problem = urlencode({"oauth_problem": refusal.message})
        return Response(problem, refusal.status, mimetype="application/x-www-form-urlencoded")
    body = urlencode({"oauth_token": pair[0], "oauth_token_secret": pair[1]})
    return Response(body, 200, mimetype="application/x-www-form-urlencoded")


def _open(shop: Shop) -> Exchange:
    exchange = shop.exchange
    if exchange is None or exchange.until < time.monotonic():
        raise Refusal("consumer_key_invalid", status=403)
    return exchange


def _request_token(shop: Shop, request: Request) -> tuple[str, str]:
    asked, exchange = asked_of(shop, request), _open(shop)
    protocol = signing.header_values(asked.authorization) or {}
    shop.keys.check_protocol(asked, protocol)
    shop.keys.check_signature(asked, protocol, "")
    if exchange.request_token:
        raise Refusal("token_used", status=401)
    exchange.request_token = secrets.token_hex(16)
    exchange.request_secret = secrets.token_hex(16)
    return exchange.request_token, exchange.request_secret


def _access_token(shop: Shop, request: Request) -> tuple[str, str]:
    asked, exchange = asked_of(shop, request), _open(shop)
    protocol = signing.header_values(asked.authorization) or {}
    shop.keys.check_protocol(asked, protocol)
    given = protocol.get("oauth_token", "")
    if not exchange.request_token or given != exchange.request_token:
        raise Refusal("token_rejected", status=401)
    shop.keys.check_signature(asked, protocol, exchange.request_secret)
    if protocol.get("oauth_verifier", "") != exchange.verifier:
        raise Refusal("verifier_invalid", status=401)
    shop.exchange = None
    shop.keys.restore_integration()
    return shop.keys.access_token, shop.keys.access_token_secret
