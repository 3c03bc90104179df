"""Rules, trials and tables as data for a program and as lines for a person."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from integrations.services.mapping_checks import Trouble
from integrations.services.mapping_reading import Difference
from integrations.services.mapping_shadow import Report
from integrations.services.mapping_tables import Put, Table
from integrations.services.mapping_trial import Tried
from integrations.services.mapping_versions import FlowRules
from mappings.engine.rules import RuleSet
from mappings.models import MappingVersion, UnmappedValue


@dataclass(frozen=True)
class Said:
    """One answer, twice: `data` can be written as JSON."""

    data: Any
    lines: Sequence[str] = field(default_factory=tuple)


def of_pair(found: Sequence[FlowRules]) -> Said:
    """Each flow with its version, draft and what newer shipped rules bring."""
    data = [
        {
            "entity": one.flow.entity,
            "direction": one.flow.direction,
            "rules": one.label,
            "version": one.published.number if one.published else 0,
            "changes": len(one.published.changes) if one.published else 0,
            "draft": len(one.draft.changes) if one.draft else None,
            "newer": [row.target for row in one.newer],
        }
        for one in found
    ]
    return Said(data, [_flow_line(one) for one in data])


def _flow_line(one: dict[str, Any]) -> str:
    own = f"version {one['version']}, {_many(one['changes'], 'own rule')}" if one["version"] else ""
    parts = [own or "as shipped"]
    if one["draft"] is not None:
        parts.append(f"a draft with {_many(one['draft'], 'change')}")
    if one["newer"]:
        parts.append(f"newer shipped rules for {', '.join(one['newer'])}")
    return f"{one['entity']} {one['direction']}: {'; '.join(parts)} ({one['rules']})"


def of_rules(rules: RuleSet, version: MappingVersion | None) -> Said:
    """Every rule of a version; those the pair changed are marked."""
    own = {str(change["target"]) for change in version.changes} if version else set()
    rows = rules.rows()
    data = {
        "preset": f"{rules.name}",
        "version": version.number if version else 0,
        "state": version.state if version else "preset",
        "note": version.note if version else "",
        "changes": version.changes if version else [],
        "rules": rows,
    }
    lines = [
        f"{'*' if rule.slot in own else ' '} {rule.slot}: {_rule(rule.row())}"
        for rule in rules.rules
    ]
    return Said(data, lines)


def of_draft(draft: MappingVersion, troubles: Sequence[Trouble]) -> Said:
    """The changes of a draft and what is wrong with them."""
    data = {
        "changes": draft.changes,
        "problems": [{"target": one.target, "message": one.message} for one in troubles],
    }
    lines = [f"{_many(len(draft.changes), 'change')} in the draft."]
    return Said(data, lines + [f"Wrong: {one.message}" for one in troubles])


def of_publish(row: MappingVersion) -> Said:
    """A version that holds now."""
    data = {"version": row.number, "restores": row.restores, "changes": len(row.changes)}
    line = (
        f"Version {row.number} of {row.entity} {row.direction} holds from the next record on."
        " Records that wait to be sent keep the fields they have."
    )
    return Said(data, [line])


def of_difference(found: Sequence[Difference]) -> Said:
    """What two versions do not share."""
    data = [{"target": one.target, "before": one.before, "after": one.after} for one in found]
    lines = [f"{one.target}: {_rule(one.before)} -> {_rule(one.after)}" for one in found]
    return Said(data, lines or ["The two are equal."])


def of_trial(tried: Tried) -> Said:
    """A draft on one record."""
    data = {
        "item": tried.delivery.inbox_item_id,
        "fields": tried.fields,
        "changed": [
            {"path": path, "before": before, "after": after}
            for path, before, after in tried.changed
        ],
        "problems": [problem.message for problem in tried.problems],
        "stopped": tried.stopped,
    }
    name = tried.delivery.number or tried.delivery.key
    lines = [f"{name}: {_many(len(tried.changed), 'field')} would be another."]
    lines += [f"{path}: {before} -> {after}" for path, before, after in tried.changed]
    lines += [f"Held: {problem.message}" for problem in tried.problems]
    return Said(data, [*lines, tried.stopped] if tried.stopped else lines)


def of_shadow(report: Report) -> Said:
    """A trial on stored records."""
    run = report.run
    names = [
        "seen",
        "same",
        "changed",
        "newly_held",
        "newly_left_out",
        "no_longer_held",
        "still_held",
        "unreadable",
    ]
    data = {
        "state": run.state,
        "problem": run.problem,
        **{name: getattr(run, name) for name in names},
        "fields": [{"target": one.target, "count": one.count} for one in report.fields],
        "money": [
            {"currency": one.currency, "target": one.target, "added": str(one.added)}
            for one in report.money
        ],
        "causes": [
            {"kind": one.kind, "message": one.message, "count": one.count} for one in report.causes
        ],
    }
    lines = [
        f"{run.get_state_display()}: {_many(run.seen, 'record')} tried, {run.changed} would be"
        f" another, {run.newly_held} newly held, {run.newly_left_out} newly left out,"
        f" {run.no_longer_held} no longer held. {run.problem}".rstrip()
    ]
    lines += [f"{one.target}: {_many(one.count, 'record')}" for one in report.fields]
    lines += [f"{one.added:+} {one.currency} in {one.target}" for one in report.money]
    lines += [f"{one.kind.replace('_', ' ')} {one.count}: {one.message}" for one in report.causes]
    return Said(data, lines)


def of_tables(found: Sequence[Table]) -> Said:
    """The tables of a pair."""
    data = [
        {
            "table": one.name,
            "title": one.title,
            "revision": one.revision,
            "rows": dict(one.rows),
            "unmapped": one.unmapped,
            "used_by": [f"{use.entity} {use.direction} {use.target}" for use in one.uses],
        }
        for one in found
    ]
    lines = []
    for one in found:
        used = ", ".join(use.target for use in one.uses) or "no rule"
        lines.append(
            f"{one.name}: {_many(len(one.rows), 'row')}, {one.unmapped} without; used by {used}"
        )
        lines += [f"  {value} -> {result}" for value, result in one.rows.items()]
    return Said(data, lines or ["No rule looks into a table, and there is none."])


def of_unmapped(rows: Iterable[UnmappedValue]) -> Said:
    """Values without an entry."""
    data = [
        {
            "table": row.table,
            "value": row.value,
            "count": row.count,
            "holds_records": row.is_holding,
            "last_seen": row.last_at.isoformat(),
            "record": row.example,
        }
        for row in rows
    ]
    lines = [
        f"{one['table']}: {one['value']} ({one['count']} times, last in record {one['record']})"
        + (", holds its records" if one["holds_records"] else "")
        for one in data
    ]
    return Said(data, lines or ["Every value that was looked up has an entry."])


def of_put(done: Put) -> Said:
    """A changed table, and the records that run again because of it."""
    obstacles = [one.obstacle for one in done.released if one.obstacle]
    data = {
        "table": done.table.name,
        "revision": done.revision,
        "rows": len(done.table.rows),
        "released": done.records,
        "obstacles": obstacles,
    }
    lines = [f"{done.table.name} has {_many(len(done.table.rows), 'row')} now."]
    if done.records:
        lines.append(f"{_many(done.records, 'record')} that waited for it go on, one first.")
    lines += [f"{said} The others follow by themselves." for said in obstacles]
    return Said(data, lines)


def _many(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"


def _rule(row: dict[str, Any] | None) -> str:
    if row is None:
        return "no rule"
    said = {name: value for name, value in row.items() if name != "target"}
    return json.dumps(said, ensure_ascii=False, default=str)
