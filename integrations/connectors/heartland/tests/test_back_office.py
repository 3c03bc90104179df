"""Where a retailer sees a record."""

from __future__ import annotations

import pytest

from integrations.connector_kit.base import Account
from integrations.connectors.heartland.back_office import record_url
from mappings.canonical.record import Entity


@pytest.mark.parametrize(
    ("base_url", "entity", "key", "url"),
    [
        (
            "https://a-store.retail.heartland.us/",
            Entity.REFUND,
            "117060",
            "https://a-store.retail.heartland.us/#sales/tickets/edit/117060",
        ),
        ("https://a-store.retail.heartland.us", Entity.REFUND, "net-117", None),
        ("https://a-store.retail.heartland.us", Entity.CUSTOMER, "7", None),
        ("http://127.0.0.1:8000/tenants/demo", Entity.ORDER, "71", None),
    ],
)
def test_only_a_real_account_has_pages(
    base_url: str, entity: Entity, key: str, url: str | None
) -> None:
    owner = Account(id="a", base_url=base_url, flavour="retail", settings={}, credentials={})
    assert record_url(owner, entity, key) == url
