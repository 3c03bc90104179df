"""The schema with its resolvers."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLList,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    get_named_type,
    get_nullable_type,
)

from integrations.connectors.shopify.sandbox.access import READ_SCOPES, WRITE_SCOPES
from integrations.connectors.shopify.sandbox.graph.call import Call, Info, denied
from integrations.connectors.shopify.sandbox.graph.paging import Rows, page
from integrations.connectors.shopify.sandbox.graph.resolvers import (
    catalogue_queries,
    customers,
    fulfillment_changes,
    gift_cards,
    inventory_changes,
    metafield_changes,
    order_changes,
    order_queries,
    product_changes,
    refund_changes,
    shop_queries,
    webhooks,
)

SCHEMA_FILE = Path(__file__).parent.parent / "schema.graphql"

_MODULES = (
    shop_queries,
    order_queries,
    order_changes,
    refund_changes,
    gift_cards,
    fulfillment_changes,
    inventory_changes,
    catalogue_queries,
    product_changes,
    customers,
    metafield_changes,
    webhooks,
)
_PAGING = ("first", "last", "after", "before", "reverse")

Resolver = Callable[..., Any]


@cache
def load() -> GraphQLSchema:
    """Our part of the Admin API, ready to run. Every root field has a resolver."""
    schema = build_schema(SCHEMA_FILE.read_text())
    for name, kind in schema.type_map.items():
        if isinstance(kind, GraphQLObjectType) and not name.startswith("__"):
            for field_name, field in kind.fields.items():
                field.resolve = _resolver(schema, kind, field_name, field)
    return schema


def _resolver(
    schema: GraphQLSchema, parent: GraphQLObjectType, name: str, field: GraphQLField
) -> Resolver:
    if parent is schema.query_type or parent is schema.mutation_type:
        resolve = _root(name)
    else:
        resolve = _member(name)
    kind = get_named_type(field.type).name
    if kind.endswith("Connection"):
        resolve = _paged(resolve)
    elif isinstance(get_nullable_type(field.type), GraphQLList) and "first" in field.args:
        resolve = _cut(resolve)
    scopes = WRITE_SCOPES.get(name) if parent is schema.mutation_type else None
    if scopes is not None:
        return _scoped(resolve, name, scopes)
    shown = kind.removesuffix("Connection")
    return _closed(resolve, name, shown) if shown in READ_SCOPES else resolve


def _root(name: str) -> Resolver:
    for module in _MODULES:
        function = module.QUERIES.get(name) or module.MUTATIONS.get(name)
        if function is None:
            continue
        if name in inventory_changes.WITH_INFO | refund_changes.WITH_INFO:
            return lambda _root, info, **args: function(info.context, info, **args)
        return lambda _root, info, **args: function(info.context, **args)
    raise LookupError(f"nothing serves the root field {name}")


def _member(name: str) -> Resolver:
    def resolve(source: dict[str, Any], info: Info, **args: Any) -> Any:
        value = source[name]
        return value(info.context, **args) if callable(value) else value

    return resolve


def _paged(resolve: Resolver) -> Resolver:
    def paged(source: Any, info: Info, **args: Any) -> Any:
        paging = {key: args.pop(key) for key in _PAGING if key in args}
        rows = resolve(source, info, **args)
        return page(rows, **paging) if isinstance(rows, Rows) else rows

    return paged


def _cut(resolve: Resolver) -> Resolver:
    def cut(source: Any, info: Info, first: int | None = None, **args: Any) -> Any:
        rows = resolve(source, info, **args)
        return rows if first is None or rows is None else rows[:first]

    return cut


def _closed(resolve: Resolver, name: str, kind: str) -> Resolver:
    """Refuses a field whose type the token may not read."""

    def closed(source: Any, info: Info, **args: Any) -> Any:
        call: Call = info.context
        if call.closed and kind in call.closed:
            raise denied(name, READ_SCOPES[kind])
        return resolve(source, info, **args)

    return closed


def _scoped(resolve: Resolver, name: str, scopes: tuple[str, ...]) -> Resolver:
    def scoped(source: Any, info: Info, **args: Any) -> Any:
        if not any(scope in info.context.shop.tokens.granted for scope in scopes):
            raise denied(name, scopes)
        return resolve(source, info, **args)

    return scoped
