"""A tiny shop for tests: real HTTP, scripted answers by call, every request kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from integrations.connector_kit.base import Account
from integrations.connector_kit.testing import Asked, Reply, Vendor
from integrations.connectors.magento.client import StoreClient

SIGNED = {
    "consumer_key": "ck_0123456789abcdef0123456789abcd",
    "consumer_secret": "cs_secret",
    "access_token": "at_0123456789abcdef0123456789abcd",
    "access_token_secret": "ts_secret",
}
BEARER = {"access_token": "at_0123456789abcdef0123456789abcd"}

MODULES = ["Magento_Sales", "Magento_InventoryApi"]
VIEWS = [
    {"id": 0, "code": "admin", "name": "Admin", "website_id": 0, "store_group_id": 0},
    {"id": 1, "code": "default", "name": "Default Store View", "website_id": 1},
]
WEBSITES = [
    {"id": 0, "code": "admin", "name": "Admin", "default_group_id": 0},
    {"id": 1, "code": "base", "name": "Main Website", "default_group_id": 1},
]
CONFIGS = [
    {
        "id": 1,
        "code": "default",
        "website_id": 1,
        "base_currency_code": "USD",
        "timezone": "America/Chicago",
    }
]

Script = Any | Callable[[Asked], Any]


@dataclass
class SmallStore:
    """`answers`: by "GET /V1/orders", what is answered or a function of the request. A tuple is
    (status, body)."""

    answers: dict[str, Script] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    url: str = ""

    def calls(self) -> list[str]:
        return [name_of(asked) for asked in self.asked]

    def sent(self, name: str) -> list[Any]:
        return [asked.json() for asked in self.asked if name_of(asked) == name]


def name_of(asked: Asked) -> str:
    return f"{asked.method} /V1/{asked.path.partition('/V1/')[2]}"


def found(*items: Any, total: int | None = None) -> dict[str, Any]:
    """An answer to a search."""
    return {
        "items": list(items),
        "search_criteria": {},
        "total_count": len(items) if total is None else total,
    }


@contextmanager
def small_store(answers: dict[str, Script] | None = None) -> Iterator[SmallStore]:
    """A shop with one store view, MSI and no push modules, and these answers besides."""
    store = SmallStore(
        answers={
            "GET /V1/modules": MODULES,
            "GET /V1/store/storeViews": VIEWS,
            "GET /V1/store/websites": WEBSITES,
            "GET /V1/store/storeConfigs": CONFIGS,
            **(answers or {}),
        }
    )

    def answering(asked: Asked) -> Reply:
        store.asked.append(asked)
        missing = (404, {"message": "Request does not match any route."})
        script = store.answers.get(name_of(asked), missing)
        given = script(asked) if callable(script) else script
        if isinstance(given, Reply):
            return given
        status, body = given if isinstance(given, tuple) else (200, given)
        return Reply(status, body, headers=store.headers)

    with Vendor(answering=answering) as vendor:
        store.url = vendor.url
        yield store


def account(store: SmallStore | None = None, **given: Any) -> Account:
    return Account(
        id="1",
        base_url=given.pop("base_url", store.url if store else "https://shop.example.com"),
        flavour="rest",
        settings=given.pop("settings", {}),
        credentials=given.pop("credentials", SIGNED),
        private_network=True,
        **given,
    )


def client(store: SmallStore, **given: Any) -> StoreClient:
    return StoreClient(account(store, **given))
