"""Tokens: the authorization code grant, its callback check, and renewing what expires.

Shopify: Implement authorization code grant manually; Use expiring offline access tokens.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from integrations.connector_kit.base import Account, Asked, Place
from integrations.connector_kit.errors import NeedsOwner, NotTheirs, Rejected
from integrations.connector_kit.http import Answer, Session

# What this connector's calls need. A write scope includes its read scope.
SCOPES = (
    "write_orders",
    "write_customers",
    "write_products",
    "write_inventory",
    "read_locations",
    "write_merchant_managed_fulfillment_orders",
)

_SHOP = re.compile(r"^[a-zA-Z0-9][a-zA-Z0-9_-]*\.myshopify\.com$")
_TOKEN_PATH = "/admin/oauth/access_token"  # noqa: S105 - a path, not a secret
_FRESH = timedelta(seconds=90)
_EARLY = timedelta(minutes=5)


def shop_url(shop: str) -> str:
    """The address of a shop named like example.myshopify.com. Raises NotTheirs for another name."""
    return f"https://{_checked(shop)}"


def authorise_url(
    *,
    base_url: str,
    client_id: str,
    redirect_uri: str,
    state: str,
    scopes: tuple[str, ...] = SCOPES,
) -> str:
    """Where the owner of the shop at `base_url` grants access.

    `state` is a fresh random text that the callback must bring back. The empty grant option asks
    for a token that works while nobody is logged in.
    """
    query = urlencode(
        {
            "client_id": client_id,
            "scope": ",".join(scopes),
            "redirect_uri": redirect_uri,
            "state": state,
            "grant_options[]": "",
        }
    )
    return f"{base_url}/admin/oauth/authorize?{query}"


def query_signature(query: Mapping[str, str], secret: str) -> str:
    """The hex HMAC-SHA256 of a query, its parameters sorted and joined without `hmac`."""
    pairs = sorted((key, value) for key, value in query.items() if key not in ("hmac", "signature"))
    text = "&".join(
        f"{_escaped(key).replace('=', '%3D')}={_escaped(value)}" for key, value in pairs
    )
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def check_callback(query: Mapping[str, str], *, secret: str, state: str, now: datetime) -> str:
    """The shop that a callback names. Raises NotTheirs when it is forged, stale or not ours."""
    if not state or not hmac.compare_digest(query.get("state", "").encode(), state.encode()):
        raise NotTheirs("The answer from Shopify belongs to another attempt to connect.")
    signature = query_signature(query, secret).encode()
    if not hmac.compare_digest(query.get("hmac", "").encode(), signature):
        raise NotTheirs("The answer from Shopify is not signed with the app's secret.")
    try:
        moment = datetime.fromtimestamp(int(query.get("timestamp", "")), tz=UTC)
    except (ValueError, OverflowError, OSError):
        raise NotTheirs("The answer from Shopify carries no time.") from None
    if abs(now - moment) > _FRESH:
        raise NotTheirs("The answer from Shopify is too old; start again.")
    return _checked(query.get("shop", ""))


def exchange_code(account: Account, code: str, *, now: datetime) -> dict[str, str]:
    """Credentials for an authorization code. Raises NeedsOwner when Shopify refuses the code.

    `account` needs the credentials client_id and client_secret only.
    """
    return _grant(account, {"code": code, "expiring": "1"}, now=now)


def place(typed: str) -> Place:
    """The shop a person named: "example", example.myshopify.com or the address of its admin."""
    name = typed.strip().lower().removeprefix("https://").removeprefix("http://").split("/")[0]
    shop = name if "." in name else f"{name}.myshopify.com"
    if not _SHOP.match(shop):
        raise Rejected(
            f"{typed.strip()!r} is not the name of a shop. It looks like example.myshopify.com.",
            field="address",
            said=typed[:80],
            advice="In Shopify: Settings, Domains; the one that ends in myshopify.com.",
        )
    return Place(f"https://{shop}", {"shop_domain": shop})


def consent_url(asked: Asked) -> str:
    """Shopify's page on which the owner of the shop lets our app in."""
    return authorise_url(
        base_url=asked.place.base_url,
        client_id=asked.client_id,
        redirect_uri=asked.redirect_uri,
        state=asked.state,
    )


