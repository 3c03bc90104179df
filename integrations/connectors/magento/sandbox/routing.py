"""Which call leads to which function, and what a function is told about its call."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from integrations.connectors.magento.sandbox.errors import required, wrong_type

if TYPE_CHECKING:
    from integrations.connectors.magento.sandbox.shop import Shop

ALL_STORES = "all"


@dataclass(frozen=True)
class Call:
    """One call. `params`: the {names} of the path, decoded; `query`: pairs in their order, decoded;
    `body`: the decoded JSON, numbers with a point as Decimal, None without one; `store`: the store
    code of the path ("default" when it names none, "all" for global values); `what`: "METHOD /V1/path"
    as faults match it; `is_async`: worked off later by the consumer."""

    method: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    query: Sequence[tuple[str, str]] = ()
    body: Any = None
    store: str = "default"
    what: str = ""
    is_async: bool = False

    @property
    def is_global(self) -> bool:
        return self.store == ALL_STORES

    def number(self, name: str) -> int:
        """A whole number of the path. Raises Refusal."""
        try:
            return int(self.params[name])
        except ValueError as error:
            raise wrong_type(self.params[name], "int") from error

    def part(self, name: str) -> dict[str, Any]:
        """The object below `name` in the body. Raises Refusal when it is not there."""
        found = self.body.get(name) if isinstance(self.body, dict) else None
        if found is None:
            raise required(name)
        if not isinstance(found, dict):
            raise wrong_type(found, "object")
        return found

    def rows(self, name: str) -> list[dict[str, Any]]:
        """The list of objects below `name` in the body. Raises Refusal when it is not there."""
        found = self.body.get(name) if isinstance(self.body, dict) else None
        if found is None:
            raise required(name)
        return rows_of(found)

    def values(self) -> dict[str, Any]:
        """The body as an object, {} without one: for actions whose every field may be left out."""
        return self.body if isinstance(self.body, dict) else {}

    def asked(self, name: str) -> str | None:
        """The last value of a parameter of the query."""
        return next((value for key, value in reversed(self.query) if key == name), None)


Handler = Callable[["Shop", Call], Any]


@dataclass(frozen=True)
class Route:
    """`path` is below V1, without a leading slash, with {names}: "orders/{id}/comments". `resource`: the
    ACL resource an integration needs for it, "" for none, "anonymous" for a call without any login.
    `edition`: "commerce" for what Open Source does not have. `module`: one that must be installed, ""
    for the core. The handler returns JSON (Decimal and
    datetime allowed) and raises Refusal."""

    method: str
    path: str
    handler: Handler
    resource: str = ""
    edition: str = ""
    module: str = ""


@dataclass
class _Node:
    words: dict[str, _Node] = field(default_factory=dict)
    name: _Node | None = None
    routes: dict[str, tuple[Route, tuple[str, ...]]] = field(default_factory=dict)


class Table:
    """All routes. A word of a path goes before a {name} at the same place."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._root = _Node()
        for route in routes:
            self._add(route)

    def _add(self, route: Route) -> None:
        node, names = self._root, []
        for part in route.path.strip("/").split("/"):
            if part.startswith("{"):
                names.append(part[1:-1])
                node.name = node.name or _Node()
                node = node.name
            else:
                node = node.words.setdefault(part, _Node())
        if route.method in node.routes:
            raise ValueError(f"{route.method} {route.path} has two handlers")
        node.routes[route.method] = (route, tuple(names))

    def find(self, method: str, parts: Sequence[str]) -> tuple[Route, dict[str, str]] | None:
        """The route of these decoded segments and the values of its {names}."""
        return _walk(self._root, method, parts, ())


def _walk(
    node: _Node, method: str, parts: Sequence[str], values: tuple[str, ...]
) -> tuple[Route, dict[str, str]] | None:
    if not parts:
        found = node.routes.get(method)
        return None if found is None else (found[0], dict(zip(found[1], values, strict=True)))
    first, rest = parts[0], parts[1:]
    word = node.words.get(first)
    if word is not None:
        deeper = _walk(word, method, rest, values)
        if deeper is not None:
            return deeper
    return _walk(node.name, method, rest, (*values, first)) if node.name is not None else None


def rows_of(value: object) -> list[dict[str, Any]]:
    """A list of objects within a body, none of it for null. Raises Refusal for anything else."""
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        raise wrong_type(value, "array")
    return value


def decimal_of(value: object, name: str) -> Decimal:
    """A number of a body, given as number or text. Raises Refusal naming the value."""
    if isinstance(value, bool) or value is None:
        raise wrong_type(f"{name}: {value}", "float")
    try:
        number = Decimal(str(value))
    except InvalidOperation as error:
        raise wrong_type(value, "float") from error
    if not number.is_finite():
        raise wrong_type(value, "float")
    return number


def whole_of(value: object, name: str) -> int:
    """A whole number of a body. Raises Refusal naming the value."""
    number = decimal_of(value, name)
    if number != int(number):
        raise wrong_type(value, "int")
    return int(number)
