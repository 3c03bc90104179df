"""Connecting through Heartland's own page (OAuth 2.0).

Heartland's developer site: apps are registered by a support request; people agree at
retail.heartland.us whatever their own address is, and can take it back at any time. Tokens do not end.
Which scopes there are is not published, so none is named and Heartland gives what the app may have.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from urllib.parse import urlencode, urlsplit

from integrations.connector_kit.base import Account, Asked, Place
from integrations.connector_kit.errors import NeedsOwner, NotTheirs, Rejected
from integrations.connector_kit.http import Session

_CENTRAL = "https://retail.heartland.us"
_HOST = ".retail.heartland.us"


def place(typed: str) -> Place:
    """The Heartland a person named: "yourstore", or its address. Raises Rejected."""
    name = typed.strip().lower().removeprefix("https://").split("/")[0]
    host = name if "." in name else f"{name}{_HOST}"
    store = host.removesuffix(_HOST)
    if not host.endswith(_HOST) or not store.replace("-", "").isalnum():
        raise Rejected(
            f"{typed.strip()!r} is no address of a Heartland Retail. It looks like"
            " https://yourstore.retail.heartland.us.",
            field="address",
            said=typed[:80],
            advice="Take it from your browser after you have signed in to Heartland.",
        )
    return Place(f"https://{host}")


def url(asked: Asked) -> str:
    """The page on which a person lets our app in."""
    query = urlencode(
        {
            "response_type": "code",
            "client_id": asked.client_id,
            "scope": "",
            "redirect_uri": asked.redirect_uri,
            "state": asked.state,
        }
    )
    return f"{_authority(asked.place.base_url)}/oauth/authorize?{query}"


def grant(
    account: Account, asked: Asked, query: Mapping[str, str], now: datetime
) -> dict[str, str]:
    """The token for a code. Raises NotTheirs for another attempt's answer, NeedsOwner when Heartland
    refuses the code."""
    if not hmac.compare_digest(query.get("state", "").encode(), asked.state.encode()):
        raise NotTheirs("The answer from Heartland belongs to another attempt to connect.")
    form = {
        "client_id": account.credentials.get("client_id", ""),
        "client_secret": account.credentials.get("client_secret", ""),
        "code": query.get("code", ""),
        "grant_type": "authorization_code",
        "redirect_uri": asked.redirect_uri,
    }
    at = replace(account, base_url=_authority(asked.place.base_url))
    with closing(Session(at)) as session:
        answer = session.request("POST", "/api/oauth/token", form=form, secret=True)
    found = answer.json() if answer.status == 200 else None
    if not isinstance(found, Mapping) or not found.get("access_token"):
        raise NeedsOwner("Heartland did not accept this authorisation; try once more.")
    return {"token": str(found["access_token"])}


def _authority(base_url: str) -> str:
    """Where people agree: one place for all of Heartland Retail, a sandbox for itself."""
    host = urlsplit(base_url).hostname or ""
    return _CENTRAL if host.endswith(_HOST) else base_url
