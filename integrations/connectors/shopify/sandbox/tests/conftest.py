"""A sandbox served over real HTTP, a client for it and a receiver of webhooks."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from graphql import OperationDefinitionNode, parse, print_ast

from integrations.connector_kit.sandbox.testing import Receiver, Reply, call, listening, serving

SHARED = Path(__file__).parents[6] / "shared" / "data"
_NAMES = count(1)


@dataclass
class Account:
    """One shop of the sandbox, driven from outside."""

    url: str
    name: str
    base_url: str
    token: str
    client_id: str
    client_secret: str
    location: str

    def graphql(
        self, query: str, variables: dict[str, Any] | None = None, version: str = "2026-10"
    ) -> Reply:
        return call(
            "POST",
            f"{self.base_url}/admin/api/{version}/graphql.json",
            {"query": query, "variables": variables or {}},
            {"X-Shopify-Access-Token": self.token},
        )

    def data(self, query: str, variables: dict[str, Any] | None = None) -> Any:
        body = self.graphql(query, variables).json
        assert "errors" not in body, body
        return body["data"]

    def control(self, method: str, path: str, body: Any = None) -> Reply:
        return call(method, f"{self.url}/_sandbox/accounts/{self.name}{path}", body)

    def order(self, **wanted: Any) -> list[dict[str, Any]]:
        reply = self.control("POST", "/orders", wanted)
        assert reply.status == 200, reply.text
        return list(reply.json["orders"])

    def stock(self, sku: str) -> dict[str, int]:
        found = self.data(
            "query($q: String!) { inventoryItems(first: 5, query: $q) { nodes { id sku"
            " inventoryLevels(first: 5) { nodes { quantities(names: "
            '["available", "on_hand", "committed"]) { name quantity } } } } } }',
            {"q": f"sku:'{sku}'"},
        )
        item = next(node for node in found["inventoryItems"]["nodes"] if node["sku"] == sku)
        quantities = item["inventoryLevels"]["nodes"][0]["quantities"]
        return {entry["name"]: entry["quantity"] for entry in quantities}

    def item_id(self, sku: str) -> str:
        found = self.data(
            "query($q: String!) { inventoryItems(first: 5, query: $q) { nodes { id sku } } }",
            {"q": f"sku:'{sku}'"},
        )
        return next(
            str(node["id"]) for node in found["inventoryItems"]["nodes"] if node["sku"] == sku
        )


@pytest.fixture(scope="session")
def sandbox() -> Iterator[str]:
    """The address of a running sandbox."""
    with serving("shopify") as url:
        yield url


@pytest.fixture
def open_account(sandbox: str) -> Callable[..., Account]:
    """Makes a fresh shop; arguments are those of the control API."""

    def opened(**wanted: Any) -> Account:
        name = wanted.pop("name", f"test-{next(_NAMES)}")
        made = call("POST", f"{sandbox}/_sandbox/accounts", {"name": name, **wanted}).json
        secrets = made["credentials"]
        return Account(
            url=sandbox,
            name=name,
            base_url=made["base_url"],
            token=secrets["access_token"],
            client_id=secrets["client_id"],
            client_secret=secrets["client_secret"],
            location=made["settings"]["location_id"],
        )

    return opened


@pytest.fixture
def account(open_account: Callable[..., Account]) -> Account:
    return open_account()


class ShopReceiver(Receiver):
    def topics(self) -> list[str]:
        return sorted(entry.headers["x-shopify-topic"] for entry in self.got)


@pytest.fixture
def receiver() -> Iterator[ShopReceiver]:
    with listening(ShopReceiver()) as made:
        yield made


@pytest.fixture(scope="session")
def operations() -> dict[str, str]:
    """The reference's operations by name, each with the fragments it uses."""
    source = SHARED / "shopify" / "operations.graphql"
    if not source.exists():
        pytest.skip("the reference data (../shared) is not beside this repository")
    document = parse(source.read_text())
    parts = {getattr(node, "name").value: print_ast(node) for node in document.definitions}  # noqa: B009
    found = {}
    for node in document.definitions:
        if isinstance(node, OperationDefinitionNode) and node.name:
            text, done = parts[node.name.value], set()
            while more := set(re.findall(r"\.\.\.(\w+)", text)) - done - {"on"}:
                for name in sorted(more):
                    text += "\n" + parts[name]
                done |= more
            found[node.name.value] = text
    return found


@pytest.fixture(scope="session")
def recorded() -> Callable[[str], Any]:
    """Reads a file of recorded requests and answers."""

    def read(name: str) -> Any:
        source = SHARED / "shopify" / "graphql-recorded" / f"{name}.json"
        if not source.exists():
            pytest.skip("the reference data (../shared) is not beside this repository")
        return json.loads(source.read_text())

    return read
