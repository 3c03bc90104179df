"""Our part of the schema is Shopify's, and serves the operations a connector needs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    build_schema,
    parse,
    print_ast,
    validate,
    validate_schema,
)

from integrations.connectors.shopify.sandbox.graph.schema import load
from integrations.connectors.shopify.sandbox.tests.conftest import SHARED

# What a connector needs and this sandbox does not serve.
_NOT_SERVED = {
    "OrderCreate",
    "FulfillmentOrderMove",
    "ProductSet",
    "ProductOperation",
    "Publish",
    "GiftCards",
    "GiftCardCreate",
    "GiftCardCredit",
    "GiftCardDebit",
    "GiftCardDeactivate",
    "StoreCreditCredit",
    "SuggestedRefund",
    "MetaobjectUpsert",
    "BulkQuery",
    "BulkMutation",
    "BulkOp",
    "BulkOps",
    "StagedUpload",
}


@pytest.fixture(scope="module")
def official() -> GraphQLSchema:
    source = SHARED / "shopify-admin.graphql"
    if not source.exists():
        pytest.skip("the official schema (../shared) is not beside this repository")
    return build_schema(source.read_text(), assume_valid=True)


def _default(entry: Any) -> str | None:
    written = entry.ast_node.default_value
    return print_ast(written) if written is not None else None


def _differences(name: str, ours: Any, theirs: Any) -> list[str]:
    if isinstance(ours, GraphQLEnumType):
        return [f"{name}.{value}" for value in ours.values if value not in theirs.values]
    if isinstance(ours, GraphQLUnionType):
        known = {member.name for member in theirs.types}
        return [f"{name}|{member.name}" for member in ours.types if member.name not in known]
    wrong = []
    for key, entry in getattr(ours, "fields", {}).items():
        other = theirs.fields.get(key)
        if other is None or str(other.type) != str(entry.type):
            wrong.append(f"{name}.{key}")
            continue
        if isinstance(ours, GraphQLInputObjectType) and _default(entry) != _default(other):
            wrong.append(f"{name}.{key} default")
        for argument, given in getattr(entry, "args", {}).items():
            known_argument = other.args.get(argument)
            if (
                known_argument is None
                or str(known_argument.type) != str(given.type)
                or _default(known_argument) != _default(given)
            ):
                wrong.append(f"{name}.{key}({argument})")
    return wrong


def test_every_type_field_argument_and_value_is_official(official: GraphQLSchema) -> None:
    ours = load()
    assert validate_schema(ours) == []
    wrong: list[str] = []
    compared = 0
    for name, kind in ours.type_map.items():
        if name.startswith("__"):
            continue
        theirs = official.type_map.get(name)
        if theirs is None or type(theirs) is not type(kind):
            wrong.append(name)
            continue
        compared += 1
        wrong += _differences(name, kind, theirs)
    assert wrong == []
    assert compared > 150


def test_every_required_argument_is_offered(official: GraphQLSchema) -> None:
    missing = []
    for name, kind in load().type_map.items():
        for key, entry in getattr(kind, "fields", {}).items():
            if name.startswith("__") or not hasattr(entry, "args"):
                continue
            for argument, given in official.type_map[name].fields[key].args.items():
                if str(given.type).endswith("!") and argument not in entry.args:
                    missing.append(f"{name}.{key}({argument})")
    assert missing == []


def test_schema_carries_no_descriptions() -> None:
    for kind in load().type_map.values():
        if not kind.name.startswith("__") and kind.ast_node is not None:
            assert kind.ast_node.description is None, kind.name


def test_operations_of_the_reference_validate(operations: dict[str, str]) -> None:
    refused = {
        name
        for name, text in operations.items()
        if validate(load(), parse(text)) and name not in _NOT_SERVED
    }
    assert refused == set()
    assert len(operations) - len(_NOT_SERVED) == 30


def test_recorded_requests_of_served_mutations_validate(recorded: Callable[[str], Any]) -> None:
    cases = recorded("2026-04.inventorySetQuantities-name-validation")["cases"]
    for name, case in cases.items():
        assert validate(load(), parse(case["query"])) == [], name
