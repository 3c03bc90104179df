"""One corner shop over HTTP."""

from __future__ import annotations

from integrations.connector_kit.answers import Answer
from integrations.connector_kit.base import Account, Probe
from integrations.connector_kit.http import Session


class CornerClient:
    """A connected account."""

    def __init__(self, account: Account) -> None:
        token = account.credentials["token"]
        self._session = Session(account, headers={"Authorization": f"Bearer {token}"})

    def name(self) -> str:
        return str(self._session.request("GET", "/shop").json()["name"])

    def tell(self, address: str) -> None:
        self._session.request("PUT", "/hook", body={"address": address})

    def set_stock(self, sku: str, units: int) -> Answer:
        return self._session.request("PUT", f"/stock/{sku}", body={"units": units})


def probe(client: CornerClient) -> Probe:
    """The shop's name. Raises NeedsOwner when it refuses the token."""
    return Probe(account_name=client.name())
