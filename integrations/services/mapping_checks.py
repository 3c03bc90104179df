"""What is wrong with a draft, all of it at once, in words for the person who wrote it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from integrations.models import Flow
from integrations.sync import rulebooks
from mappings.engine import changes
from mappings.engine.changes import Change
from mappings.engine.paths import BadPath, parse
from mappings.engine.plan import BadRules
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


def troubles(flow: Flow, made: Sequence[Change]) -> list[Trouble]:
    """Everything that keeps these changes from being published over the shipped rules."""
    preset = rulebooks.shipped(flow)
    found: list[Trouble] = []
    if len(made) > MOST_CHANGES:
        found.append(Trouble("", f"{len(made)} rules are changed; at most {MOST_CHANGES} can be."))
    needed = {rule.slot for rule in preset.rules if rule.required}
    found += [
        Trouble(
            str(one["target"]),
            f"The rule for {one['target']} cannot be removed: the target system needs this field."
            " Change the rule instead.",
        )
        for one in made
        if one.get("removed") and one["target"] in needed
    ]
    return found + list(_wrong(preset, made))


def without_idle(preset: RuleSet, made: Sequence[Change]) -> list[dict[str, Any]]:
    """The changes without those that say what the preset says already."""
    shipped = {rule.slot: rule for rule in preset.rules}
    return [dict(one) for one in made if not _is_idle(one, shipped)]


def _is_idle(one: Change, shipped: Mapping[str, Rule]) -> bool:
    target = str(one["target"])
    if one.get("removed"):
        return target not in shipped
    if "after" in one:
        return False
    try:
        return shipped.get(target) == Rule.model_validate(one["rule"])
    except ValidationError:
        return False


def _wrong(preset: RuleSet, made: Sequence[Change]) -> Iterator[Trouble]:
    """What the engine says of the rules. It checks rules together only when each is right by
    itself, so those that are wrong are left out and the rest is looked at again."""
    told: set[str] = set()
    rest = list(made)
    while True:
        try:
            changes.apply(preset, rest)
        except BadRules as bad:
            for one in bad.found:
                if one.message not in told:
                    told.add(one.message)
                    yield Trouble(one.target, _sentence(one.message))
            names = {one.target for one in bad.found}
            left = [one for one in rest if not names & {str(one["target"]), _field(one)}]
            if len(left) == len(rest):
                return
            rest = left
        else:
            return


def _field(one: Change) -> str:
    rule = one.get("rule")
    return str(rule.get("target", "")) if isinstance(rule, Mapping) else ""


def _sentence(message: str) -> str:
    said = message.strip().rstrip(".")
    return f"{said[:1].upper()}{said[1:]}."
