"""From each page the other parts of the account are one click away."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from clarity.web import navigation
from mappings.canonical.record import Entity
from tests.web.shops import Shop


@pytest.fixture
def page(shop: Shop) -> Client:
    client = Client()
    client.force_login(shop.owner)
    return client


def marked(text: str, label: str) -> list[str]:
    """The links of one navigation that are marked as the current one."""
    rail = re.search(rf'<nav [^>]*aria-label="{label}">(.*?)</nav>', text, re.DOTALL)
    assert rail is not None, f"there is no navigation {label!r}"
    return re.findall(r'aria-current="true">([^<]+)<', rail[1])


def test_a_page_of_a_pair_shows_where_it_is(page: Client, shop: Shop) -> None:
    base = f"/t/{shop.tenant.slug}/pairs/{shop.pair.pk}"
    tabs = f"Pages of {shop.pair.name}"
    for address, current in (
        ("live/", "Live"),
        ("flows/", "Flows"),
        (f"flows/{shop.flows[Entity.ORDER].pk}/trial/", "Flows"),
        ("tables/", "Tables"),
        ("backfills/", "Backfills"),
        ("payments/", "Payments"),
    ):
        text = page.get(f"{base}/{address}").content.decode()
        assert marked(text, tabs) == [current]
        assert marked(text, "Account") == ["Pairs"]


def test_the_pairs_of_a_tenant_are_listed(page: Client, shop: Shop) -> None:
    text = page.get(f"/t/{shop.tenant.slug}/pairs/").content.decode()
    assert shop.live in text
    assert marked(text, "Account") == ["Pairs"]


def test_a_page_that_is_not_there_is_not_offered() -> None:
    ghost = navigation.Entry("Ghost", "no-such-page", ("ghost",))
    assert navigation.shown([ghost], here="ghost", address={}) == []
