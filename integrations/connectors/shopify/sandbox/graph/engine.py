"""Runs one GraphQL request: checks, cost, answer."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    OperationType,
    execute_sync,
    parse,
    validate,
)

from integrations.connectors.shopify.sandbox.access import READ_SCOPES
from integrations.connectors.shopify.sandbox.budget import QUERY_LIMIT
from integrations.connectors.shopify.sandbox.graph import cost, schema, variables
from integrations.connectors.shopify.sandbox.graph.call import Call
from integrations.connectors.shopify.sandbox.graph.checks import RULES
from integrations.connectors.shopify.sandbox.graph.resolvers import refund_changes
from integrations.connectors.shopify.sandbox.graph.views import catalogue, lines, orders, people
from integrations.connectors.shopify.sandbox.shop import Shop

_KEPT_DOCUMENTS = 500
_SHOW: dict[str, Callable[..., dict[str, Any]]] = {
    "Order": orders.order,
    "OrderTransaction": orders.transaction,
    "LineItem": lines.line_item,
    "Customer": people.customer,
    "Product": catalogue.product,
}

Answer = dict[str, Any]


@dataclass(frozen=True)
class Operation:
    node: OperationDefinitionNode
    plan: cost.Step
    roots: tuple[str, ...]

    @property
    def is_write(self) -> bool:
        return self.node.operation is OperationType.MUTATION


@dataclass(frozen=True)
class Prepared:
    """A document, parsed and checked once. `errors` are ready to be answered."""

    document: DocumentNode | None
    operations: Mapping[str, Operation]
    errors: tuple[Answer, ...]


class Documents:
    """Keeps what was parsed; a connector sends the same few documents again and again."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, Prepared] = OrderedDict()

    def prepare(self, query: str) -> Prepared:
        with self._lock:
            known = self._kept.get(query)
            if known is not None:
                self._kept.move_to_end(query)
                return known
        made = _prepared(query)
        with self._lock:
            self._kept[query] = made
            if len(self._kept) > _KEPT_DOCUMENTS:
                self._kept.popitem(last=False)
        return made


def _prepared(query: str) -> Prepared:
    try:
        document = parse(query)
    except GraphQLSyntaxError as error:
        return Prepared(None, {}, (_shown(error),))
    wrong = validate(schema.load(), document, RULES)
    if wrong:
        return Prepared(document, {}, tuple(_shown(error) for error in wrong))
    fragments = {
        node.name.value: node
        for node in document.definitions
        if isinstance(node, FragmentDefinitionNode)
    }
    operations = {
        node.name.value if node.name else "": Operation(
            node, cost.plan(schema.load(), node, fragments), _roots(node)
        )
        for node in document.definitions
        if isinstance(node, OperationDefinitionNode)
    }
    return Prepared(document, operations, ())


def _roots(node: OperationDefinitionNode) -> tuple[str, ...]:
    names = (getattr(entry, "name", None) for entry in node.selection_set.selections)
    return tuple(name.value for name in names if name is not None)


def _shown(error: GraphQLError) -> Answer:
    """An error with its keys in Shopify's order."""
    formatted = error.formatted
    return {
        key: formatted[key]
        for key in ("message", "locations", "path", "extensions")
        if key in formatted
    }


def chosen(prepared: Prepared, name: str | None) -> Operation | Answer:
    """The operation to run, or the error that none or too many are meant."""
    if name:
        found = prepared.operations.get(name)
        if found is not None:
            return found
        return {"message": f'No operation named "{name}"'}
    if len(prepared.operations) == 1:
        return next(iter(prepared.operations.values()))
    return {"message": "An operation name is required"}


def throttled(shop: Shop, requested: int) -> Answer:
    """The answer when the bucket does not hold what the query asks for."""
    shop.journal.count("throttled")
    return {
        "errors": [
            {
                "message": "Throttled",
                "extensions": {
                    "code": "THROTTLED",
                    "documentation": "https://shopify.dev/api/usage/rate-limits",
                },
            }
        ],
        "extensions": {
            "cost": {
                "requestedQueryCost": requested,
                "actualQueryCost": None,
                "throttleStatus": shop.budget.status(),
            }
        },
    }


def _too_costly(requested: int) -> Answer:
    return {
        "errors": [
            {
                "message": f"Query cost is {requested}, which exceeds the single query max cost "
                f"limit ({QUERY_LIMIT}).",
                "extensions": {
                    "code": "MAX_COST_EXCEEDED",
                    "cost": requested,
                    "maxCost": QUERY_LIMIT,
                    "documentation": "https://shopify.dev/api/usage/rate-limits",
                },
            }
        ]
    }


def run(
    shop: Shop, version: str, prepared: Prepared, operation: Operation, given: Mapping[str, Any]
) -> Answer:
    """The answer's body. The caller has dealt with HTTP, the token and faults."""
    wrong = variables.check(schema.load(), operation.node, given)
    if wrong:
        return {"errors": [_shown(error) for error in wrong]}
    requested = cost.requested(operation.plan, given)
    if requested > QUERY_LIMIT:
        return _too_costly(requested)
    if not shop.budget.take(requested):
        return throttled(shop, requested)
    call = Call(shop, version, _SHOW, refund_changes.suggested, _closed(shop))
    with shop.lock:
        result = _executed(prepared, operation, given, call)
    used = min(cost.actual_inner(operation.plan, result.data or {}), requested)
    shop.budget.give_back(requested - used)
    return _body(shop, call, result, requested, used)


def _closed(shop: Shop) -> frozenset[str]:
    granted = shop.tokens.granted
    return frozenset(
        kind
        for kind, scopes in READ_SCOPES.items()
        if not any(scope in granted for scope in scopes)
    )


def _executed(
    prepared: Prepared, operation: Operation, given: Mapping[str, Any], call: Call
) -> ExecutionResult:
    if prepared.document is None:
        raise ValueError("a document that did not parse cannot be run")
    return execute_sync(
        schema.load(),
        prepared.document,
        context_value=call,
        variable_values=dict(given),
        operation_name=operation.node.name.value if operation.node.name else None,
    )


def _body(shop: Shop, call: Call, result: ExecutionResult, requested: int, used: int) -> Answer:
    body: Answer = {}
    if result.errors:
        body["errors"] = [_told(error) for error in result.errors]
    body["data"] = result.data
    body["extensions"] = {
        "cost": {
            "requestedQueryCost": requested,
            "actualQueryCost": used,
            "throttleStatus": shop.budget.status(),
        }
    }
    if call.searches:
        body["extensions"]["search"] = call.searches
    return body


def _told(error: GraphQLError) -> Answer:
    if error.original_error is not None and not isinstance(error.original_error, GraphQLError):
        # A mistake of the sandbox must not look like an answer of Shopify.
        raise error.original_error
    return _shown(error)
