"""Each sale of the fixtures normalises to its canonical twin, and adds up."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from integrations.connector_kit.testing import FixturePair, assert_normalises, fixture_pairs
from integrations.connectors.magento import orders, payments, refunds
from integrations.connectors.magento.tests.small_store import account
from mappings.canonical.order import Order, check_order
from mappings.canonical.refund import Refund, check_refund

HOME = Path(__file__).parents[1]
PORTS = {"orders": orders.PORT, "payments": payments.PORT, "refunds": refunds.PORT}
PAIRS = [pair for name in PORTS for pair in fixture_pairs(HOME, f"{name}__")]


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name)
def test_fixture_gives_its_twin(pair: FixturePair) -> None:
    kind = pair.name.partition("__")[0]
    assert_normalises(PORTS[kind].normalise, pair, account())
    twin = json.loads(pair.canonical.read_text("utf-8"))
    if kind == "orders":
        check_order(Order.model_validate(twin))
    if kind == "refunds":
        check_refund(Refund.model_validate(twin))
