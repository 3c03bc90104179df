"""Versions of a pair's rules: drafted, published, taken back.

A version holds only what differs from the shipped rules. Every function is called inside the
tenant's scope; flows come with their `target`, `pair` and `pair.mapping_set`, as `flows_of` gives
them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Max

from integrations.connector_kit.presets import NoPreset
from integrations.models import Flow, Pair, ShadowRun, ShadowState
from integrations.services import mapping_checks
from integrations.services.mapping_checks import Trouble
from integrations.services.mapping_reading import (
    CannotRead,
    Difference,
    Newer,
    difference,
    find,
    newer_preset,
    of_flow,
    rules_of,
)
from integrations.sync import rulebooks
from mappings.engine.paths import BadPath
from mappings.models import MappingSet, MappingVersion, VersionState
from tenants.models import User
from tenants.services import audit

__all__ = [
    "BadRules",
    "CannotChange",
    "CannotPublish",
    "CannotRead",
    "Difference",
    "FlowRules",
    "Newer",
    "change",
    "difference",
    "discard_draft",
    "draft",
    "draft_of",
    "flow_of",
    "flows_of",
    "newer_preset",
    "overview",
    "problems",
    "publish",
    "rollback",
    "rules_of",
]


class CannotChange(ValueError):
    """The draft cannot be changed like this; the message says why and what to do."""


class BadRules(ValueError):
    """The rules of the draft cannot be published. `troubles` lists everything that is wrong."""

    def __init__(self, troubles: Sequence[Trouble]) -> None:
        super().__init__(" ".join(trouble.message for trouble in troubles))
        self.troubles = troubles


class CannotPublish(ValueError):
    """The draft was not tried, or records would newly be held; the message says which.

    Publishing with `accept_failures` goes past it.
    """


@dataclass(frozen=True)
class FlowRules:
    """One flow and the rules it follows. `label` is what deliveries are marked with now."""

    flow: Flow
    label: str
    published: MappingVersion | None
    draft: MappingVersion | None
    versions: Sequence[MappingVersion]
    newer: Sequence[Newer]
    """What this release ships otherwise than the one it was published over, as far as known."""
    shadow: ShadowRun | None
    """The latest trial of the draft."""


def flows_of(pair: Pair) -> list[Flow]:
    """The pair's flows with what their rules need."""
    return list(_flows().filter(pair=pair).order_by("direction", "pk"))


def flow_of(*, pair: Pair, entity: str, direction: str = "") -> Flow:
    """The flow of an entity. Raises CannotRead naming those there are, or both its directions."""
    found = [one for one in flows_of(pair) if one.entity == entity]
    if direction:
        found = [one for one in found if one.direction == direction]
    if len(found) == 1:
        return found[0]
    if found:
        raise CannotRead(f"{entity} goes both ways in this pair. Say to_pos or to_store.")
    there = ", ".join(f"{one.entity} {one.direction}" for one in flows_of(pair))
    raise CannotRead(f"No flow of the pair carries {entity} {direction}. It has: {there}.")


def overview(*, pair: Pair) -> list[FlowRules]:
    """Each flow of the pair with its versions, newest first."""
    return [_rules(flow) for flow in flows_of(pair)]


def draft(*, flow: Flow, actor: User | None, now: datetime) -> MappingVersion:
    """The flow's draft; a new one begins with the changes that are published."""
    mapping_set = _locked(flow.pair)
    found: MappingVersion | None = _drafts(mapping_set, flow).first()
    if found is not None:
        return found
    current = _published(mapping_set, flow)
    made: MappingVersion = MappingVersion.objects.create(
        set=mapping_set,
        entity=flow.entity,
        direction=flow.direction,
        preset=_name(flow),
        changes=current.changes if current else [],
        author=actor,
        created_at=now,
        changed_at=now,
    )
    return made


