"""How a request proves whose it is, and which of the two APIs an address speaks."""

from __future__ import annotations

from urllib.parse import urlsplit

from integrations.connector_kit.base import Account
from integrations.connector_kit.errors import NeedsOwner

RETAIL = "retail"
UNIFIED = "unified_v1"

# Heartland Retail was called Springboard Retail; tenants keep the old host name.
_RETAIL_HOSTS = (".retail.heartland.us", ".myspringboard.us")


def headers(account: Account) -> dict[str, str]:
    """The headers of every request. Raises NeedsOwner when no token was stored.

    Heartland: API tokens are sent as bearer tokens and act with their user's permissions.
    """
    token = account.credentials.get("token", "").strip()
    if not token:
        raise NeedsOwner("No API token is stored for Heartland; enter one, then reconnect.")
    return {"Authorization": f"Bearer {token}", "Accept": "application/json"}


def flavour_of(base_url: str) -> str:
    """The API a base URL most likely speaks: Heartland's own hosts speak "retail"."""
    host = (urlsplit(base_url).hostname or "").lower()
    return RETAIL if host.endswith(_RETAIL_HOSTS) else UNIFIED
