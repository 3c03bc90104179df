"""Shopify's search syntax in `query:` arguments (Shopify: API search syntax).

A field that a resource does not know is ignored, with a warning in the answer's extensions; so a
misspelt filter finds everything.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

Getter = Callable[[Any], Any]
Candidates = Callable[[str], set[int]]
_Item = TypeVar("_Item")

_TOKEN = re.compile(
    r"""\s*(?:(?P<paren>[()])
    |(?P<minus>-)?(?:(?P<field>[A-Za-z_.$][\w.$]*):(?P<op>>=|<=|>|<)?)?
     (?:'(?P<single>(?:[^'\\]|\\.)*)'|"(?P<double>(?:[^"\\]|\\.)*)"|(?P<bare>[^\s()'"]+)))""",
    re.VERBOSE,
)


@dataclass(frozen=True)
class Field:
    """One searchable field. `kind`: text, instant, number or state (text with a meaning for
    "any"). `find` leads from a value to the ids of the only records that can match."""

    kind: str
    get: Getter
    find: Candidates | None = None


@dataclass(frozen=True)
class Term:
    name: str
    op: str
    value: str
    is_negated: bool = False


@dataclass
class Node:
    """`how`: "and", "or", "not" over `parts`, or "term"."""

    how: str
    parts: list[Node] = field(default_factory=list)
    term: Term | None = None


@dataclass
class Search:
    """A parsed query. `used`: the field names in it. `unknown`: terms that are ignored."""

    root: Node | None
    fields: Mapping[str, Field]
    used: set[str]
    unknown: list[Term]

    def candidates(self) -> set[int] | None:
        """Ids of the only records that can match, None when all must be looked at."""
        return _candidates(self.root, self.fields) if self.root is not None else None

    def floor(self) -> int | None:
        """N when the query is `id:>N` and nothing else."""
        term = self.root.term if self.root is not None and self.root.how == "term" else None
        if term is None or term.is_negated or (term.name, term.op) != ("id", ">"):
            return None
        known = self.fields.get("id")
        return int(term.value) if known is not None and term.value.isdigit() else None

    def matches(self, record: Any) -> bool:
        return self.root is None or _matches(self.root, self.fields, record)


def parse(query: str | None, fields: Mapping[str, Field]) -> Search:
    """The search that `query` asks for; an empty one finds everything."""
    tokens = _tokens(query or "")
    root = _Parser(tokens).either() if tokens else None
    terms = [token for token in tokens if isinstance(token, Term)]
    unknown = [term for term in terms if term.name and term.name not in fields]
    return Search(root, fields, {term.name for term in terms}, unknown)


def _tokens(text: str) -> list[str | Term]:
    tokens: list[str | Term] = []
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            at += 1
            continue
        at = found.end()
        tokens.append(_token(found))
    return tokens


def _token(found: re.Match[str]) -> str | Term:
    if found["paren"]:
        return found["paren"]
    quoted = found["single"] if found["single"] is not None else found["double"]
    value = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else found["bare"]
    name, op = found["field"] or "", found["op"] or ""
    if quoted is None and not name and value in ("AND", "OR", "NOT"):
        return str(value)
    # A comparator may stand inside the quotes as well: updated_at:'>=2026-11-01'.
    inside = re.match(r">=|<=|>|<", value) if name and not op else None
    if inside is not None:
        op, value = inside[0], value[len(inside[0]) :]
    return Term(name, op, value, bool(found["minus"]))


class _Parser:
    """OR binds less than AND; terms side by side are joined by AND."""

    def __init__(self, tokens: list[str | Term]) -> None:
        self._tokens = tokens
        self._at = 0

    def _peek(self) -> str | Term | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def either(self) -> Node:
        parts = [self._both()]
        while self._peek() == "OR":
            self._at += 1
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else Node("or", parts)

    def _both(self) -> Node:
        parts: list[Node] = []
        while (token := self._peek()) is not None and token not in ("OR", ")"):
            if token == "AND":  # noqa: S105 - a word of the search syntax
                self._at += 1
                continue
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else Node("and", parts)

    def _one(self) -> Node:
        token = self._tokens[self._at]
        self._at += 1
        if token == "NOT":  # noqa: S105 - a word of the search syntax
            return Node("not", [self._one()]) if self._peek() is not None else Node("and")
        if token == "(":  # noqa: S105 - a word of the search syntax
            inner = self.either()
            self._at += 1
            return inner
        if not isinstance(token, Term):
            return Node("and")
        leaf = Node("term", term=token)
        return Node("not", [leaf]) if token.is_negated else leaf


def _candidates(node: Node, fields: Mapping[str, Field]) -> set[int] | None:
    if node.how == "term" and node.term is not None:
        known = fields.get(node.term.name)
        if known is None or known.find is None or node.term.op or "*" in node.term.value:
            return None
        return known.find(node.term.value)
    found = [_candidates(part, fields) for part in node.parts] if node.how != "not" else []
    if node.how == "or":
        known_sets = [entry for entry in found if entry is not None]
        return set().union(*known_sets) if len(known_sets) == len(found) else None
    return next((entry for entry in found if entry is not None), None)


def _matches(node: Node, fields: Mapping[str, Field], record: Any) -> bool:
    if node.how == "or":
        return any(_matches(part, fields, record) for part in node.parts)
    if node.how == "and":
        return all(_matches(part, fields, record) for part in node.parts)
    if node.how == "not":
        return not _matches(node.parts[0], fields, record)
    return node.term is None or _term_matches(node.term, fields, record)


def _term_matches(term: Term, fields: Mapping[str, Field], record: Any) -> bool:
    if not term.name:
        default = fields.get("default")
        return default is None or term.value.lower() in str(default.get(record)).lower()
    known = fields.get(term.name)
    if known is None:
        return True
    if known.find is not None and not term.op and "*" not in term.value:
        return bool(record.id in known.find(term.value))
    values = known.get(record)
    if not isinstance(values, (list, tuple, set)):
        values = [values]
    return any(_value_matches(known.kind, term, value) for value in values)


def _value_matches(kind: str, term: Term, value: Any) -> bool:
    if value is None:
        return False
    if kind == "instant":
        wanted = instant(term.value)
        return wanted is not None and _compare(term.op, value.replace(microsecond=0), wanted)
    if kind == "number":
        text = term.value.rsplit("/", 1)[-1]
        return bool(re.fullmatch(r"-?\d+", text)) and _compare(term.op, value, int(text))
    wanted_text, text = term.value.lower(), str(value).lower()
    if wanted_text.endswith("*"):
        return text.startswith(wanted_text[:-1])
    return (kind == "state" and wanted_text == "any") or _compare(term.op, text, wanted_text)


def _compare(op: str, left: Any, right: Any) -> bool:
    if op == ">":
        return bool(left > right)
    if op == ">=":
        return bool(left >= right)
    if op == "<":
        return bool(left < right)
    if op == "<=":
        return bool(left <= right)
    return bool(left == right)


def instant(text: str) -> datetime | None:
    """A moment as the search syntax writes it; without an offset it is UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
