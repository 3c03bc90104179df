"""The connection test and the choices of settings; presets and manifest fit the code."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from integrations.connector_kit.presets import incoming
from integrations.connectors.shopify.auth import SCOPES
from integrations.connectors.shopify.connector import CONNECTOR
from integrations.connectors.shopify.probe import choices, probe
from integrations.connectors.shopify.tests.small_shop import client, small_shop
from mappings.canonical.inventory import Level, Stock
from mappings.canonical.record import Entity
from mappings.engine.document import document
from mappings.engine.transform import transform


def _ping(scopes: tuple[str, ...]) -> dict[str, Any]:
    return {
        "shop": {
            "name": "Example Shop",
            "myshopifyDomain": "example.myshopify.com",
            "currencyCode": "USD",
            "ianaTimezone": "America/Chicago",
            "taxesIncluded": False,
            "plan": {"publicDisplayName": "Basic"},
        },
        "currentAppInstallation": {"accessScopes": [{"handle": scope} for scope in scopes]},
    }


def test_good_connection_has_no_problems() -> None:
    # A write scope stands for its read scope.
    granted = tuple(scope.replace("read_", "write_") for scope in SCOPES)
    with small_shop(ShopPing=_ping(granted)) as shop:
        found = probe(client(shop, settings={"shop_domain": "Example.myshopify.com"}))
    assert (found.account_name, found.currency, found.problems) == ("Example Shop", "USD", ())
    assert found.details["Plan"] == "Basic"


def test_missing_scope_other_version_and_other_shop_are_named() -> None:
    granted = tuple(scope for scope in SCOPES if scope != "read_locations")
    with small_shop(ShopPing=_ping(granted)) as shop:
        shop.version = "2027-01"
        found = probe(client(shop, settings={"shop_domain": "other.myshopify.com"}))
    assert len(found.problems) == 3
    scope, version, domain = found.problems
    assert "read_locations" in scope
    assert "2027-01 instead of 2026-10" in version
    assert "other.myshopify.com" in domain


def test_active_locations_are_the_choices() -> None:
    nodes = [
        {"id": "gid://shopify/Location/61", "name": "Main", "isActive": True},
        {"id": "gid://shopify/Location/62", "name": "Closed", "isActive": False},
    ]
    page = {"locations": {"nodes": nodes, "pageInfo": {"hasNextPage": False}}}
    with small_shop(Locations=page) as shop:
        opened = client(shop)
        found = [(c.value, c.label) for c in choices(opened, "location_id")]
        assert found == [("gid://shopify/Location/61", "Main")]
        assert choices(opened, "api_version") == []


@pytest.mark.parametrize("entity", [e for e, s in CONNECTOR.manifest.entities.items() if s.target])
def test_every_target_has_a_preset_and_a_writer(entity: Entity) -> None:
    port = CONNECTOR.entities[entity]
    assert port.write or port.write_many
    assert incoming("shopify", "admin", entity).rules


def test_preset_of_stock_fills_what_the_writer_reads() -> None:
    level = Level(location="1", on_hand=Decimal(9), available=Decimal("7.5"))
    stock = Stock(key="5", sku="A", levels=(level,))
    done = transform(incoming("shopify", "admin", Entity.INVENTORY), document(stock, reference="5"))
    assert (done.fields, done.problems) == ({"sku": "A", "quantity": 7, "levels": []}, [])


def test_manifest_declares_what_the_code_can_do() -> None:
    for entity, spec in CONNECTOR.manifest.entities.items():
        port = CONNECTOR.entities[entity]
        assert bool(spec.source) == (port.normalise is not None)
        assert ("poll" in spec.source) == (port.changes is not None)
        assert spec.target == bool(port.write or port.write_many)
