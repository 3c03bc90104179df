"""Products and stock as they were recorded, and what they become."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from integrations.connector_kit import numbers
from integrations.connector_kit.payload import Payload
from integrations.connector_kit.testing import (
    FixturePair,
    Reply,
    assert_normalises,
    fixture_pairs,
)
from integrations.connectors.magento import inventory, products
from integrations.connectors.magento.bulk import Handed, standing
from integrations.connectors.magento.tests.small_warehouse import account, client, small_store
from mappings.canonical.record import Skipped

HOME = Path(__file__).parents[1]
SHARED = Path(__file__).parents[5] / "shared" / "data" / "magento"
PAIRS = [*fixture_pairs(HOME, "products__"), *fixture_pairs(HOME, "inventory__")]
_PORTS = {"products": products.PORT, "inventory": inventory.PORT}


def recorded(name: str) -> Any:
    file = SHARED / name
    if not file.is_file():
        pytest.skip("needs the recorded data in shared/data beside the checkout")
    return numbers.decode(file.read_bytes())


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name)
def test_fixture_gives_its_twin(pair: FixturePair) -> None:
    normalise = _PORTS[pair.name.partition("__")[0]].normalise
    assert normalise is not None
    assert_normalises(normalise, pair, account())


def test_a_recorded_article_is_read() -> None:
    made = products.normalise(Payload(recorded("product-simple-with-stock.json")), account())
    assert (made.sku, made.title, made.price) == ("MS-Champ-S", "Champ Tee Small", Decimal(25))
    assert made.tracks_stock
    assert "category_ids" not in made.custom


def test_a_recorded_configurable_is_left_out_with_its_reason() -> None:
    with pytest.raises(Skipped, match="MS-Champ is a configurable product"):
        products.normalise(Payload(recorded("product-configurable.json")), account())


def test_recorded_failures_of_a_bulk_load_are_told_by_what_was_sent() -> None:
    """The third operation of the recorded load is the first one we claim to have sent."""
    answer = recorded("bulk-detailed-status-failed.json")
    rows = answer["operations_list"]
    sent = [json.loads(json.loads(row["serialized_data"])["meta_information"]) for row in rows[2:3]]
    with small_store() as store:
        store.intercept = lambda _, what, __: _status(what, answer)
        found = standing(client(store), Handed("c43ed402", client(store).now(), sent))
    assert found.is_over
    assert list(found.failed) == [0]
    assert "already exists" in found.failed[0]
    assert not found.is_sure, "the other operations are none of ours"


def _status(what: str, answer: Any) -> Reply | None:
    return Reply(json=answer) if "bulk/" in what else None
