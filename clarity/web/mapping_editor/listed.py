"""The rules of a flow as a list that also shows what is wrong, removed or not yet published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from clarity.web.mapping_editor import words
from integrations.models import Flow
from integrations.sync import rulebooks
from mappings.engine.rules import Rule
from mappings.models import MappingVersion

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Listed:
    """One rule. `key` names its change, which differs from its slot when a rule that adds to a list
    was changed. `state`: "shipped", "changed", "added" or "removed" against the shipped rules.
    `is_drafted`: the draft says otherwise than what runs."""

    slot: str
    key: str
    rule: Row
    shipped: Row | None
    state: str
    is_drafted: bool = False
    said: str = ""
    conditions: Sequence[str] = ()
    problems: Sequence[str] = field(default_factory=tuple)

    @property
    def target(self) -> str:
        return str(self.rule.get("target") or self.slot)

    @property
    def if_empty(self) -> str:
        """What happens when nothing is there; "" where something always is."""
        return "" if "constant" in self.rule else words.if_empty(self.rule)

    @property
    def may_go(self) -> bool:
        """Whether the rule can be removed: not when the target system needs the field."""
        needed = self.shipped is not None and bool(self.shipped.get("required"))
        return self.state != "removed" and not needed

    @property
    def path(self) -> str:
        """The source path, "" where it reads none."""
        lookup = self.rule.get("lookup")
        return str((lookup or self.rule).get("source") or "")

    @property
    def text(self) -> str:
        """What a search looks through."""
        return " ".join((self.slot, self.path, self.said, *self.conditions)).lower()


def rules(
    flow: Flow,
    draft: MappingVersion | None,
    published: MappingVersion | None,
    problems: Mapping[str, Sequence[str]] | None = None,
) -> list[Listed]:
    """What the draft would make of the rules, or what runs when there is none; removed ones too."""
    shown = draft or published
    changed = _by_key(shown)
    running = _by_key(published)
    shipped = {rule.slot: rule.row() for rule in rulebooks.shipped(flow).rules}
    found = []
    for key in [*shipped, *(one for one in changed if one not in shipped)]:
        change = changed.get(key)
        is_drafted = draft is not None and _without_place(change) != _without_place(
            running.get(key)
        )
        found.append(_listed(flow, key, change, shipped.get(key), is_drafted, problems or {}))
    if draft is not None:
        gone = [key for key in running if key not in changed and key not in shipped]
        found += [
            _listed(flow, key, {"target": key, "removed": True, **running[key]}, None, True, {})
            for key in gone
        ]
    return found


def one(listed: Sequence[Listed], slot: str) -> Listed | None:
    """The rule of a slot."""
    return next((row for row in listed if slot in (row.slot, row.key)), None)


def slot_of(rule: Row, key: str) -> str:
    """What tells a rule from the others; `key` when it is too wrong to be told."""
    try:
        return Rule.model_validate(dict(rule)).slot
    except ValidationError:
        return key


def _listed(
    flow: Flow,
    key: str,
    change: Row | None,
    shipped: Row | None,
    is_drafted: bool,
    problems: Mapping[str, Sequence[str]],
) -> Listed:
    state, rule = "shipped", shipped or {}
    if change is not None:
        rule = change.get("rule") or rule
        state = "changed" if shipped is not None else "added"
        state = "removed" if change.get("removed") else state
    slot = slot_of(rule, key)
    names = dict.fromkeys((slot, key, str(rule.get("target", key))))
    return Listed(
        slot=slot,
        key=key,
        rule=rule,
        shipped=shipped,
        state=state,
        is_drafted=is_drafted,
        said=words.origin(flow.entity, rule),
        conditions=words.conditions(flow.entity, rule),
        problems=tuple(said for name in names for said in problems.get(name, ())),
    )


def _by_key(version: MappingVersion | None) -> dict[str, Row]:
    return {str(one["target"]): one for one in version.changes} if version else {}


def _without_place(change: Row | None) -> Row | None:
    return {name: change[name] for name in change if name != "after"} if change else None
