"""One account of the sandbox, with the control calls a test needs."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from typing import Any

from integrations.connector_kit.base import Account
from integrations.connector_kit.sandbox.testing import done
from integrations.connectors.magento.client import StoreClient


@dataclass
class SandboxShop:
    """`details`: base_url, credentials and settings as the sandbox gave them."""

    public: str
    name: str
    details: dict[str, Any]

    def control(self, path: str, method: str = "POST", **body: Any) -> dict[str, Any]:
        url = f"{self.public}/_sandbox/accounts/{self.name}/{path}".rstrip("/")
        found: dict[str, Any] = done(method, url, body)
        return found

    def account(self, **changes: Any) -> Account:
        given = Account(
            id=self.name,
            base_url=self.details["base_url"],
            flavour="rest",
            settings=self.details["settings"],
            credentials=self.details["credentials"],
            private_network=True,
        )
        return replace(given, **changes)

    def client(self, **changes: Any) -> StoreClient:
        return StoreClient(self.account(**changes))


def open_shop(public: str, **options: Any) -> SandboxShop:
    """A new account."""
    name = f"t{uuid.uuid4().hex[:10]}"
    body = {"name": name, "seed": "7", "size": 6, "currency": "USD", **options}
    return SandboxShop(public, name, done("POST", f"{public}/_sandbox/accounts", body))
