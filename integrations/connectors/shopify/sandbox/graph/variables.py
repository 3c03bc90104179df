"""Variables checked against their types, with Shopify's INVALID_VARIABLE errors (recorded)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    OperationDefinitionNode,
    is_required_input_field,
    type_from_ast,
)

# More entries than this in any input array are refused.
_ARRAY_LIMIT = 250
_INT_MAX = 2**31 - 1

Path = list[Any]


@dataclass(frozen=True)
class _Problem:
    path: Path
    explanation: str

    def shown(self) -> dict[str, Any]:
        return {"path": self.path, "explanation": self.explanation}


class _TooLong(Exception):
    def __init__(self, size: int, path: Path) -> None:
        super().__init__()
        self.size = size
        self.path = path


def check(
    schema: GraphQLSchema, operation: OperationDefinitionNode, given: Mapping[str, Any]
) -> list[GraphQLError]:
    """What is wrong with the variables of a request; empty when all fit."""
    errors: list[GraphQLError] = []
    for definition in operation.variable_definitions or ():
        name = definition.variable.name.value
        kind = type_from_ast(schema, definition.type)
        if name not in given and definition.default_value is not None:
            continue
        value = given.get(name)
        try:
            problems = list(_problems(kind, value, []))
        except _TooLong as refused:
            errors.append(_too_long(operation, name, refused))
            continue
        if problems:
            errors.append(_invalid(definition, name, str(kind), value, problems))
    return errors


def _invalid(node: Any, name: str, kind: str, value: Any, problems: list[_Problem]) -> GraphQLError:
    told = ", ".join(
        f"{'.'.join(str(part) for part in problem.path)} ({problem.explanation})"
        for problem in problems
        if problem.path
    )
    message = f"Variable ${name} of type {kind} was provided invalid value"
    return GraphQLError(
        f"{message} for {told}" if told else message,
        node,
        extensions={
            "code": "INVALID_VARIABLE",
            "value": value,
            "problems": [problem.shown() for problem in problems],
        },
    )


def _too_long(operation: OperationDefinitionNode, name: str, refused: _TooLong) -> GraphQLError:
    root = operation.selection_set.selections[0]
    shown = getattr(getattr(root, "name", None), "value", name)
    return GraphQLError(
        f"The input array size of {refused.size} is greater than the maximum allowed of "
        f"{_ARRAY_LIMIT}.",
        root,
        path=[shown, name, *refused.path],
        extensions={"code": "MAX_INPUT_SIZE_EXCEEDED"},
    )


def _problems(kind: Any, value: Any, path: Path) -> list[_Problem]:
    if isinstance(kind, GraphQLNonNull):
        if value is None:
            return [_Problem(path, "Expected value to not be null")]
        kind = kind.of_type
    if value is None:
        return []
    if isinstance(kind, GraphQLList):
        return _list_problems(kind, value, path)
    if isinstance(kind, GraphQLInputObjectType):
        return _object_problems(kind, value, path)
    if isinstance(kind, GraphQLEnumType):
        if isinstance(value, str) and value in kind.values:
            return []
        names = ", ".join(kind.values)
        return [_Problem(path, f'Expected "{value}" to be one of: {names}')]
    return _scalar_problems(kind.name, value, path)


def _list_problems(kind: GraphQLList[Any], value: Any, path: Path) -> list[_Problem]:
    entries = value if isinstance(value, list) else [value]
    if len(entries) > _ARRAY_LIMIT:
        raise _TooLong(len(entries), path)
    return [
        problem
        for index, entry in enumerate(entries)
        for problem in _problems(kind.of_type, entry, [*path, index])
    ]


def _object_problems(kind: GraphQLInputObjectType, value: Any, path: Path) -> list[_Problem]:
    if not isinstance(value, dict):
        return [_Problem(path, f'Expected "{value}" to be a key-value object.')]
    problems = [
        _Problem([*path, name], f"Field is not defined on {kind.name}")
        for name in value
        if name not in kind.fields
    ]
    for name, entry in kind.fields.items():
        if name in value:
            problems += _problems(entry.type, value[name], [*path, name])
        elif is_required_input_field(entry):
            problems.append(_Problem([*path, name], "Expected value to not be null"))
    if kind.is_one_of and len(value) != 1:
        text = f"'{kind.name}' requires exactly one argument, but {len(value)} were provided."
        problems.append(_Problem(path, text))
    return problems


def _scalar_problems(name: str, value: Any, path: Path) -> list[_Problem]:
    if _fits(name, value):
        if name == "ID" and not str(value).startswith("gid://shopify/"):
            return [_Problem(path, f"Invalid global id '{value}'")]
        return []
    return [_Problem(path, f"Could not coerce value {value!r} to {name}")]


def _fits(name: str, value: Any) -> bool:
    if name == "Boolean":
        return isinstance(value, bool)
    if name == "Int":
        return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _INT_MAX
    if name == "Float":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if name == "ID":
        return isinstance(value, (str, int)) and not isinstance(value, bool)
    if name in ("Money", "Decimal"):
        return _is_number(value)
    return isinstance(value, str) or name == "JSON"


def _is_number(value: Any) -> bool:
    if isinstance(value, bool):
        return False
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True
