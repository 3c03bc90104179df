"""What a query costs (Shopify: GraphQL Admin API rate limits).

Objects cost 1, scalars and enums nothing, a mutation 10. A connection grows far slower than its
page size; the exact curve is not public, this one is fitted to recorded requests.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
)

_MUTATION = 10
_CONNECTION = 2

# Parts of their owner rather than objects of their own: they cost nothing (recorded requests).
_FREE = frozenset(
    {
        "AccessScope",
        "ApiVersion",
        "Attribute",
        "CustomerEmailAddress",
        "CustomerPhoneNumber",
        "DiscountAllocation",
        "FulfillmentTrackingInfo",
        "InventoryChange",
        "Job",
        "MailingAddress",
        "MoneyBag",
        "MoneyV2",
        "OrderTransaction",
        "PageInfo",
        "SelectedOption",
        "ShopPlan",
        "TaxLine",
        "Weight",
    }
)


@dataclass
class Step:
    """One field that costs something or leads to one that does. `size` is the page size, a number
    or the name of a variable."""

    key: str
    own: int
    is_connection: bool = False
    size: int | str | None = None
    steps: list[Step] = field(default_factory=list)


def growth(count: int) -> int:
    """How often the content of a page of `count` is paid for."""
    return math.ceil(math.sqrt(count) * 1.25) if count > 0 else 0


def plan(
    schema: GraphQLSchema,
    operation: OperationDefinitionNode,
    fragments: Mapping[str, FragmentDefinitionNode],
) -> Step:
    """The costly fields of an operation, as a tree."""
    is_mutation = operation.operation is OperationType.MUTATION
    root = schema.mutation_type if is_mutation else schema.query_type
    made = Step("", 0)
    if root is not None:
        made.steps = _steps(schema, root, operation.selection_set, fragments)
    return made


def _fields(
    selections: SelectionSetNode, fragments: Mapping[str, FragmentDefinitionNode]
) -> Iterator[FieldNode]:
    for node in selections.selections:
        if isinstance(node, FieldNode):
            yield node
        elif isinstance(node, FragmentSpreadNode):
            yield from _fields(fragments[node.name.value].selection_set, fragments)
        elif isinstance(node, InlineFragmentNode):
            yield from _fields(node.selection_set, fragments)


def _steps(
    schema: GraphQLSchema,
    parent: Any,
    selections: SelectionSetNode,
    fragments: Mapping[str, FragmentDefinitionNode],
) -> list[Step]:
    steps = []
    for node in _fields(selections, fragments):
        definition = getattr(parent, "fields", {}).get(node.name.value)
        if definition is None or node.selection_set is None:
            continue
        kind = get_named_type(definition.type)
        if not isinstance(kind, (GraphQLObjectType, GraphQLInterfaceType)):
            continue
        inner = _steps(schema, kind, node.selection_set, fragments)
        key = node.alias.value if node.alias else node.name.value
        is_connection = kind.name.endswith("Connection")
        own = _CONNECTION if is_connection else _own(kind.name)
        if parent is schema.mutation_type:
            own = _MUTATION
        if not own and not inner:
            continue
        is_list = isinstance(get_nullable_type(definition.type), GraphQLList)
        step = Step(key, own, is_connection, steps=inner)
        if is_connection or (is_list and "first" in definition.args):
            step.size = _size(node)
        steps.append(step)
    return steps


def _own(kind: str) -> int:
    is_free = kind in _FREE or kind.endswith(("UserError", "Payload", "Application", "Edge"))
    return 0 if is_free else 1


def _size(node: FieldNode) -> int | str | None:
    for argument in node.arguments or ():
        if argument.name.value in ("first", "last"):
            if isinstance(argument.value, IntValueNode):
                return int(argument.value.value)
            if isinstance(argument.value, VariableNode):
                return argument.value.name.value
    return None


def requested(step: Step, variables: Mapping[str, Any]) -> int:
    """The cost before running: pages are taken to be full."""
    inner = sum(requested(entry, variables) for entry in step.steps)
    size = variables.get(step.size) if isinstance(step.size, str) else step.size
    if step.is_connection:
        return step.own + growth(size or 0) * inner
    if isinstance(size, int):
        return growth(size) * (step.own + inner)
    return step.own + inner


def actual(step: Step, data: Any) -> int:
    """The cost of what was answered: pages count what is on them."""
    if data is None:
        return step.own if step.own >= _MUTATION else 0
    if isinstance(data, list):
        if not data:
            return 0
        inner = sum(actual_inner(step, entry) for entry in data)
        if step.size is None:
            return inner
        return math.ceil(inner * growth(len(data)) / len(data))
    return actual_inner(step, data)


def actual_inner(step: Step, data: Any) -> int:
    """The cost of one answered object with all that is in it."""
    if not isinstance(data, dict):
        return step.own if data is not None else 0
    if not step.is_connection:
        return step.own + sum(actual(entry, data.get(entry.key)) for entry in step.steps)
    shown = max((len(data.get(name) or ()) for name in ("nodes", "edges")), default=0)
    inner = sum(actual(entry, data.get(entry.key)) for entry in step.steps)
    return step.own + (math.ceil(inner * growth(shown) / shown) if shown else 0)
