"""Two retailers with rows as the engine leaves them, in a real database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client

from integrations.services import stock
from tests.web.shops import Shop, make_shop


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Iterator[None]:
    stock.forget()
    yield
    stock.forget()


@pytest.fixture
def shop(transactional_db: None) -> Shop:
    return make_shop("Harbour Goods")


@pytest.fixture
def other_shop(transactional_db: None) -> Shop:
    return make_shop("Other Retailer")


@pytest.fixture
def page(shop: Shop) -> Client:
    """A browser in which the owner of `shop` is signed in."""
    client = Client()
    client.force_login(shop.owner)
    return client
