"""Reads the rules of any version of a flow, and what tells two of them apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from integrations.connector_kit import presets
from integrations.models import Flow
from integrations.sync import rulebooks
from mappings.engine import changes
from mappings.engine.rules import RuleSet, rule_set
from mappings.models import MappingVersion, PresetText, VersionState

PRESET = "preset"
DRAFT = "draft"


class CannotRead(LookupError):
    """There is no such version, or its rules cannot be read any more; the message says which."""


@dataclass(frozen=True)
class Difference:
    """One rule that two versions do not share. A side is None where the rule is missing there."""

    target: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None


@dataclass(frozen=True)
class Newer:
    """A rule of the preset that changed since a version was published over it.

    `is_own`: the pair has a rule of its own for the target, so the newer one does not count here.
    """

    target: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    is_own: bool


def find(flow: Flow, which: str | int) -> MappingVersion | None:
    """The version "draft", a number, or None for "preset". Raises CannotRead."""
    word = str(which).strip().lower().removeprefix("v")
    if word in (PRESET, "0"):
        return None
    rows = of_flow(flow)
    found: MappingVersion | None = None
    if word == DRAFT:
        found = rows.filter(state=VersionState.DRAFT).first()
    elif word.isdecimal() and len(word) < 10:
        found = rows.filter(number=int(word)).first()
    if found is None:
        raise CannotRead(
            f"There is no version {str(which)[:40]} of {flow.entity} {flow.direction}."
        )
    return found


def of_flow(flow: Flow) -> Any:
    """All versions of the flow's rules. Call inside the tenant's scope."""
    return MappingVersion.objects.filter(
        set_id=flow.pair.mapping_set_id, entity=flow.entity, direction=flow.direction
    )


def rules_of(flow: Flow, version: MappingVersion | None) -> RuleSet:
    """The rules a version stands for: over the preset it was published over, a draft over the one
    of now; None is that preset itself. Raises CannotRead."""
    if version is None:
        return rulebooks.shipped(flow)
    base = rulebooks.shipped(flow) if version.is_draft else preset_named(version.preset)
    return applied(base, version.changes)


def applied(base: RuleSet, made: Sequence[changes.Change]) -> RuleSet:
    """The changes put on. Raises CannotRead when this release does not know such rules any more."""
    try:
        return changes.apply(base, made)
    except ValueError as error:
        raise CannotRead(f"These rules cannot be read by this release: {error}") from None


def preset_named(name_and_digest: str) -> RuleSet:
    """The shipped rules of that digest, also of an older release. Raises CannotRead."""
    name, _, digest = name_and_digest.partition("@")
    current = _current(name)
    if current is not None and current.version == digest:
        return current
    text: PresetText | None = PresetText.objects.filter(name=name, digest=digest).first()
    if text is None:
        raise CannotRead(f"The shipped rules {name_and_digest} were not kept.")
    try:
        rules = rule_set(name, text.rows).rules
    except ValueError as error:
        raise CannotRead(f"{name_and_digest} cannot be read by this release: {error}") from None
    return RuleSet(name=name, version=digest, rules=rules)


def has_rules(flow: Flow) -> bool:
    """Whether rules are shipped for the flow; without them it has no pages of rules."""
    try:
        return bool(rulebooks.shipped(flow).rules)
    except presets.NoPreset:
        return False


def difference(*, flow: Flow, before: str | int, after: str | int) -> list[Difference]:
    """The rules two versions do not share, by target. Call inside the tenant's scope.

    A version is a number, "draft" or "preset" (as shipped now). Raises CannotRead.
    """
    one, other = find(flow, before), find(flow, after)
    return between(rules_of(flow, one), rules_of(flow, other))


def between(before: RuleSet, after: RuleSet) -> list[Difference]:
    """What has to be changed of the first rules to have the second."""
    old, new = by_slot(before), by_slot(after)
    targets = [target for target in new if old.get(target) != new[target]]
    targets += [target for target in old if target not in new]
    return [Difference(target, old.get(target), new.get(target)) for target in targets]


def newer_preset(*, flow: Flow) -> list[Newer]:
    """What the shipped rules of this release changed since the flow's version was published.

    Targets without a rule of the pair's own follow the newer rule already. Call inside the scope.
    """
    version: MappingVersion | None = flow.mapping_version
    if version is None:
        return []
    own = {str(change["target"]) for change in version.changes}
    found = between(preset_named(version.preset), rulebooks.shipped(flow))
    return [Newer(one.target, one.before, one.after, one.target in own) for one in found]


def by_slot(rules: RuleSet) -> dict[str, dict[str, Any]]:
    """Each rule's row by what tells it from the others."""
    return {rule.slot: rule.row() for rule in rules.rules}


def _current(name: str) -> RuleSet | None:
    connector, flavour, entity = (name.split("/") + ["", "", ""])[:3]
    try:
        return presets.of_name(connector, flavour, entity)
    except presets.NoPreset:
        return None
