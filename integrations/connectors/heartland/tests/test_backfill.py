"""Everything a Heartland holds is listed once, and counted beforehand."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from integrations.connector_kit.base import Extent, Notice
from integrations.connector_kit.errors import Unsupported
from integrations.connector_kit.payload import Payload
from integrations.connectors.heartland import backfill, flavours
from integrations.connectors.heartland.client import HeartlandClient
from integrations.connectors.heartland.inventory import normalise, read
from integrations.connectors.heartland.tests.small_heartland import Place
from mappings.canonical.record import Entity

# Items for tax, tips and duties, which keep no stock.
SERVICES = 3


def every(client: HeartlandClient, entity: Entity) -> list[Notice]:
    port = flavours.port(entity)
    assert port.pages is not None
    found: list[Notice] = []
    cursor = ""
    while True:
        page = port.pages(client, cursor)
        found += page.notices
        cursor = page.cursor
        if not page.more:
            return found


def test_every_article_comes_once_with_its_levels(
    made: Callable[..., Place], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backfill, "ITEMS", 10)
    monkeypatch.setattr(backfill, "LEVELS", 7)
    place = made(size=24)
    client = place.client()
    found = every(client, Entity.INVENTORY)
    assert len({notice.key for notice in found}) == len(found) == 24 + SERVICES
    now = read(client, [notice.key for notice in found])
    for notice in found:
        assert notice.payload is not None
        there = normalise(Payload(notice.payload), client.account)
        assert there == normalise(Payload(now[notice.key] or {}), client.account)


def test_the_count_says_how_many_requests_it_takes(made: Callable[..., Place]) -> None:
    place = made(size=24, customers=5)
    client = place.client()
    assert backfill.count_stock(client) == Extent(records=24 + SERVICES, calls=2)
    place.seen.clear()
    every(client, Entity.INVENTORY)
    assert len(place.seen) == 2
    # The list, the list again by id, and the addresses of each.
    assert backfill.count_customers(client) == Extent(records=5, calls=7)


def test_customers_come_thin_with_their_version(made: Callable[..., Place]) -> None:
    client = made(customers=3).client()
    found = every(client, Entity.CUSTOMER)
    assert [notice.payload for notice in found] == [None, None, None]
    assert all(notice.version for notice in found)
    port = flavours.port(Entity.CUSTOMER)
    assert port.read is not None
    there = port.read(client, [notice.key for notice in found])
    assert sorted((row or {})["email"] for row in there.values()) == [
        "buyer1@example.com",
        "buyer2@example.com",
        "buyer3@example.com",
    ]


def test_an_empty_account_ends_at_once(made: Callable[..., Place]) -> None:
    client = made(customers=0).client()
    assert every(client, Entity.CUSTOMER) == []
    assert backfill.count_customers(client).records == 0


def test_the_unified_api_says_that_it_cannot(made: Callable[..., Place]) -> None:
    client = made(flavour="unified_v1").client()
    port = flavours.port(Entity.INVENTORY)
    assert port.count is not None
    with pytest.raises(Unsupported, match="cannot list all its records for a backfill"):
        port.count(client)
