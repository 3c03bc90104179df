"""Checks of a document before it runs, with Shopify's messages and error codes.

The texts and codes are those of the recorded refusals and of the graphql-ruby library that makes
them; where Shopify's wording is unknown the standard wording stands.
"""

from __future__ import annotations

from typing import Any

from graphql import (
    ArgumentNode,
    ASTValidationRule,
    FieldNode,
    GraphQLEnumType,
    GraphQLError,
    GraphQLNonNull,
    GraphQLScalarType,
    InlineFragmentNode,
    Node,
    OperationDefinitionNode,
    OperationType,
    ValidationRule,
    ValuesOfCorrectTypeRule,
    VariableNode,
    get_named_type,
    is_leaf_type,
    is_required_argument,
    is_type_sub_type_of,
    specified_rules,
    type_from_ast,
    value_from_ast,
)
from graphql.language import FragmentDefinitionNode, NullValueNode
from graphql.pyutils import Undefined

Ancestors = list[Any]


def label(operation: OperationDefinitionNode) -> str:
    """How Shopify names an operation in a path: "mutation InventorySet"."""
    kind = "mutation" if operation.operation is OperationType.MUTATION else "query"
    return f"{kind} {operation.name.value}" if operation.name else kind


def _path(ancestors: Ancestors, *more: str) -> list[str]:
    parts: list[str] = []
    for node in ancestors:
        if isinstance(node, OperationDefinitionNode):
            parts.append(label(node))
        elif isinstance(node, FragmentDefinitionNode):
            parts.append(f"fragment {node.name.value}")
        elif isinstance(node, FieldNode):
            parts.append(node.alias.value if node.alias else node.name.value)
        elif isinstance(node, InlineFragmentNode):
            on = node.type_condition
            parts.append(f"... on {on.name.value}" if on else "...")
    return [*parts, *more]


class _Coded(ValidationRule):
    def refuse(
        self, node: Node, message: str, path: list[str], code: str, **details: object
    ) -> None:
        self.report_error(
            GraphQLError(message, node, path=path, extensions={"code": code, **details})
        )


class KnownFields(_Coded):
    """Each field exists on its type."""

    def enter_field(
        self, node: FieldNode, _key: Any, _parent: Any, _path_: Any, ancestors: Ancestors
    ) -> None:
        kind = self.context.get_parent_type()
        if kind is None or self.context.get_field_def() is not None:
            return
        name = node.name.value
        self.refuse(
            node,
            f"Field '{name}' doesn't exist on type '{kind.name}'",
            _path(ancestors, node.alias.value if node.alias else name),
            "undefinedField",
            typeName=kind.name,
            fieldName=name,
        )


class KnownArguments(_Coded):
    """Fields are given no argument they do not take, and none they need is missing."""

    def enter_field(
        self, node: FieldNode, _key: Any, _parent: Any, _path_: Any, ancestors: Ancestors
    ) -> None:
        definition = self.context.get_field_def()
        if definition is None:
            return
        name = node.name.value
        path = _path(ancestors, node.alias.value if node.alias else name)
        for argument in node.arguments or ():
            given = argument.name.value
            if given not in definition.args:
                self.refuse(
                    argument,
                    f"Field '{name}' doesn't accept argument '{given}'",
                    [*path, given],
                    "argumentNotAccepted",
                    name=name,
                    typeName="Field",
                    argumentName=given,
                )
        named = {argument.name.value for argument in node.arguments or ()}
        missing = [
            key
            for key, entry in definition.args.items()
            if is_required_argument(entry) and key not in named
        ]
        if missing:
            self.refuse(
                node,
                f"Field '{name}' is missing required arguments: {', '.join(missing)}",
                path,
                "missingRequiredArguments",
                className="Field",
                name=name,
                arguments=", ".join(missing),
            )


class FittingLiterals(_Coded):
    """Values written into the document fit the argument's type."""

    def enter_argument(
        self, node: ArgumentNode, _key: Any, _parent: Any, _path_: Any, ancestors: Ancestors
    ) -> None:
        argument = self.context.get_argument()
        field = next((entry for entry in reversed(ancestors) if isinstance(entry, FieldNode)), None)
        value = node.value
        if argument is None or field is None or isinstance(value, VariableNode):
            return
        if not isinstance(get_named_type(argument.type), (GraphQLEnumType, GraphQLScalarType)):
            return
        is_null = isinstance(value, NullValueNode) and isinstance(argument.type, GraphQLNonNull)
        if not is_null and value_from_ast(value, argument.type) is not Undefined:
            return
        name, kind = node.name.value, str(argument.type)
        shown = getattr(value, "value", None)
        text = f'"{shown}"' if type(value).__name__ == "StringValueNode" else str(shown)
        self.refuse(
            field,
            f"Argument '{name}' on Field '{field.name.value}' has an invalid value ({text}). "
            f"Expected type '{kind}'.",
            _path(ancestors, name),
            "argumentLiteralsIncompatible",
            typeName="Field",
            argumentName=name,
        )


