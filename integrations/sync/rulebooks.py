"""The rules and lookup tables a flow follows now, ready to be applied.

Nothing here is ever stale: a version is not changed after it was published, a revision of tables
neither, so what a process keeps is kept under their numbers. Which numbers hold now is read with
the flow. A lane that is being worked hears of a change from the row of its lease.
"""

from __future__ import annotations

import logging
import re
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from django.db import transaction
from django.db.models import F

from integrations.connector_kit import presets
from integrations.models import Flow, Lane, Pair
from mappings.canonical.record import Entity
from mappings.engine import changes
from mappings.engine.rules import RuleSet
from mappings.models import MappingSet, MappingVersion, PresetText, TableRevision

log = logging.getLogger(__name__)

KEEP_MOST = 500

_LABEL = re.compile(
    r"^(?P<preset>[^@ ]+)@(?P<digest>\w+)(?: v(?P<number>\d+))?(?: t(?P<tables>\d+))?$"
)


@dataclass(frozen=True)
class RuleBook:
    """What turns a canonical record into the fields of a target.

    `preset` and `digest` name the shipped rules, `number` the version published over them (0: as
    shipped), `tables_revision` the lookup tables (0: none is looked into). `set_id` is the pair's
    mapping set, None while it has none.
    """

    rules: RuleSet
    tables: Mapping[str, Mapping[str, str]]
    preset: str
    digest: str
    number: int = 0
    tables_revision: int = 0
    set_id: UUID | None = None
    problem: str = ""

    @property
    def label(self) -> str:
        """The name a delivery keeps of it, for example "heartland/retail/order@3f2a… v4 t7"."""
        version = f" v{self.number}" if self.number else ""
        tables = f" t{self.tables_revision}" if self.tables_revision else ""
        return f"{self.preset}@{self.digest}{version}{tables}"


@dataclass(frozen=True)
class Named:
    """What a delivery's `mapping_version` says."""

    preset: str
    digest: str
    number: int
    tables_revision: int


def read_label(label: str) -> Named | None:
    """The parts of a rule book's label; None for words that are none."""
    found = _LABEL.match(label)
    if found is None:
        return None
    return Named(
        found["preset"], found["digest"], int(found["number"] or 0), int(found["tables"] or 0)
    )


_Key = tuple[str, str, int | None, UUID | None, int]
_kept: OrderedDict[_Key, RuleBook] = OrderedDict()
_told: set[tuple[str, str]] = set()
_lock = threading.Lock()


def of_flow(flow: Flow) -> RuleBook:
    """The flow's rules as they hold now. Call inside the tenant's scope.

    The flow must come with its `target` and `pair__mapping_set`; then what is kept already costs no
    query. Rules that cannot be had make a book with a problem, so that records are held and the
    lane goes on.
    """
    try:
        preset = shipped(flow)
    except presets.NoPreset as error:
        name = f"{flow.target.connector}/{flow.target.flavour}/{flow.entity}"
        return RuleBook(
            RuleSet(name, "none", ()), {}, name, "none", problem=f"There are no rules: {error}"
        )
    mapping_set: MappingSet | None = flow.pair.mapping_set
    revision = mapping_set.tables_revision if mapping_set else 0
    set_id = mapping_set.pk if mapping_set and (revision or flow.mapping_version_id) else None
    key = (preset.name, preset.version, flow.mapping_version_id, set_id, revision)
    with _lock:
        book = _kept.get(key)
        if book is not None:
            _kept.move_to_end(key)
    keep_text(preset)
    if book is None:
        version = None
        if flow.mapping_version_id is not None:
            version = MappingVersion.objects.get(pk=flow.mapping_version_id)
        book = build(
            preset,
            changes_made=version.changes if version else (),
            number=version.number if version else 0,
            set_id=set_id,
            revision=revision,
        )
        with _lock:
            _kept[key] = book
            while len(_kept) > KEEP_MOST:
                _kept.popitem(last=False)
    return replace(book, set_id=mapping_set.pk) if mapping_set and not book.set_id else book


