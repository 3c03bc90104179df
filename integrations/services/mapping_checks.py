"""What is wrong with a draft, all of it at once, in words for the person who wrote it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from integrations.models import Flow
from integrations.sync import rulebooks
from mappings.engine import changes
from mappings.engine.paths import BadPath, parse
from mappings.engine.rules import Rule, RuleSet

MOST_CHANGES = 500


@dataclass(frozen=True)
class Trouble:
    """One thing that is wrong: the target field it is about, and a sentence."""

    target: str
    message: str


def target_of(change: Mapping[str, Any]) -> str:
    """The target a change is about. Raises BadPath when it names none."""
    target = str(change.get("target") or "").strip()
    if not target:
        raise BadPath("A change names no target field")
    parse(target.partition("+")[0])
    return target


def troubles(flow: Flow, made: Sequence[Mapping[str, Any]]) -> list[Trouble]:
    """Everything that keeps these changes from being published over the shipped rules."""
    preset = rulebooks.shipped(flow)
    found: list[Trouble] = []
    if len(made) > MOST_CHANGES:
        found.append(Trouble("", f"{len(made)} rules are changed; at most {MOST_CHANGES} can be."))
    needed = {changes.slot(rule) for rule in preset.rules if rule.required}
    good = []
    for one in made:
        target = str(one.get("target", ""))
        wrong = _wrong(one, target, needed)
        found += wrong
        if not wrong:
            good.append(one)
    found += _together(preset, good)
    return found


def without_idle(preset: RuleSet, made: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The changes without those that say what the preset says already."""
    shipped = {changes.slot(rule): rule for rule in preset.rules}
    return [dict(one) for one in made if not _is_idle(one, shipped)]


def _is_idle(one: Mapping[str, Any], shipped: Mapping[str, Rule]) -> bool:
    target = str(one["target"])
    if one.get("removed"):
        return target not in shipped
    try:
        return shipped.get(target) == Rule.model_validate(one["rule"])
    except ValidationError:
        return False


def _wrong(one: Mapping[str, Any], target: str, needed: set[str]) -> list[Trouble]:
    if one.get("removed"):
        if target in needed:
            return [
                Trouble(
                    target,
                    f"The rule for {target} cannot be removed: the target system needs this field."
                    " Change the rule instead.",
                )
            ]
        return []
    rule = one.get("rule")
    if not isinstance(rule, Mapping):
        return [Trouble(target, f"The rule for {target} is missing.")]
    try:
        Rule.model_validate(dict(rule))
    except ValidationError as error:
        return [Trouble(target, _said(target, found)) for found in error.errors(include_url=False)]
    return []


def _together(preset: RuleSet, good: Sequence[Mapping[str, Any]]) -> list[Trouble]:
    """What is wrong with rules that are each right by themselves."""
    try:
        changes.apply(preset, good)
    except ValueError as error:
        return [Trouble("", f"{str(error).rstrip('.')}.")]
    return []


def _said(target: str, error: Any) -> str:
    """pydantic's finding as a sentence that names the rule and its part."""
    part = ".".join(str(step) for step in error["loc"])
    said = str(error["msg"]).removeprefix("Value error, ").rstrip(".")
    if error["type"] == "extra_forbidden":
        return f"The rule for {target}: {part} is no part of a rule. Remove it."
    where = f"{part}: " if part else ""
    return f"The rule for {target}: {where}{said[:1].lower()}{said[1:]}."
