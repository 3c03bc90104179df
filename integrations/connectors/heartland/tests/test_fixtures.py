"""Each fixture normalises to its canonical twin."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from integrations.connector_kit.base import Account
from integrations.connector_kit.payload import Payload
from integrations.connectors.heartland.connector import CONNECTOR
from mappings.canonical.record import Entity

FIXTURES = Path(__file__).parents[1] / "fixtures"
FILES = sorted(file for file in FIXTURES.glob("*.json") if ".canonical." not in file.name)
ENTITIES = {
    "customers": Entity.CUSTOMER,
    "products": Entity.PRODUCT,
    "inventory": Entity.INVENTORY,
    "shipments": Entity.SHIPMENT,
    "orders": Entity.ORDER,
    "refunds": Entity.REFUND,
    "gift_cards": Entity.GIFT_CARD,
}
# What only one of the two APIs tells of.
RETAIL_ONLY = {Entity.REFUND, Entity.GIFT_CARD}


SETTINGS = {
    "products__style_group_without_barcode": {
        "group_field": "style_name",
        "option_fields": "size=Size,shade=Colour",
    }
}


def normalised(file: Path) -> object:
    account = Account(
        id="1",
        base_url="https://example.retail.heartland.us",
        flavour="unified_v1" if "unified_v1" in file.stem else "retail",
        settings={
            "tax_item": "WEB-TAX",
            "refund_item": "WEB-TIP",
            "currency": "USD",
            **SETTINGS.get(file.stem, {}),
        },
        credentials={"token": "t"},
    )
    normalise = CONNECTOR.entities[ENTITIES[file.stem.split("__")[0]]].normalise
    assert normalise is not None
    raw = json.loads(file.read_text("utf-8"), parse_float=Decimal)
    return normalise(Payload(raw), account).model_dump(mode="json")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_fixture_gives_its_twin(file: Path) -> None:
    twin = file.with_name(f"{file.stem}.canonical.json")
    assert normalised(file) == json.loads(twin.read_text("utf-8"))


def test_every_source_entity_has_a_fixture_of_each_flavour() -> None:
    sources = {entity for entity, port in CONNECTOR.entities.items() if port.normalise}
    for unified in (True, False):
        shown = {
            ENTITIES[file.stem.split("__")[0]]
            for file in FILES
            if ("unified_v1" in file.stem) is unified
        }
        assert shown == sources - (RETAIL_ONLY if unified else set())
