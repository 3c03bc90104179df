"""The folder as the contract wants it: what is declared is there, what is there is shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from integrations.connector_kit.presets import incoming
from integrations.connector_kit.testing import fixture_pairs
from integrations.connectors.magento.connector import CONNECTOR
from integrations.connectors.magento.criteria import Criteria, query, where
from integrations.connectors.magento.probe import CHOICES
from mappings.canonical.record import Entity

HOME = Path(__file__).parents[1]
FIXTURES = {
    "orders": Entity.ORDER,
    "payments": Entity.PAYMENT,
    "refunds": Entity.REFUND,
    "customers": Entity.CUSTOMER,
    "products": Entity.PRODUCT,
    "inventory": Entity.INVENTORY,
    "gift_cards": Entity.GIFT_CARD,
}


def test_manifest_declares_what_the_code_can_do() -> None:
    for entity, spec in CONNECTOR.manifest.entities.items():
        port = CONNECTOR.entities[entity]
        # What is only read to compare both sides is no source.
        assert not spec.source or port.normalise
        assert ("poll" in spec.source) == (port.changes is not None)
        assert spec.target == bool(port.write or port.write_many)
    assert set(CONNECTOR.entities) == set(CONNECTOR.manifest.entities)


def test_every_source_entity_has_a_fixture() -> None:
    shown = {FIXTURES[pair.name.split("__")[0]] for pair in fixture_pairs(HOME)}
    assert {entity for entity, spec in CONNECTOR.manifest.entities.items() if spec.source} <= shown


@pytest.mark.parametrize("entity", [e for e, s in CONNECTOR.manifest.entities.items() if s.target])
def test_every_target_has_a_preset(entity: Entity) -> None:
    assert incoming("magento", "rest", entity).rules


def test_every_list_that_is_offered_for_a_setting_is_read_from_the_shop() -> None:
    offered = {spec.name for spec in CONNECTOR.manifest.settings if spec.from_account}
    assert offered == set(CHOICES)


def test_query_escapes_what_the_shop_would_read_as_something_else() -> None:
    asked = Criteria(filters=(where("sku", "A+B=C&D E/F"),), sort=())
    assert "%5Bvalue%5D=A%2BB%3DC%26D%20E%2FF&" in query(asked.params())
