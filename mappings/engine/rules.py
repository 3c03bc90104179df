"""A mapping rule, and a set of them, as data."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator

from mappings.engine.paths import EACH, parse

_NOTHING: Any = object()


class ValueType(StrEnum):
    """What a target field wants."""

    TEXT = "text"
    DECIMAL = "decimal"
    INTEGER = "integer"
    FLAG = "flag"
    INSTANT = "instant"


class Lookup(BaseModel):
    """Replaces a value by the one a table names for it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    table: str
    source: str


class Rule(BaseModel):
    """How one target field is filled: from a source path, a constant or a lookup.

    `default` is used when the source is missing, null or empty, and when a table that is looked
    into has no entry for it. With `required`, a field that
    stays empty holds the record. `[]` in target and source repeats the rule over a list.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    target: str
    source: str | None = None
    constant: Any = None
    lookup: Lookup | None = None
    default: Any = None
    required: bool = False
    type: ValueType | None = None

    @model_validator(mode="after")
    def _check(self) -> Rule:
        given = [
            name
            for name, value in (
                ("source", self.source),
                ("constant", self.constant),
                ("lookup", self.lookup),
            )
            if value is not None
        ]
        if len(given) != 1:
            raise ValueError(f"rule for {self.target!r} needs one of source, constant, lookup")
        lists = parse(self.target).count(EACH)
        if lists > 1:
            raise ValueError(f"rule for {self.target!r} repeats over more than one list")
        origin = self.origin
        if origin is not None and parse(origin).count(EACH) != lists:
            raise ValueError(f"rule for {self.target!r} repeats on one side only")
        return self

    @property
    def origin(self) -> str | None:
        """The source path the rule reads, if it reads one."""
        return self.lookup.source if self.lookup else self.source


class RuleSet(BaseModel):
    """All rules of one entity into one system. `name` and `version` say where a field came from."""

    model_config = ConfigDict(frozen=True)

    name: str
    version: str
    rules: tuple[Rule, ...]


def rule_set(name: str, rows: Sequence[Mapping[str, Any]]) -> RuleSet:
    """The rules of a preset; the version is a digest of the rows, so equal rules agree.

    Raises pydantic's ValidationError naming the rule, or ValueError when two rules fill one field.
    """
    rules = tuple(Rule.model_validate(row) for row in rows)
    seen: set[str] = set()
    for rule in rules:
        if rule.target in seen:
            raise ValueError(f"two rules of {name} fill {rule.target!r}")
        seen.add(rule.target)
    digest = hashlib.sha256(json.dumps(list(rows), sort_keys=True, default=str).encode())
    return RuleSet(name=name, version=digest.hexdigest()[:12], rules=rules)