def grant(
    account: Account, asked: Asked, query: Mapping[str, str], now: datetime
) -> dict[str, str]:
    """Credentials for a checked answer. Raises NotTheirs, and NeedsOwner when the code is refused."""
    app = {name: account.credentials.get(name, "") for name in ("client_id", "client_secret")}
    shop = check_callback(query, secret=app["client_secret"], state=asked.state, now=now)
    if shop.lower() != asked.place.settings.get("shop_domain"):
        raise NotTheirs(f"The answer from Shopify is for {shop}, another shop than you named.")
    return {**app, **exchange_code(account, query.get("code", ""), now=now)}


class Tokens:
    """The access token of one account, renewed before it expires and after a refusal."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._credentials = dict(account.credentials)
        self._lock = threading.Lock()

    def current(self) -> str:
        """The token to send; renewed when it is about to expire."""
        with self._lock:
            due = self._credentials.get("access_token_expires_at", "")
            token = self._credentials.get("access_token", "")
            if due and datetime.fromisoformat(due) - datetime.now(UTC) < _EARLY:
                return self._renew() or token
            return token

    def refresh(self, now: datetime) -> datetime | None:
        """Renews a token that ends soon; answers when to look again, None when there is no use.

        Raises NeedsOwner when the grant itself is dead.
        """
        with self._lock:
            if self._is_ending(now) and self._renew() is None:
                return None
            ends_at = self._ends_at()
            # Somewhat before `current` would do it, so that no call has to wait for it.
            return None if ends_at is None else ends_at - 2 * _EARLY

    def _ends_at(self) -> datetime | None:
        text = self._credentials.get("access_token_expires_at", "")
        return datetime.fromisoformat(text) if text else None

    def _is_ending(self, now: datetime) -> bool:
        ends_at = self._ends_at()
        return ends_at is not None and ends_at - now <= 2 * _EARLY

    def renew(self, refused: str) -> str | None:
        """Another token after `refused` got 401; None when there is no way to get one.

        Raises NeedsOwner when the grant itself is dead.
        """
        with self._lock:
            token = self._credentials.get("access_token", "")
            # Another thread renewed it while this one's call was under way.
            return token if token != refused else self._renew()

    def _renew(self) -> str | None:
        if not (self._credentials.get("client_id") and self._credentials.get("client_secret")):
            return None
        with self._account.renewing() as stored:
            token = stored.get("access_token", "")
            if token and token != self._credentials.get("access_token"):
                # Another process renewed it, and our refresh token died with that.
                self._credentials.update(stored)
            else:
                self._ask()
        return self._credentials["access_token"]

    def _ask(self) -> None:
        refresh = self._credentials.get("refresh_token")
        grant = (
            {"grant_type": "refresh_token", "refresh_token": refresh}
            if refresh
            else {"grant_type": "client_credentials"}
        )
        fresh = _grant(self._account, grant, now=datetime.now(UTC))
        # The old refresh token dies once the new one is used: store the pair first.
        if self._account.renewed:
            self._account.renewed(fresh)
        self._credentials.update(fresh)


def _grant(account: Account, grant: Mapping[str, str], *, now: datetime) -> dict[str, str]:
    body = {
        "client_id": account.credentials.get("client_id", ""),
        "client_secret": account.credentials.get("client_secret", ""),
        **grant,
    }
    session = Session(account)
    try:
        answer = session.request(
            "POST", _TOKEN_PATH, body=body, headers={"Accept": "application/json"}
        )
    finally:
        session.close()
    return _credentials(_object(answer), now)


def _object(answer: Answer) -> Mapping[str, Any]:
    # A dead grant answers 400 invalid_request; asking again cannot help.
    found = answer.json() if answer.status == 200 else None
    if not isinstance(found, Mapping) or not found.get("access_token"):
        raise NeedsOwner("Shopify no longer accepts this authorisation; connect the shop again.")
    return found


def _credentials(answer: Mapping[str, Any], now: datetime) -> dict[str, str]:
    found = {"access_token": str(answer["access_token"])}
    if answer.get("refresh_token"):
        found["refresh_token"] = str(answer["refresh_token"])
    for lifetime, name in (
        ("expires_in", "access_token_expires_at"),
        ("refresh_token_expires_in", "refresh_token_expires_at"),
    ):
        if answer.get(lifetime):
            found[name] = (now + timedelta(seconds=int(answer[lifetime]))).isoformat()
    return found


def _checked(shop: str) -> str:
    if not _SHOP.match(shop):
        raise NotTheirs("A shop is named like example.myshopify.com.", status=400)
    return shop


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("&", "%26")
