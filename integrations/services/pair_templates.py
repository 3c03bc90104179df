"""Templates for pairs of two systems: what they are made of, and their versions.

A template belongs to no tenant. What a pair lends it is chosen part by part by somebody who looks
after that account, and the account's audit log tells of it (staff_door). Versions are never changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Max

from integrations.connector_kit import presets
from integrations.connector_kit.registry import connectors, get
from integrations.models import Direction, Pair, PairTemplate, TemplateVersion
from integrations.services import mapping_tables, mapping_versions, merging
from mappings.canonical.record import Entity
from tenants import scope
from tenants.models import TenantGroup, User
from tenants.services import audit, staff
from tenants.services.staff import May

LONGEST_NAME = 80
LONGEST_NOTE = 200
# A template belongs to no tenant, so what becomes of it stands in the log of the installation.
_NOTED = "note what became of a template"


class BadTemplate(ValueError):
    """The template cannot be so; the message says why."""


@dataclass(frozen=True)
class Part:
    """Something a template may hold. `key` names it in a form; `size` counts rules or entries."""

    key: str
    kind: str
    """"rules", "table" or "policies"."""
    name: str
    size: int
    contents: Mapping[str, Any]


def systems() -> Sequence[tuple[str, str]]:
    """Each pair of systems: the names of a till's and a store's connector."""
    roles = {name: one.manifest.role for name, one in connectors().items()}
    tills = sorted(name for name, role in roles.items() if role == "pos")
    stores = sorted(name for name, role in roles.items() if role == "store")
    return [(till, store) for till in tills for store in stores]


def label(pos: str, store: str) -> str:
    """The two systems as people call them."""
    return f"{get(pos).manifest.label} and {get(store).manifest.label}"


def create(*, name: str, pos: str, store: str, group: TenantGroup | None, by: User) -> PairTemplate:
    """A template without a version. Call outside any scope. Raises NotAllowed, BadTemplate."""
    staff.refuse_unless(by, May.ACT)
    said = " ".join(name.replace("\x00", "").split())
    if not said:
        raise BadTemplate("Enter a name.")
    if len(said) > LONGEST_NAME:
        raise BadTemplate(f"The name has {len(said)} characters; at most {LONGEST_NAME} are kept.")
    if (pos, store) not in systems():
        raise BadTemplate("Choose the two systems from the list.")
    try:
        with scope.door(_NOTED):
            made = PairTemplate.objects.create(
                name=said, pos_connector=pos, store_connector=store, group=group, created_by=by
            )
            _tell("template.created", made, by)
            return made
    except IntegrityError:
        raise BadTemplate(f"There is a template called {said} already.") from None


def every(*, after: str = "", limit: int = 50) -> Sequence[PairTemplate]:
    """Templates by name; `after` is the name of the last one before."""
    rows = PairTemplate.objects.select_related("group").filter(name__gt=after)
    return list(rows.annotate(newest=Max("versions__number")).order_by("name")[:limit])


def versions(template: PairTemplate, *, limit: int = 50) -> Sequence[TemplateVersion]:
    """The newest first."""
    rows = TemplateVersion.objects.filter(template=template).select_related("author")
    return list(rows.order_by("-number")[:limit])


def parts_of_pair(pair: Pair) -> Sequence[Part]:
    """What this pair has of its own and could lend a template. Call inside the tenant's scope."""
    found: list[Part] = []
    for flow in mapping_versions.flows_of(pair):
        version = flow.mapping_version
        if version is not None and version.changes:
            found.append(_rules(flow.entity, flow.direction, version.changes))
    for table in mapping_tables.tables(pair=pair):
        if table.rows:
            kept = {table.name: {"title": table.title, "rows": dict(table.rows)}}
            found.append(
                Part(f"table/{table.name}", "table", table.name, len(table.rows), {"tables": kept})
            )
    for entity in merging.going_both_ways(pair):
        mine = pair.merge_rules.get(entity)
        if mine:
            key = f"policies/{entity}"
            found.append(
                Part(key, "policies", entity, len(mine), {"merge_rules": {entity: dict(mine)}})
            )
    return found


def parts_shipped(template: PairTemplate) -> Sequence[Part]:
    """The shipped rules of each flow of the two systems: with them, an account follows these again."""
    found: list[Part] = []
    for connector, direction in (
        (template.pos_connector, Direction.TO_POS),
        (template.store_connector, Direction.TO_STORE),
    ):
        flavours = get(connector).manifest.flavours
        for entity in Entity:
            slots = {
                rule.slot for flavour in flavours for rule in _shipped(connector, flavour, entity)
            }
            if slots:
                changes = [{"target": slot, "shipped": True} for slot in sorted(slots)]
                found.append(_rules(entity, direction, changes))
    return found


def _shipped(connector: str, flavour: str, entity: Entity) -> Sequence[Any]:
    try:
        return presets.incoming(connector, flavour, entity).rules
    except presets.NoPreset:
        return ()


def _rules(entity: str, direction: str, changes: Sequence[Mapping[str, Any]]) -> Part:
    row = {"entity": str(entity), "direction": str(direction), "changes": list(changes)}
    return Part(
        f"rules/{entity}/{direction}", "rules", f"{entity} {direction}", len(changes),
        {"rules": [row]},
    )  # fmt: skip


def add_version(
    *, template: PairTemplate, parts: Sequence[Part], note: str, by: User
) -> TemplateVersion:
    """A version of these parts. May be called inside a scope. Raises NotAllowed, BadTemplate."""
    staff.refuse_unless(by, May.ACT)
    if not parts:
        raise BadTemplate("Choose at least one part.")
    contents: dict[str, Any] = {"rules": [], "tables": {}, "merge_rules": {}}
    for part in parts:
        contents["rules"] += part.contents.get("rules", [])
        contents["tables"] |= part.contents.get("tables", {})
        contents["merge_rules"] |= part.contents.get("merge_rules", {})
    with transaction.atomic():
        locked = PairTemplate.objects.select_for_update().get(pk=template.pk)
        newest = TemplateVersion.objects.filter(template=locked).order_by("-number").first()
        if newest is not None and newest.contents == contents:
            # Sent twice, or nothing has changed there.
            return newest
        made = TemplateVersion.objects.create(
            template=locked,
            number=newest.number + 1 if newest else 1,
            contents=contents,
            note=" ".join(note.replace("\x00", "").split())[:LONGEST_NOTE],
            author=by,
        )
        # What an account lent is told in its own log.
        if scope.active() is None:
            with scope.door(_NOTED):
                _tell("template.extended", locked, by, version=made.number)
        return made


def _tell(action: str, template: PairTemplate, actor: User, **more: Any) -> None:
    audit.record(
        action=action,
        object_type="PairTemplate",
        object_id=template.pk,
        actor=actor,
        after={"template": template.name, **more},
    )


def pairs_for(template: PairTemplate, *, pair_id: UUID | None = None) -> Sequence[Pair]:
    """The pairs of these two systems. Call inside the tenant's scope."""
    rows = Pair.objects.filter(
        pos__connector=template.pos_connector, store__connector=template.store_connector
    )
    if pair_id is not None:
        rows = rows.filter(pk=pair_id)
    return list(rows.select_related("pos", "store", "mapping_set").order_by("name", "pk"))
