"""What a pair changes in a preset: kept apart from it, so that a newer preset can be taken over.

A change is {"target": slot, "rule": {...}} (the rule set, or added) or {"target": slot, "removed":
true}; the slot is the rule's target, for rules that append "target+label" (Rule.slot). `after`
names the slot a rule comes behind, "" for the first place; without it a rule takes the place of the
one it replaces, or the last.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mappings.engine.plan import BadRule, BadRules
from mappings.engine.rule import Rule
from mappings.engine.rules import RuleSet, rule_set

Change = Mapping[str, Any]


@dataclass(frozen=True)
class Notice:
    """Something a person should know of a change, now that the preset is another one."""

    target: str
    message: str
    change: Change


@dataclass(frozen=True)
class Applied:
    """The rules with the changes, and what is to be said of changes the preset no longer fits."""

    rules: RuleSet
    notices: tuple[Notice, ...]


def apply(preset: RuleSet, changes: Sequence[Change]) -> RuleSet:
    """The preset with the changes, in the order given. Raises BadRules when they make no sense."""
    return applied(preset, changes).rules


def applied(
    preset: RuleSet, changes: Sequence[Change], *, before: RuleSet | None = None
) -> Applied:
    """As apply, with notices. `before` is the preset the changes were made for, when it differs.

    No change is ever dropped: one whose rule the preset no longer has stays in force (a rule that
    was set) or stays in the list (a rule that was removed), and a notice says so.
    """
    held = {rule.slot: rule.row() for rule in preset.rules}
    order = [rule.slot for rule in preset.rules]
    known = {rule.slot: rule.row() for rule in (before or preset).rules}
    notices: list[Notice] = []
    for change in changes:
        slot = _slot(change)
        notices += _noticed(slot, change, held, known)
        if change.get("removed"):
            if slot in held:
                order.remove(slot)
                del held[slot]
            continue
        new = _placed(order, held, slot, change)
        held[new] = dict(change["rule"])
    return Applied(rule_set(preset.name, [held[slot] for slot in order]), tuple(notices))


def between(a: RuleSet, b: RuleSet) -> list[dict[str, Any]]:
    """The changes that make `b` of `a`: apply(a, between(a, b)) equals b but for its name."""
    ours = {rule.slot: rule for rule in a.rules}
    theirs = {rule.slot: rule for rule in b.rules}
    found: list[dict[str, Any]] = [
        {"target": slot, "removed": True} for slot in ours if slot not in theirs
    ]
    places = {slot: place for place, slot in enumerate(ours)}
    stays = _in_order([slot for slot in theirs if slot in ours], places)
    last_kept = max((place for place, slot in enumerate(theirs) if slot in stays), default=-1)
    before = ""
    for place, (slot, rule) in enumerate(theirs.items()):
        if slot in stays:
            if rule != ours[slot]:
                found.append({"target": slot, "rule": rule.row()})
        else:
            change: dict[str, Any] = {"target": slot, "rule": rule.row()}
            if place < last_kept or slot in ours:
                change["after"] = before
            found.append(change)
        before = slot
    return found


def merged(earlier: Sequence[Change], later: Sequence[Change]) -> list[Change]:
    """Both lists as one: a later change of a slot replaces the earlier one in its place.

    For an editor that saves one change at a time over those that are kept already.
    """
    found = {_slot(change): change for change in earlier}
    for change in later:
        found[_slot(change)] = change
    return list(found.values())


def _slot(change: Change) -> str:
    slot = change.get("target")
    rule = change.get("rule")
    if not isinstance(slot, str) or not slot:
        raise BadRules([BadRule("", "a change names no target")])
    if not change.get("removed") and not isinstance(rule, Mapping):
        raise BadRules([BadRule(slot, f"the change of {slot!r} has neither a rule nor removed")])
    return slot


def _placed(order: list[str], held: dict[str, Any], slot: str, change: Change) -> str:
    """Puts the rule of a change at its place in `order`; gives the slot it has from now on."""
    try:
        new = Rule.model_validate(dict(change["rule"])).slot
    except ValueError:
        new = slot  # rule_set says what is wrong with it
    after = change.get("after")
    place = order.index(slot) if slot in held else len(order)
    if slot in held:
        order.remove(slot)
        del held[slot]
    if new in held:
        place = min(order.index(new), place)
        order.remove(new)
        del held[new]
    if after == "":
        place = 0
    elif after in order:
        place = order.index(after) + 1
    order.insert(place, new)
    return new


def _noticed(
    slot: str, change: Change, held: Mapping[str, Any], known: Mapping[str, Any]
) -> list[Notice]:
    if change.get("removed"):
        if slot in held:
            return []
        message = f"You removed the rule for {slot}, which the preset no longer has"
        return [Notice(slot, f"{message}. Nothing needs to be done", change)]
    if slot in known and slot not in held:
        message = f"The newer preset no longer has a rule for {slot}; yours stays in force"
        return [Notice(slot, f"{message}. Remove it when you do not need it", change)]
    if slot in known and known[slot] != held[slot]:
        message = f"The newer preset has another rule for {slot}; yours stays in force"
        return [Notice(slot, f"{message}. Compare the two and keep the one you want", change)]
    if slot not in known and slot in held:
        message = f"The newer preset has a rule for {slot} as well; yours stays in force"
        return [Notice(slot, f"{message}. Compare the two and keep the one you want", change)]
    return []


def _in_order(slots: Sequence[str], places: Mapping[str, int]) -> set[str]:
    """The longest run of `slots` whose places rise: these rules need not move."""
    ends: list[int] = []
    last: list[str] = []
    previous: dict[str, str | None] = {}
    for slot in slots:
        at = bisect_left(ends, places[slot])
        previous[slot] = last[at - 1] if at else None
        if at == len(ends):
            ends.append(places[slot])
            last.append(slot)
        else:
            ends[at], last[at] = places[slot], slot
    found: set[str] = set()
    one = last[-1] if last else None
    while one is not None:
        found.add(one)
        one = previous[one]
    return found
