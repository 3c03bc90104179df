"""One sandbox for all tests of this folder, a fresh account for each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from integrations.connector_kit.sandbox.testing import serving
from integrations.connectors.heartland.tests.small_heartland import Place, new_place


@pytest.fixture(scope="session")
def public() -> Iterator[str]:
    with serving("heartland") as address:
        yield address


@pytest.fixture
def made(public: str) -> Callable[..., Place]:
    def make(**options: object) -> Place:
        return new_place(public, **options)

    return make


@pytest.fixture
def place(public: str) -> Place:
    """A retail account with items for tax, shipping and tips, as the setup guide asks for."""
    found = new_place(public)
    client = found.client()
    there = {row["public_id"] for row in found.rows("/items")}
    for number in sorted({"WEB-TAX", "WEB-SHIP", "WEB-TIP"} - there):
        item = {"public_id": number, "description": number, "cost": 0, "price": 0}
        client.create("/items", {**item, "track_inventory": False}, what=number)
    found.seen.clear()
    return found