def shipped(flow: Flow) -> RuleSet:
    """The preset of this release for the flow's target. Raises NoPreset."""
    target = flow.target
    return presets.incoming(target.connector, target.flavour, Entity(flow.entity))


def build(
    preset: RuleSet,
    *,
    changes_made: Sequence[changes.Change],
    number: int,
    set_id: UUID | None,
    revision: int,
) -> RuleBook:
    """A rule book of these parts; reads the tables it looks into. Call inside the scope."""
    problem = ""
    try:
        rules = changes.apply(preset, changes_made)
    except ValueError as error:
        # An update brought shipped rules that the pair's own do not fit any more.
        log.error("version %s of set %s does not fit %s: %s", number, set_id, preset.name, error)
        rules = preset
        problem = f"The pair's own rules do not fit the shipped ones of this release: {error}"
    used = looked_up(rules)
    # An expression may name any table.
    names = None if rules.plan.reads_tables else used
    has_tables = bool(set_id) and (names is None or bool(used))
    tables = tables_at(set_id, revision, names) if set_id and has_tables else {}
    return RuleBook(
        rules=rules,
        tables=tables,
        preset=preset.name,
        digest=preset.version,
        number=number,
        tables_revision=revision if has_tables else 0,
        set_id=set_id,
        problem=problem,
    )


def looked_up(rules: RuleSet) -> frozenset[str]:
    """The names of the tables that the rules look into."""
    return frozenset(rule.lookup.table for rule in rules.rules if rule.lookup)


def tables_at(
    set_id: UUID, revision: int, names: frozenset[str] | None = None
) -> dict[str, dict[str, str]]:
    """The tables as they were at a revision of their set; all of them, or those named."""
    rows = TableRevision.objects.filter(set_id=set_id, number__lte=revision)
    if names is not None:
        rows = rows.filter(name__in=names)
    last = rows.order_by("name", "-number").distinct("name").values_list("name", "rows")
    return dict(last)


def keep_text(preset: RuleSet, *, surely: bool = False) -> None:
    """Keeps the rows of a shipped preset, once for everybody, so that they can be read for ever.

    A process does it once; `surely` does it whatever it remembers.
    """
    key = (preset.name, preset.version)
    if key in _told and not surely:
        return
    PresetText.objects.bulk_create(
        [PresetText(name=key[0], digest=key[1], rows=preset.rows())],
        ignore_conflicts=True,
    )
    transaction.on_commit(lambda: _told.add(key))


def set_id_of(pair: Pair) -> UUID | None:
    """The pair's mapping set as it stands in the database. Call inside the tenant's scope."""
    found: UUID | None = Pair.objects.values_list("mapping_set_id", flat=True).get(pk=pair.pk)
    return found


def set_of(pair: Pair) -> MappingSet:
    """The pair's mapping set, made when it has none. Call inside the tenant's scope.

    The pair at hand is left as it is: the transaction that makes the set may be undone.
    """
    known = set_id_of(pair)
    if known is None:
        locked: Pair = Pair.objects.select_for_update(of=("self",), no_key=True).get(pk=pair.pk)
        if locked.mapping_set_id is None:
            locked.mapping_set = MappingSet.objects.create(name=locked.name)
            locked.save(update_fields=["mapping_set"])
        known = locked.mapping_set_id
    found: MappingSet = MappingSet.objects.get(pk=known)
    return found


def announce(connection_ids: Sequence[UUID]) -> None:
    """Tells whoever works these lanes that rules have changed. Call in the transaction that
    changed them, as its last step."""
    for connection_id in sorted(set(connection_ids)):
        Lane.objects.filter(pk=connection_id).update(rules_revision=F("rules_revision") + 1)


def forget() -> None:
    """Lets go of everything that is kept (tests that empty the tables)."""
    with _lock:
        _kept.clear()
        _told.clear()
