"""What a resolver knows of the request it serves, and the errors it may answer with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import GraphQLError, GraphQLResolveInfo

from integrations.connectors.shopify.sandbox.access import described
from integrations.connectors.shopify.sandbox.identifiers import parse_gid
from integrations.connectors.shopify.sandbox.shop import Shop


@dataclass
class Call:
    """One GraphQL request. `show`: how a record of a type is shown, for links that lead back to
    where they came from. `closed`: types that the token may not read. `searches`: what the answer
    says about filters that were ignored. `suggest`: what a refund of an order would come to."""

    shop: Shop
    version: str
    show: Mapping[str, Callable[..., dict[str, Any]]]
    suggest: Callable[..., dict[str, Any]]
    closed: frozenset[str] = frozenset()
    searches: list[dict[str, Any]] = field(default_factory=list)


def user_error(path: Sequence[str] | None, message: str, code: str | None = None) -> dict[str, Any]:
    """One entry of userErrors; `code` is read only where the type has one."""
    return {"field": list(path) if path is not None else None, "message": message, "code": code}


def denied(name: str, scopes: tuple[str, ...]) -> GraphQLError:
    """What a field answers whose scope the token lacks."""
    needed = described(scopes)
    return GraphQLError(
        f"Access denied for {name} field. Required access: {needed}",
        extensions={
            "code": "ACCESS_DENIED",
            "documentation": "https://shopify.dev/api/usage/access-scopes",
            "requiredAccess": needed,
        },
    )


def number_in(value: str, *kinds: str) -> int:
    """The number in an id argument. Raises RESOURCE_NOT_FOUND for an id of another kind."""
    parts = parse_gid(value)
    if parts is None or parts.kind not in kinds:
        raise GraphQLError("invalid id", extensions={"code": "RESOURCE_NOT_FOUND"})
    return parts.number


Info = GraphQLResolveInfo[Call]