def change(
    *,
    flow: Flow,
    changes: Sequence[Mapping[str, Any]],
    actor: User | None,
    now: datetime,
    seen: datetime | None = None,
) -> MappingVersion:
    """Puts changes into the flow's draft, which is made when there is none.

    A change is {"target", "rule": {...}}, with "after" to give its place, {"target", "removed":
    true}, or {"target", "shipped": true} to follow the shipped rule again. Of rules that append,
    `target` is the slot, "tags+vip". A rule may be wrong while it is a draft; `problems` says
    how. `seen` is the draft's `changed_at` that the person was shown: what somebody else changed
    meanwhile is not overwritten. Raises CannotChange.
    """
    row = draft(flow=flow, actor=actor, now=now)
    if seen is not None and row.changed_at != seen:
        raise CannotChange("Somebody else has changed this draft meanwhile. Look at it first.")
    kept = {str(one["target"]): dict(one) for one in row.changes}
    for one in changes:
        try:
            target = mapping_checks.target_of(one)
        except BadPath as error:
            raise CannotChange(f"{error}.") from None
        if one.get("shipped"):
            kept.pop(target, None)
        elif one.get("removed"):
            kept[target] = {"target": target, "removed": True}
        elif isinstance(one.get("rule"), Mapping):
            kept[target] = {"target": target, "rule": _said(one["rule"], target)}
            if isinstance(one.get("after"), str):
                kept[target]["after"] = one["after"]
        else:
            raise CannotChange(f"The change of {target} is neither a rule nor a removal.")
    before = rules_named(row.changes)
    row.changes = mapping_checks.without_idle(rulebooks.shipped(flow), list(kept.values()))
    row.preset, row.author, row.changed_at = _name(flow), actor, now
    row.save(update_fields=["changes", "preset", "author", "changed_at"])
    audit.record(
        action="mapping.draft_changed",
        object_type="MappingVersion",
        object_id=row.pk,
        actor=actor,
        before=before,
        after=rules_named(row.changes),
    )
    return row


def discard_draft(*, flow: Flow, actor: User | None) -> None:
    """Throws the draft away. Raises CannotChange when there is none."""
    row = draft_of(flow)
    audit.record(
        action="mapping.draft_discarded",
        object_type="MappingVersion",
        object_id=row.pk,
        actor=actor,
        before=rules_named(row.changes),
    )
    row.delete()


def problems(*, flow: Flow) -> list[Trouble]:
    """Everything that is wrong with the flow's draft, in plain words; [] when it may be published.

    Raises CannotChange when there is no draft.
    """
    return mapping_checks.troubles(flow, draft_of(flow).changes)


def publish(
    *,
    flow: Flow,
    actor: User | None,
    now: datetime,
    note: str = "",
    accept_failures: bool = False,
    seen: datetime | None = None,
    running: int | None = None,
) -> MappingVersion:
    """Lets the flow follow its draft, from the next record that is taken in, in every process.

    Records that were mapped before keep their fields, also those that still wait to be sent. The
    draft must have been tried on stored records as it is now (mapping_shadow), with no record newly
    held, unless `accept_failures`. `seen` is the draft's `changed_at`, and `running` the number of the
    version that ran (0: as shipped), that the person was shown: of two who publish at once, the second
    changes nothing. Raises BadRules, CannotPublish, CannotChange.
    """
    _refuse_overtaken(flow, running)
    row = draft_of(flow)
    if seen is not None and row.changed_at != seen:
        raise CannotChange("The draft was changed meanwhile. Look at it first.")
    if wrong := mapping_checks.troubles(flow, row.changes):
        raise BadRules(wrong)
    if not accept_failures:
        _refuse_untried(flow, row)
    return _publish(flow, row, actor=actor, now=now, note=note, action="mapping.published")


def rollback(
    *,
    flow: Flow,
    to: int,
    actor: User | None,
    now: datetime,
    note: str = "",
    running: int | None = None,
) -> MappingVersion:
    """Publishes the changes of an earlier version again, as a new version; 0 is: as shipped.

    A draft stays as it is. Needs no trial: these rules have been in use. `running` as for `publish`.
    Raises BadRules when they do not fit this release any more, CannotRead, CannotChange.
    """
    _refuse_overtaken(flow, running)
    mapping_set = _locked(flow.pair)
    earlier = find(flow, to)
    current = _published(mapping_set, flow)
    made = earlier.changes if earlier else []
    if made == (current.changes if current else []):
        raise CannotChange("These are the rules that are published already.")
    if wrong := mapping_checks.troubles(flow, made):
        raise BadRules(wrong)
    row = MappingVersion(
        set=mapping_set,
        entity=flow.entity,
        direction=flow.direction,
        changes=made,
        restores=to,
        author=actor,
        created_at=now,
        changed_at=now,
    )
    return _publish(flow, row, actor=actor, now=now, note=note, action="mapping.rolled_back")


