"""A set of mapping rules: built, checked and compiled once, then only applied."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from mappings.engine.plan import BadRule, BadRules, Plan, compiled
from mappings.engine.rule import Condition, Lookup, Op, Rule, ValueType

__all__ = [
    "BadRule",
    "BadRules",
    "Condition",
    "Lookup",
    "Rule",
    "RuleSet",
    "Op",
    "ValueType",
    "rule_set",
]


@dataclass(frozen=True)
class RuleSet:
    """All rules of one entity into one system. `name` and `version` say where a field came from.

    Building one checks the rules together and compiles them; raises BadRules with everything that
    is wrong. Equal rules in equal order make equal sets.
    """

    name: str
    version: str
    rules: tuple[Rule, ...]
    plan: Plan = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "plan", compiled(self.name, self.rules))

    def rows(self) -> list[dict[str, Any]]:
        """The rules as plain data; rule_set(name, rows) makes an equal set."""
        return [rule.row() for rule in self.rules]


def rule_set(name: str, rows: Sequence[Mapping[str, Any] | Rule]) -> RuleSet:
    """The rules of a preset or a version; the version is a digest, so equal rules agree.

    Raises BadRules, which lists what is wrong with each rule.
    """
    rules, bad = [], []
    for number, row in enumerate(rows, start=1):
        try:
            rules.append(row if isinstance(row, Rule) else Rule.model_validate(dict(row)))
        except ValidationError as error:
            target = str(row.get("target", "")) if isinstance(row, Mapping) else ""
            place = f"rule for {target!r}" if target else f"rule {number} of {name}"
            bad += [BadRule(target, _said(place, one)) for one in error.errors()]
    if bad:
        raise BadRules(bad)
    digest = hashlib.sha256(
        json.dumps([rule.row() for rule in rules], sort_keys=True, default=str).encode()
    )
    return RuleSet(name=name, version=digest.hexdigest()[:12], rules=tuple(rules))


def _said(place: str, error: Mapping[str, Any]) -> str:
    """pydantic's finding as a sentence that names the rule and the member."""
    member = ".".join(str(step) for step in error["loc"])
    message = str(error["msg"]).removeprefix("Value error, ")
    if not member:
        return message
    if error["type"] == "extra_forbidden":
        return f"{place}: {member} is no part of a rule"
    return f"{place}: {member}: {message[:1].lower()}{message[1:]}"
