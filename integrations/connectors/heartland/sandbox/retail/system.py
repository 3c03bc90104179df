"""Who am I, where do I live, and the OAuth exchange (reference 2.1)."""

from __future__ import annotations

import hashlib
from urllib.parse import urlencode, urlsplit

from markupsafe import Markup
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from integrations.connectors.heartland.sandbox.state.account import Account
from integrations.connectors.heartland.sandbox.state.refusal import Refusal
from integrations.connectors.heartland.sandbox.wire.answers import Route, answer

_CONSENT = Markup(
    "<!doctype html><title>Allow access</title>"
    '<meta name="viewport" content="width=device-width, initial-scale=1">'
    "<h1>{account}</h1><p>An application asks for access: {scope}</p>"
    '<form method="post"><button>Allow</button></form>'
)


def host(account: Account, request: Request) -> Response:
    where = urlsplit(account.base_url)
    return answer({"host": f"{where.netloc}{where.path}"})


def whoami(account: Account, request: Request) -> Response:
    return answer({"id": 100_000, "login": "api", "name": "API user", "account": account.name})


def authorize(account: Account, request: Request) -> Response:
    """The consent page; allowing redirects back with a code that works once."""
    target = request.args.get("redirect_uri", "")
    if request.args.get("client_id") != account.secrets.client_id:
        raise Refusal(400, "invalid_client", "This client_id is not registered")
    if urlsplit(target).scheme not in ("http", "https"):
        raise Refusal(400, "invalid_request", "redirect_uri must be a web address")
    scope = request.args.get("scope", "")
    if request.method != "POST":
        page = _CONSENT.format(account=account.name, scope=scope)
        return Response(page, content_type="text/html; charset=utf-8")
    code = _derived(account, "code")
    account.codes[code] = target
    joint = "&" if urlsplit(target).query else "?"
    query = urlencode({"code": code, "state": request.args.get("state", "")})
    return redirect(f"{target}{joint}{query}")


def token(account: Account, request: Request) -> Response:
    """A code for a token. A form POST, or the same as a GET query (one third party does that)."""
    given = request.form if request.method == "POST" else request.args
    secrets = account.secrets
    if (given.get("client_id"), given.get("client_secret")) != (
        secrets.client_id,
        secrets.client_secret,
    ):
        raise Refusal(401, "invalid_client", "Client id or secret is wrong")
    if given.get("grant_type") != "authorization_code":
        raise Refusal(400, "unsupported_grant_type", "Only authorization_code is supported")
    target = account.codes.pop(given.get("code", ""), None)
    if target is None or target != given.get("redirect_uri"):
        raise Refusal(400, "invalid_grant", "The code is unknown, used, or for another address")
    issued = _derived(account, "token")
    account.tokens.add(issued)
    return answer({"access_token": issued, "token_type": "bearer", "scope": given.get("scope", "")})


def _derived(account: Account, purpose: str) -> str:
    material = f"{account.secrets.client_secret}/{purpose}/{account.next_id()}"
    return hashlib.sha256(material.encode()).hexdigest()[:40]


ROUTES: list[Route] = [
    ("GET", "/api/system/host", host),
    ("GET", "/api/system/whoami", whoami),
]
PUBLIC_ROUTES: list[Route] = [
    ("GET", "/oauth/authorize", authorize),
    ("POST", "/oauth/authorize", authorize),
    ("GET", "/api/oauth/token", token),
    ("POST", "/api/oauth/token", token),
]