def digest(flow: Flow, changes: Sequence[Mapping[str, Any]]) -> str:
    """A name of these changes over the shipped rules of now, to tell whether they were tried."""
    text = json.dumps([_name(flow), list(changes)], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def rules_named(changes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Changes as the audit keeps them: the rule by target."""
    return {
        str(one["target"]): "removed" if one.get("removed") else one.get("rule") for one in changes
    }


def _publish(
    flow: Flow,
    row: MappingVersion,
    *,
    actor: User | None,
    now: datetime,
    note: str,
    action: str,
) -> MappingVersion:
    mapping_set = _locked(flow.pair)
    current = _published(mapping_set, flow)
    rows = MappingVersion.objects.filter(
        set=mapping_set, entity=flow.entity, direction=flow.direction
    )
    if current is not None:
        rows.filter(pk=current.pk).update(state=VersionState.RETIRED, retired_at=now)
    row.number = (rows.aggregate(last=Max("number"))["last"] or 0) + 1
    row.state, row.preset, row.note = VersionState.PUBLISHED, _name(flow), note[:400]
    row.published_by, row.published_at = actor, now
    row.save()
    rulebooks.keep_text(rulebooks.shipped(flow), surely=True)
    Flow.objects.filter(pk=flow.pk).update(mapping_version=row)
    flow.mapping_version = row
    audit.record(
        action=action,
        object_type="MappingVersion",
        object_id=row.pk,
        actor=actor,
        before={"number": current.number, **rules_named(current.changes)} if current else None,
        after={"number": row.number, "restores": row.restores, **rules_named(row.changes)},
        reason=note,
    )
    rulebooks.announce([flow.source_id])
    return row


def _refuse_overtaken(flow: Flow, running: int | None) -> None:
    """Raises CannotChange when another version runs than the person was shown; locks the set."""
    current = _published(_locked(flow.pair), flow)
    number = current.number if current else 0
    if current is None or running is None or running == number:
        return
    who = current.published_by.email if current.published_by else "Somebody"
    raise CannotChange(
        f"{who} has published version {number} of these rules meanwhile, so nothing was changed by"
        " you. Look at what runs now first."
    )


def _refuse_untried(flow: Flow, row: MappingVersion) -> None:
    run: ShadowRun | None = (
        ShadowRun.objects.filter(flow=flow, tried=digest(flow, row.changes), state=ShadowState.DONE)
        .order_by("-id")
        .first()
    )
    if run is None:
        raise CannotPublish(
            "This draft was not tried on stored records as it is now. Try it first, or say that you"
            " publish it untried."
        )
    stopped = run.newly_held + run.newly_left_out
    if stopped:
        them = "record" if stopped == 1 else "records"
        raise CannotPublish(
            f"{stopped} of {run.seen} {them} would newly be held or left out. Correct the draft, or"
            " say that you publish it all the same."
        )


def _rules(flow: Flow) -> FlowRules:
    rows = list(of_flow(flow).select_related("author", "published_by").order_by("-number", "-id"))
    found = next((row for row in rows if row.is_draft), None)
    shadow = None
    try:
        newer: Sequence[Newer] = newer_preset(flow=flow)
    except (CannotRead, NoPreset):
        newer = ()
    if found is not None:
        shadow = ShadowRun.objects.filter(version=found).order_by("-id").first()
    return FlowRules(
        flow=flow,
        label=rulebooks.of_flow(flow).label,
        published=next((row for row in rows if row.state == VersionState.PUBLISHED), None),
        draft=found,
        versions=[row for row in rows if not row.is_draft],
        newer=newer,
        shadow=shadow,
    )


def _flows() -> Any:
    return Flow.objects.select_related(
        "source", "target", "pair", "pair__mapping_set", "mapping_version"
    )


def _locked(pair: Pair) -> MappingSet:
    """The pair's set; who changes its versions or tables comes one after the other."""
    made = rulebooks.set_of(pair)
    pair.mapping_set = made
    locked: MappingSet = MappingSet.objects.select_for_update(no_key=True).get(pk=made.pk)
    return locked


def draft_of(flow: Flow) -> MappingVersion:
    """The flow's draft, with its set locked. Raises CannotChange when there is none."""
    mapping_set = _locked(flow.pair)
    found: MappingVersion | None = _drafts(mapping_set, flow).first()
    if found is None:
        raise CannotChange(f"There is no draft of {flow.entity} {flow.direction}. Make one first.")
    return found


def _drafts(mapping_set: MappingSet, flow: Flow) -> Any:
    return MappingVersion.objects.filter(
        set=mapping_set, entity=flow.entity, direction=flow.direction, state=VersionState.DRAFT
    )


def _published(mapping_set: MappingSet, flow: Flow) -> MappingVersion | None:
    found: MappingVersion | None = MappingVersion.objects.filter(
        set=mapping_set, entity=flow.entity, direction=flow.direction, state=VersionState.PUBLISHED
    ).first()
    return found


def _name(flow: Flow) -> str:
    preset = rulebooks.shipped(flow)
    return f"{preset.name}@{preset.version}"


def _said(rule: Mapping[str, Any], target: str) -> dict[str, Any]:
    """The rule as it was typed, with its target: what stands before the + of a slot."""
    return {"target": target.partition("+")[0], **rule}
