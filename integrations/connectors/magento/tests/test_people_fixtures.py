"""Each fixture of a customer or a gift card normalises to its canonical twin."""

from __future__ import annotations

from pathlib import Path

import pytest

from integrations.connector_kit.testing import FixturePair, assert_normalises, fixture_pairs
from integrations.connectors.magento import customers, gift_cards
from integrations.connectors.magento.tests.small_store import account

FOLDER = Path(__file__).parents[1]
PAIRS = [*fixture_pairs(FOLDER, "customers__"), *fixture_pairs(FOLDER, "gift_cards__")]
NORMALISE = {"customers": customers.normalise, "gift_cards": gift_cards.normalise}


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name)
def test_fixture_gives_its_twin(pair: FixturePair) -> None:
    assert_normalises(NORMALISE[pair.name.split("__")[0]], pair, account())
