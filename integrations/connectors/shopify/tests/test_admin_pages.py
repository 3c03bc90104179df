"""Where a merchant sees a record."""

from __future__ import annotations

import pytest

from integrations.connector_kit.base import Account
from integrations.connectors.shopify.admin_pages import record_url
from mappings.canonical.record import Entity


def account(base_url: str) -> Account:
    return Account(id="a", base_url=base_url, flavour="admin", settings={}, credentials={})


@pytest.mark.parametrize(
    ("base_url", "entity", "key", "url"),
    [
        ("https://a-shop.myshopify.com", Entity.ORDER, "71", "a-shop/orders/71"),
        ("https://a-shop.myshopify.com/", Entity.CUSTOMER, "8", "a-shop/customers/8"),
        ("https://a-shop.myshopify.com", Entity.SHIPMENT, "8", None),
        ("https://a-shop.myshopify.com", Entity.ORDER, "8/../../x", None),
        ("http://127.0.0.1:8000/shops/demo", Entity.ORDER, "71", None),
        ("https://myshopify.com.example.com", Entity.ORDER, "71", None),
    ],
)
def test_only_a_real_shop_has_pages(
    base_url: str, entity: Entity, key: str, url: str | None
) -> None:
    expected = f"https://admin.shopify.com/store/{url}" if url else None
    assert record_url(account(base_url), entity, key) == expected
