"""A template at one account: what it would change there, and making drafts of it.

Looking over goes the same way as doing it, and undoes it, so that what is shown is what comes. Rules
become drafts, which count for nothing before they are tried and published. Tables and policies have
no drafts: they are changed only when that was asked for besides, and entries of a table that the
account has already stay as they are.

Call inside the tenant's scope.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from integrations.connector_kit.presets import NoPreset
from integrations.models import BulkStep, Direction, Flow, Pair, TemplateVersion
from integrations.services import mapping_tables, mapping_versions, merging
from integrations.services.bulk_outcomes import CannotDo, Done, NothingToDo
from integrations.services.mapping_reading import CannotRead
from integrations.services.pair_templates import label, pairs_for
from integrations.sync import rulebooks
from integrations.sync.merge_rules import rule_of
from mappings.models import LookupTable, MappingVersion, VersionState
from tenants.models import User


@dataclass(frozen=True)
class Found:
    """What a template changes at one pair. Rules are rows as a mapping version keeps them.

    `in_the_way`: sentences about what is left out, and why.
    """

    pair: str
    drafts: list[dict[str, Any]] = field(default_factory=list)
    tables: list[dict[str, Any]] = field(default_factory=list)
    policies: list[dict[str, Any]] = field(default_factory=list)
    in_the_way: list[str] = field(default_factory=list)


class _Undone(Exception):
    """Thrown to take a draft back that was only made to see what it changes."""


def look_over(version: TemplateVersion, *, actor: User, now: datetime) -> Done:
    """What the version would change here. Raises NothingToDo."""
    found = [
        _at_pair(pair, version.contents, actor=actor, now=now, is_kept=False)
        for pair in _pairs(version)
    ]
    return _told(found, "would be changed", _details(found))


def carry_out(
    version: TemplateVersion,
    *,
    looked: UUID,
    with_tables: bool,
    with_policies: bool,
    actor: User,
    now: datetime,
) -> Done:
    """Makes the drafts, and what was asked for besides. `looked` is the job that looked it over.

    Raises NothingToDo, and CannotDo when it would change something else than was shown.
    """
    shown: BulkStep | None = BulkStep.objects.filter(job_id=looked).first()
    pairs = _pairs(version)
    found = [
        _at_pair(pair, version.contents, actor=actor, now=now, is_kept=False) for pair in pairs
    ]
    if shown is None or shown.details.get("digest") != _digest(found):
        raise CannotDo(
            "What the template changes here is not what was shown any more. Look it over again."
        )
    done = []
    for pair, one in zip(pairs, found, strict=True):
        # Tables first: they take the lanes' locks, which come before those of rows.
        if with_tables:
            _put(pair, one.tables, actor=actor, now=now)
        if with_policies:
            _choose(pair, one.policies, actor=actor)
        kept = _at_pair(pair, version.contents, actor=actor, now=now, is_kept=True)
        done.append(
            Found(
                one.pair,
                kept.drafts,
                one.tables if with_tables else [],
                one.policies if with_policies else [],
                one.in_the_way,
            )
        )
    return _told(done, "changed", _details(done))


def _pairs(version: TemplateVersion) -> Sequence[Pair]:
    template = version.template
    found = pairs_for(template)
    if not found:
        systems = label(template.pos_connector, template.store_connector)
        raise NothingToDo(f"It has no pair of {systems}.")
    return found


def _at_pair(
    pair: Pair, contents: Mapping[str, Any], *, actor: User, now: datetime, is_kept: bool
) -> Found:
    found = Found(pair.name)
    for part in contents.get("rules", ()):
        _rules(found, pair, part, actor=actor, now=now, is_kept=is_kept)
    for name, table in sorted(contents.get("tables", {}).items()):
        _table(found, pair, name, table["rows"])
    for entity, rules in sorted(contents.get("merge_rules", {}).items()):
        _policies(found, pair, entity, rules)
    return found


def _rules(
    found: Found,
    pair: Pair,
    part: Mapping[str, Any],
    *,
    actor: User,
    now: datetime,
    is_kept: bool,
) -> None:
    way = Direction(part["direction"]).label.lower()
    said = f"{part['entity'].replace('_', ' ')} records, {way}"
    try:
        flow = mapping_versions.flow_of(
            pair=pair, entity=part["entity"], direction=part["direction"]
        )
        rulebooks.shipped(flow)
    except (CannotRead, NoPreset):
        found.in_the_way.append(f"It carries no {said}.")
        return
    if _has_draft(flow):
        found.in_the_way.append(
            f"There is a draft of {said} already. Publish it or throw it away first."
        )
        return
    differences, troubles = _drafted(flow, part["changes"], actor=actor, now=now, is_kept=is_kept)
    if troubles:
        found.in_the_way.append(f"{said}: {' '.join(troubles)}")
    elif differences:
        found.drafts.append(
            {"entity": flow.entity, "direction": flow.direction, "rules": differences}
        )


def _drafted(
    flow: Flow,
    changes: Sequence[Mapping[str, Any]],
    *,
    actor: User,
    now: datetime,
    is_kept: bool,
) -> tuple[list[dict[str, Any]], list[str]]:
    """The rules a draft with these changes has otherwise, and what is wrong with it. It stays only
    when it is wanted, right, and changes something."""
    differences: list[dict[str, Any]] = []
    troubles: list[str] = []
    version = flow.mapping_version

    def draft() -> None:
        mapping_versions.change(flow=flow, changes=changes, actor=actor, now=now)
        troubles.extend(one.message for one in mapping_versions.problems(flow=flow))
        if not troubles:
            before = version.number if version else "preset"
            found = mapping_versions.difference(flow=flow, before=before, after="draft")
            differences.extend(asdict(one) for one in found)
        if troubles or not differences or not is_kept:
            raise _Undone

    try:
        _undoable(draft)
    except (CannotRead, mapping_versions.CannotChange) as error:
        return [], [str(error)]
    return differences, troubles


def _undoable(work: Callable[[], None]) -> None:
    try:
        with transaction.atomic():
            work()
    except _Undone:
        return


def _has_draft(flow: Flow) -> bool:
    return MappingVersion.objects.filter(
        set_id=flow.pair.mapping_set_id,
        entity=flow.entity,
        direction=flow.direction,
        state=VersionState.DRAFT,
    ).exists()


def _table(found: Found, pair: Pair, name: str, rows: Mapping[str, str]) -> None:
    there = LookupTable.objects.filter(set_id=rulebooks.set_id_of(pair), name=name).first()
    mine = there.rows if there else {}
    missing = {value: result for value, result in rows.items() if value not in mine}
    stay = sum(value in mine and mine[value] != result for value, result in rows.items())
    if missing:
        found.tables.append({"name": name, "rows": missing, "stay": stay})


def _policies(found: Found, pair: Pair, entity: str, rules: Mapping[str, str]) -> None:
    if entity not in merging.going_both_ways(pair):
        found.in_the_way.append(f"{entity} does not go both ways here, so nobody has to win.")
        return
    mine = pair.merge_rules.get(entity, {})
    for name, rule in sorted(rules.items()):
        before = rule_of(mine, name).value
        if before != rule:
            found.policies.append(
                {"entity": entity, "field": name, "before": before, "after": rule}
            )


def _put(pair: Pair, tables: Sequence[Mapping[str, Any]], *, actor: User, now: datetime) -> None:
    for one in tables:
        mapping_tables.put(pair=pair, table=one["name"], rows=one["rows"], actor=actor, now=now)


def _choose(pair: Pair, policies: Sequence[Mapping[str, Any]], *, actor: User) -> None:
    for one in policies:
        merging.choose(
            pair_id=pair.pk,
            entity=one["entity"],
            field=one["field"],
            rule=one["after"],
            actor=actor,
        )


def _told(found: Sequence[Found], verb: str, details: Mapping[str, Any]) -> Done:
    in_the_way = [said for one in found for said in one.in_the_way]
    parts = [
        _some(sum(len(draft["rules"]) for one in found for draft in one.drafts), "rule", "rules"),
        _some(
            sum(len(table["rows"]) for one in found for table in one.tables),
            "table entry",
            "table entries",
        ),
        _some(sum(len(one.policies) for one in found), "policy", "policies"),
    ]
    counts = ", ".join(part for part in parts if part)
    if not counts and not in_the_way:
        raise NothingToDo("Nothing of it has to change here.")
    said = [f"{counts} {verb}."] if counts else []
    return Done(" ".join([*said, *in_the_way]), details=details, is_bad=not counts)


def _some(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}" if count else ""


def _details(found: Sequence[Found]) -> dict[str, Any]:
    return {"pairs": [asdict(one) for one in found], "digest": _digest(found)}


def _digest(found: Sequence[Found]) -> str:
    text = json.dumps([asdict(one) for one in found], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
