"""One account of the sandbox, with the control calls a test needs."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, replace
from typing import Any
from urllib.request import Request, urlopen

from integrations.connector_kit.base import Account
from integrations.connectors.magento.client import StoreClient


@dataclass
class SandboxShop:
    """`details`: base_url, credentials and settings as the sandbox gave them."""

    public: str
    name: str
    details: dict[str, Any]

    def control(self, path: str, method: str = "POST", **body: Any) -> dict[str, Any]:
        return _call(
            method, f"{self.public}/_sandbox/accounts/{self.name}/{path}".rstrip("/"), body
        )

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
    return SandboxShop(public, name, _call("POST", f"{public}/_sandbox/accounts", body))


def _call(method: str, url: str, body: dict[str, Any]) -> dict[str, Any]:
    sent = Request(
        url, json.dumps(body).encode(), {"Content-Type": "application/json"}, method=method
    )
    with urlopen(sent, timeout=10) as answer:
        text = answer.read()
    found = json.loads(text) if text else {}
    assert isinstance(found, dict)
    return found
