"""A pair's own rules as changes over a preset: put on, and found again.

A change is {"target": t, "rule": {...}} (the rule of that target is set or added) or
{"target": t, "removed": true}.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mappings.engine.rules import Rule, RuleSet

Change = Mapping[str, Any]


def apply(preset: RuleSet, changes: Sequence[Change]) -> RuleSet:
    """The preset with the changes put on: a changed rule keeps its place, a new one comes last.

    A change of a target that the preset does not fill (any more) adds its rule; removing such a
    target removes nothing. Raises pydantic's ValidationError when a rule is not one.
    """
    if not changes:
        return preset
    rules = {slot(rule): rule for rule in preset.rules}
    for change in changes:
        target = str(change["target"])
        if change.get("removed"):
            rules.pop(target, None)
        else:
            rules[target] = Rule.model_validate({"target": target, **change["rule"]})
    return RuleSet(name=preset.name, version=preset.version, rules=tuple(rules.values()))


def between(a: RuleSet, b: RuleSet) -> list[dict[str, Any]]:
    """The changes that make `b` out of `a`, by target in the order of `b`; removed ones last."""
    before = {slot(rule): rule for rule in a.rules}
    after = {slot(rule): rule for rule in b.rules}
    found: list[dict[str, Any]] = [
        {"target": target, "rule": row(rule)}
        for target, rule in after.items()
        if before.get(target) != rule
    ]
    found += [{"target": target, "removed": True} for target in before if target not in after]
    return found


def slot(rule: Rule) -> str:
    """What tells a rule from the others of its set."""
    return rule.target


def row(rule: Rule) -> dict[str, Any]:
    """The rule as it is written in a preset: only what it says."""
    return rule.model_dump(mode="json", exclude_defaults=True)
