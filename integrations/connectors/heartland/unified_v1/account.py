"""The connection test of the unified API."""

from __future__ import annotations

from urllib.parse import urlsplit

from integrations.connector_kit.base import Client, Probe
from integrations.connectors.heartland.client import client_of


def probe(client: Client) -> Probe:
    """Whether the token works. Raises NeedsOwner when it does not."""
    heartland = client_of(client)
    heartland.page("/v1/products", (("limit", "1"),))
    account = heartland.account
    return Probe(
        account_name=urlsplit(account.base_url).hostname or "Heartland",
        currency=account.setting("currency").upper(),
    )
