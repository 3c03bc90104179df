"""Every document the connector can send is valid in the official schemas, deprecated fields out."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from graphql import (
    GraphQLSchema,
    NoDeprecatedCustomRule,
    build_schema,
    parse,
    specified_rules,
    validate,
)

from integrations.connectors.shopify import documents

SHARED = Path(__file__).parents[5] / "shared" / "data"
SCHEMAS = {"2026-10": "shopify-admin.graphql", "2026-07": "shopify-admin-2026-07.graphql"}


@cache
def schema(version: str) -> GraphQLSchema:
    return build_schema((SHARED / SCHEMAS[version]).read_text("utf-8"), assume_valid=True)


@pytest.mark.shared
@pytest.mark.parametrize("version", SCHEMAS)
def test_documents_are_valid_in_the_official_schema(version: str) -> None:
    if not (SHARED / SCHEMAS[version]).exists():
        pytest.skip(f"the official schema {SCHEMAS[version]} is not beside the repository")
    rules = [*specified_rules, NoDeprecatedCustomRule]
    found = {
        name: [str(error) for error in validate(schema(version), parse(text), rules)]
        for name, text in ((name, documents.document(name)) for name in documents.names())
    }
    assert {name: errors for name, errors in found.items() if errors} == {}
    assert len(found) >= 20


def test_every_file_holds_the_operation_it_is_named_after() -> None:
    for name in documents.names():
        operations = [
            definition.name.value
            for definition in parse(documents.document(name)).definitions
            if definition.kind == "operation_definition"
        ]
        assert operations == [name]


def test_stock_is_written_with_an_idempotency_key() -> None:
    assert "inventorySetQuantities(input: $input) @idempotent(key: $key)" in documents.document(
        "InventorySet"
    )
    assert documents.is_mutation("InventorySet")
    assert not documents.is_mutation("OrderOne")