class OtherLiterals(ValuesOfCorrectTypeRule):
    """Literals inside input objects; plain ones are `FittingLiterals`' business."""

    def report_error(self, error: GraphQLError) -> None:
        node = error.nodes[0] if error.nodes else None
        if type(node).__name__ in ("ObjectValueNode", "ObjectFieldNode"):
            error.extensions = {"code": "argumentLiteralsIncompatible"}
            super().report_error(error)


class WholeSelections(_Coded):
    """Objects have selections, scalars have none."""

    def enter_field(
        self, node: FieldNode, _key: Any, _parent: Any, _path_: Any, ancestors: Ancestors
    ) -> None:
        kind = self.context.get_type()
        if kind is None:
            return
        name = node.name.value
        path = _path(ancestors, node.alias.value if node.alias else name)
        is_leaf = is_leaf_type(get_named_type(kind))
        if is_leaf and node.selection_set is not None:
            chosen = ", ".join(
                f'"{entry.name.value}"'
                for entry in node.selection_set.selections
                if isinstance(entry, FieldNode)
            )
            shown = get_named_type(kind).name
            text = f"Selections can't be made on scalars (field '{name}' returns {shown} but has selections [{chosen}])"
        elif not is_leaf and node.selection_set is None:
            shown = get_named_type(kind).name
            text = f"Field must have selections (field '{name}' returns {shown} but has no selections. Did you mean '{name} {{ ... }}'?)"
        else:
            return
        self.refuse(node, text, path, "selectionMismatch", nodeName=f"field '{name}'")


class UsedVariables(_Coded):
    """Each declared variable is used, each used one declared, and it fits where it is used."""

    def leave_operation_definition(self, operation: OperationDefinitionNode, *_: Any) -> None:
        usages = self.context.get_recursive_variable_usages(operation)
        used = {usage.node.name.value for usage in usages}
        declared = {
            entry.variable.name.value: entry for entry in operation.variable_definitions or ()
        }
        name = label(operation)
        for variable, definition in declared.items():
            if variable not in used:
                self.refuse(
                    definition,
                    f"Variable ${variable} is declared by {_owner(operation)} but not used",
                    [name],
                    "variableNotUsed",
                    variableName=variable,
                )
        for usage in usages:
            variable = usage.node.name.value
            if variable not in declared:
                self.refuse(
                    usage.node,
                    f"Variable ${variable} is used by {_owner(operation)} but not declared",
                    [name],
                    "variableNotDefined",
                    variableName=variable,
                )
                continue
            given = type_from_ast(self.context.schema, declared[variable].type)
            has_default = declared[
                variable
            ].default_value is not None or usage.default_value not in (None, Undefined)
            wanted = usage.type
            if given is None or wanted is None:
                continue
            if has_default and isinstance(wanted, GraphQLNonNull):
                wanted = wanted.of_type
            if not is_type_sub_type_of(self.context.schema, given, wanted):
                self.refuse(
                    usage.node,
                    f"Type mismatch on variable ${variable} ({given} / {usage.type})",
                    [name],
                    "variableMismatch",
                    variableName=variable,
                    typeName=str(given),
                    errorMessage="Type mismatch",
                )


def _owner(operation: OperationDefinitionNode) -> str:
    return operation.name.value if operation.name else f"anonymous {label(operation)}"


_REPLACED = {
    "FieldsOnCorrectTypeRule",
    "KnownArgumentNamesRule",
    "ProvidedRequiredArgumentsRule",
    "ValuesOfCorrectTypeRule",
    "ScalarLeafsRule",
    "NoUnusedVariablesRule",
    "NoUndefinedVariablesRule",
    "VariablesInAllowedPositionRule",
}

RULES: tuple[type[ASTValidationRule], ...] = (
    *(rule for rule in specified_rules if rule.__name__ not in _REPLACED),
    KnownFields,
    KnownArguments,
    FittingLiterals,
    OtherLiterals,
    WholeSelections,
    UsedVariables,
)
