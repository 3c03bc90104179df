"""A tiny shop for tests: real HTTP, scripted GraphQL answers, every request kept."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from integrations.connector_kit.base import Account
from integrations.connector_kit.testing import Asked, Reply, Vendor
from integrations.connectors.shopify.client import ShopClient

Script = dict[str, Any] | Callable[[dict[str, Any]], Any]
_NAME = re.compile(r"(?:query|mutation)\s+(\w+)")


def cost(requested: float = 10, available: float = 1990, actual: float | None = None) -> dict:
    return {
        "cost": {
            "requestedQueryCost": requested,
            "actualQueryCost": requested if actual is None else actual,
            "throttleStatus": {
                "maximumAvailable": 2000.0,
                "currentlyAvailable": available,
                "restoreRate": 100.0,
            },
        }
    }


@dataclass
class Call:
    """One request: the operation ("oauth" for a token request), its variables, its token."""

    operation: str
    variables: dict[str, Any]
    token: str
    path: str


@dataclass
class SmallShop:
    """`answers`: by operation, data or a function of the variables. A tuple is (status, body)."""

    answers: dict[str, Script] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    good_tokens: set[str] = field(default_factory=lambda: {"shpat_first"})
    version: str = "2026-10"
    url: str = ""

    def operations(self) -> list[str]:
        return [call.operation for call in self.calls]

    def sent(self, operation: str) -> list[dict[str, Any]]:
        return [call.variables for call in self.calls if call.operation == operation]

    def answer(self, call: Call) -> tuple[int, Any]:
        self.calls.append(call)
        if call.operation != "oauth" and call.token not in self.good_tokens:
            return 401, {"errors": "[API] Invalid API key or access token"}
        script = self.answers[call.operation]
        given = script(call.variables) if callable(script) else script
        if isinstance(given, tuple):
            return given
        if call.operation == "oauth" or "errors" in given or "data" in given:
            return 200, given
        return 200, {"data": given, "extensions": cost()}


@contextmanager
def small_shop(**answers: Script) -> Iterator[SmallShop]:
    shop = SmallShop(answers=dict(answers))

    def answering(asked: Asked) -> Reply:
        body = json.loads(asked.body)
        named = _NAME.match(body.get("query", ""))
        call = Call(
            operation=named.group(1) if named else "oauth",
            variables=body["variables"] if named else body,
            token=asked.headers.get("x-shopify-access-token", ""),
            path=asked.path,
        )
        status, answer = shop.answer(call)
        return Reply(status, answer, headers={"X-Shopify-API-Version": shop.version})

    with Vendor(answering=answering) as vendor:
        shop.url = vendor.url
        yield shop


def account(shop: SmallShop | None = None, **given: Any) -> Account:
    settings = given.pop("settings", {})
    credentials = given.pop("credentials", {"access_token": "shpat_first"})
    return Account(
        id="1",
        base_url=shop.url if shop else "https://example.myshopify.com",
        flavour="admin",
        settings=settings,
        credentials=credentials,
        private_network=True,
        **given,
    )


def client(shop: SmallShop, **given: Any) -> ShopClient:
    return ShopClient(account(shop, **given))
