"""A sandbox served over real HTTP, and a client for it that signs by itself."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any
from urllib.parse import quote

import pytest

from integrations.connector_kit.sandbox.testing import Reply, call, serving
from integrations.connectors.magento.sandbox import signing
from integrations.connectors.magento.sandbox.tests import openapi

_NAMES = count(1)

Pairs = Sequence[tuple[str, object]]


def criteria(*filters: tuple[str, object, str], size: int = 100, page: int = 1) -> Pairs:
    """The pairs of a search: each filter (field, value, condition) in a group of its own."""
    pairs: list[tuple[str, object]] = []
    for place, (field, value, condition) in enumerate(filters):
        head = f"searchCriteria[filter_groups][{place}][filters][0]"
        pairs += [
            (f"{head}[field]", field),
            (f"{head}[value]", value),
            (f"{head}[condition_type]", condition),
        ]
    return [*pairs, ("searchCriteria[pageSize]", size), ("searchCriteria[currentPage]", page)]


@dataclass
class Account:
    """One shop of the sandbox, driven from outside."""

    url: str
    name: str
    base_url: str
    keys: dict[str, str]

    def signed(self, method: str, url: str, query: Pairs = (), **changes: str) -> str:
        """An Authorization header; `changes` are laid over its parameters before it is signed."""
        values = {
            "oauth_consumer_key": self.keys["consumer_key"],
            "oauth_nonce": secrets.token_hex(16),
            "oauth_signature_method": signing.METHOD,
            "oauth_timestamp": str(int(time.time())),
            "oauth_token": self.keys["access_token"],
            "oauth_version": "1.0",
            **changes,
        }
        values["oauth_signature"] = signing.signature(
            method,
            url,
            [*values.items(), *((name, str(value)) for name, value in query)],
            consumer_secret=self.keys["consumer_secret"],
            token_secret=self.keys["access_token_secret"],
        )
        return "OAuth " + ", ".join(f'{name}="{quote(v, safe="")}"' for name, v in values.items())

    def rest(
        self, method: str, path: str, body: Any = None, query: Pairs = (), *, store: str = "default"
    ) -> Reply:
        """A signed call; `path` begins with V1/ or async/."""
        url = f"{self.base_url}/rest/{store}/{path}"
        headers = {"Authorization": self.signed(method, url, query)}
        tail = "&".join(f"{quote(n, safe='')}={quote(str(v), safe='')}" for n, v in query)
        return call(method, f"{url}?{tail}" if tail else url, body, headers)

    def done(
        self, method: str, path: str, body: Any = None, query: Pairs = (), *, store: str = "default"
    ) -> Any:
        """The answer of a call that is as the OpenAPI has it and succeeds; below V1."""
        prefix = "" if path.startswith("async/") else "V1/"
        reply = self.rest(method, f"{prefix}{path}", body, query, store=store)
        assert reply.status == 200, reply.text
        if openapi.SCHEMA.is_file():
            openapi.check_request(method, f"{prefix}{path}", body)
            if not any(name == "fields" for name, _ in query):
                openapi.check_answer(method, f"{prefix}{path}", reply.status, reply.json)
        return reply.json

    def get(self, path: str, query: Pairs = (), *, store: str = "default") -> Any:
        return self.done("GET", path, None, query, store=store)

    def post(self, path: str, body: Any = None, *, store: str = "default") -> Any:
        return self.done("POST", path, body, store=store)

    def put(self, path: str, body: Any = None, *, store: str = "default") -> Any:
        return self.done("PUT", path, body, store=store)

    def refused(self, method: str, path: str, body: Any = None, query: Pairs = ()) -> Reply:
        """The answer of a call that fails."""
        reply = self.rest(method, f"V1/{path}", body, query)
        assert reply.status >= 400, reply.text
        assert isinstance(reply.json["message"], str)
        return reply

    def control(self, method: str, path: str, body: Any = None) -> Reply:
        return call(method, f"{self.url}/_sandbox/accounts/{self.name}{path}", body)


@pytest.fixture(scope="session")
def sandbox() -> Iterator[str]:
    """The address of a running Magento sandbox."""
    with serving("magento") as url:
        yield url


@pytest.fixture
def open_account(sandbox: str) -> Callable[..., Account]:
    """Makes a fresh shop; arguments are those of the control API."""

    def opened(**wanted: Any) -> Account:
        name = wanted.pop("name", f"test-{next(_NAMES)}")
        made = call("POST", f"{sandbox}/_sandbox/accounts", {"name": name, **wanted}).json
        return Account(sandbox, name, made["base_url"], made["credentials"])

    return opened


@pytest.fixture
def account(open_account: Callable[..., Account]) -> Account:
    return open_account()
