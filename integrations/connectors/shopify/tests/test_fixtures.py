"""Each fixture normalises to its canonical twin."""

from __future__ import annotations

from pathlib import Path

import pytest

from integrations.connector_kit.testing import FixturePair, assert_normalises, fixture_pairs
from integrations.connectors.shopify.connector import CONNECTOR
from integrations.connectors.shopify.tests.small_shop import account
from mappings.canonical.record import Entity

PAIRS = fixture_pairs(Path(__file__).parents[1])
ENTITIES = {
    "orders": Entity.ORDER,
    "payments": Entity.PAYMENT,
    "customers": Entity.CUSTOMER,
    "products": Entity.PRODUCT,
    "inventory": Entity.INVENTORY,
    "refunds": Entity.REFUND,
    "gift_cards": Entity.GIFT_CARD,
}


def entity(pair: FixturePair) -> Entity:
    return ENTITIES[pair.name.split("__")[0]]


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name)
def test_fixture_gives_its_twin(pair: FixturePair) -> None:
    assert_normalises(CONNECTOR.entities[entity(pair)].normalise, pair, account())


def test_every_source_entity_has_a_fixture() -> None:
    shown = {entity(pair) for pair in PAIRS}
    assert shown == {name for name, port in CONNECTOR.entities.items() if port.normalise}
