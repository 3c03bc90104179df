"""Each fixture of a customer normalises to its canonical twin."""

from __future__ import annotations

from pathlib import Path

import pytest

from integrations.connector_kit.testing import FixturePair, assert_normalises, fixture_pairs
from integrations.connectors.magento import customers
from integrations.connectors.magento.tests.small_store import account

PAIRS = fixture_pairs(Path(__file__).parents[1], "customers__")


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name)
def test_fixture_gives_its_twin(pair: FixturePair) -> None:
    assert_normalises(customers.normalise, pair, account())
