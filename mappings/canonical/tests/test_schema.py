"""Every field of every canonical type is described, with a unit where it counts and an example."""

from __future__ import annotations

import tomllib

import pytest

from mappings.canonical import schema
from mappings.canonical.order_status import OrderStatus
from mappings.canonical.record import Entity, Part, Record
from mappings.canonical.schema import describe, field_tree, json_schema, record_types

TYPES = record_types()
KINDS = [*TYPES.values(), OrderStatus]
PARTS = sorted({part for kind in KINDS for part in schema._parts(kind)}, key=str)
FIELDS = [(part, field) for part in PARTS for field in part.model_fields]


@pytest.mark.parametrize(
    ("kind", "field"), FIELDS, ids=[f"{kind.__name__}.{field}" for kind, field in FIELDS]
)
def test_every_field_has_a_meaning_a_unit_and_an_example(kind: type[Part], field: str) -> None:
    said = describe(kind, field)
    where = f"{kind.__name__}.{field}: add it to mappings/canonical/field_docs.toml"
    assert said.meaning, where
    assert said.example not in (None, ""), where
    if said.type in ("decimal", "integer", "instant"):
        assert said.unit, where
    if said.type == "choice":
        assert said.example in said.choices, where


def test_nothing_is_described_that_does_not_exist() -> None:
    written = tomllib.loads(schema._DOCS.read_text("utf-8"))
    del written["computed"]
    fields = {part.__name__: set(part.model_fields) for part in [*PARTS, Record]}
    assert {
        f"{name}.{field}"
        for name in written.keys() & fields.keys()
        for field in written[name]
        if field not in fields[name]
    } == set()
    assert len(written.keys() & fields.keys()) >= 15


@pytest.mark.parametrize("entity", TYPES)
def test_the_schema_of_an_entity_says_all_of_it(entity: Entity) -> None:
    made = json_schema(entity)
    assert made["title"] == TYPES[entity].__name__
    for part in [made, *made.get("$defs", {}).values()]:
        for field in part.get("properties", {}).values():
            assert field["description"]
            assert field["examples"]


def test_the_field_tree_of_orders_has_paths_as_rules_write_them() -> None:
    tree = {one.path: one for one in field_tree(Entity.ORDER)}
    assert tree["total"].type == "decimal"
    assert tree["total"].unit == "the record's currency"
    assert tree["lines"].is_list
    assert tree["lines[].sku"].title == "SKU"
    assert tree["shipping.postal_code"].title == "Postal code"
    assert tree["shipping.lines"].is_list
    assert tree["attributes"].type == "map"
    assert "paid" in tree["payment"].choices
    assert tree["placed_at"].unit == "UTC"
    assert tree["units[].unit_price"].is_computed
    assert list(tree).index("lines") < list(tree).index("lines[].sku")


def test_the_types_of_all_entities_are_found() -> None:
    assert {Entity.ORDER, Entity.CUSTOMER, Entity.PRODUCT, Entity.INVENTORY} <= set(TYPES)
