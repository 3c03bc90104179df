"""Lookup tables of a pair: read, changed, and the values they do not know yet.

Every function is called inside the tenant's scope.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import connection as database
from django.db.models import F

from integrations.models import Pair
from integrations.services.mapping_release import Released, release
from integrations.services.mapping_versions import flows_of
from integrations.sync import lanes, rulebooks, unmapped
from mappings.engine.rules import Rule
from mappings.models import LookupTable, MappingSet, TableRevision, UnmappedValue
from tenants.models import User
from tenants.services import audit

MOST_ROWS = 5_000
LONGEST = 400
LATELY = timedelta(days=30)

_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")


class BadTable(ValueError):
    """The table cannot be changed like this; the message says why and what to do."""


@dataclass(frozen=True)
class Use:
    """A rule that looks into a table. `default`: what it gives for a value without an entry, None
    when such a value holds the record."""

    entity: str
    direction: str
    target: str
    source: str
    default: object


@dataclass(frozen=True)
class Table:
    """A table of a pair. One that a rule looks into but nobody filled has no rows."""

    name: str
    title: str
    rows: Mapping[str, str]
    uses: Sequence[Use]
    unmapped: int
    revision: int = 0
    changed_at: datetime | None = None
    changed_by: User | None = None


@dataclass(frozen=True)
class Put:
    """What a change did. `released`: incidents whose records run again because of it."""

    table: LookupTable
    revision: int
    released: Sequence[Released] = field(default_factory=tuple)

    @property
    def records(self) -> int:
        return sum(one.records for one in self.released)


def tables(*, pair: Pair) -> list[Table]:
    """The tables of the pair and those its rules look into, by name."""
    made = {
        row.name: row
        for row in LookupTable.objects.filter(set_id=rulebooks.set_id_of(pair)).select_related(
            "changed_by"
        )
    }
    uses = _uses(pair)
    waiting: dict[str, int] = {}
    for row in unmapped_values(pair=pair):
        waiting[row.table] = waiting.get(row.table, 0) + 1
    return [
        _table(name, made.get(name), uses.get(name, ()), waiting.get(name, 0))
        for name in sorted({*made, *uses})
    ]


def put(
    *,
    pair: Pair,
    table: str,
    rows: Mapping[str, str],
    actor: User | None,
    now: datetime,
    title: str = "",
) -> Put:
    """Adds entries to a table, which is made when there is none, or gives them another result.

    It counts from the next record that is taken in. Records that were held for want of one of these
    entries run again, one first, and the others when it went through. Raises BadTable.
    """
    checked = _checked(table, rows)
    mapping_set = _begin(pair)
    row = _row(mapping_set, table)
    before = dict(row.rows)
    merged = {**before, **checked}
    if len(merged) > MOST_ROWS:
        raise BadTable(f"The table {table} would have {len(merged)} rows; it holds {MOST_ROWS}.")
    row.title = title[:120] or row.title
    if merged == before and row.pk is not None:
        row.save(update_fields=["title"])
        return Put(row, mapping_set.tables_revision, release(pair, actor=actor, now=now))
    revision = _keep(pair, mapping_set, row, merged, actor=actor, now=now)
    UnmappedValue.objects.filter(set=mapping_set, table=table, value__in=list(checked)).delete()
    _tell(row, before, actor=actor)
    return Put(row, revision, release(pair, actor=actor, now=now))


def remove(
    *, pair: Pair, table: str, values: Iterable[str], actor: User | None, now: datetime
) -> Put:
    """Takes entries out of a table; a table stays when its last entry goes. Raises BadTable."""
    wanted = set(values)
    mapping_set = _begin(pair)
    row = _row(mapping_set, table)
    before = dict(row.rows)
    unknown = sorted(wanted - set(before))
    if row.pk is None or unknown:
        raise BadTable(f"The table {table} has no entry for {', '.join(unknown) or 'anything'}.")
    left = {value: result for value, result in before.items() if value not in wanted}
    revision = _keep(pair, mapping_set, row, left, actor=actor, now=now)
    unmapped.forget()
    _tell(row, before, actor=actor)
    return Put(row, revision)


def unmapped_values(
    *, pair: Pair, table: str = "", since: datetime | None = None
) -> list[UnmappedValue]:
    """Values met without an entry, those that hold records first, then the most frequent.

    `since` leaves out what was last seen before. Their `example` is the id of an inbox item.
    """
    rows = UnmappedValue.objects.filter(set_id=rulebooks.set_id_of(pair))
    if table:
        rows = rows.filter(table=table)
    if since is not None:
        rows = rows.filter(last_at__gte=since)
    return list(rows.order_by("-is_holding", "-count", "table", "value"))


def dismiss(*, pair: Pair, table: str, value: str) -> bool:
    """Takes a value off the list of those without an entry, until it is met again."""
    gone, _ = UnmappedValue.objects.filter(
        set_id=rulebooks.set_id_of(pair), table=table, value=value
    ).delete()
    return bool(gone)


def _checked(table: str, rows: Mapping[str, str]) -> dict[str, str]:
    if not _NAME.fullmatch(table):
        raise BadTable(
            f"{table!r} is no name for a table. Use small letters, digits and _, a letter first."
        )
    if not rows:
        raise BadTable("Nothing was given to put into the table.")
    checked = {str(value): str(result) for value, result in rows.items()}
    for value, result in checked.items():
        if not value or len(value) > LONGEST or len(result) > LONGEST:
            raise BadTable(
                f"{value[:40]!r}: a value has 1 to {LONGEST} characters, and what it becomes at"
                f" most {LONGEST}."
            )
    return checked


def _begin(pair: Pair) -> MappingSet:
    """The set, locked. The lanes' advisory locks come before any row, as everywhere."""
    with database.cursor() as cursor:
        for connection_id in sorted((pair.pos_id, pair.store_id)):
            cursor.execute(
                "SELECT pg_advisory_xact_lock_shared(%s)", [lanes.lock_key(connection_id)]
            )
    made = rulebooks.set_of(pair)
    pair.mapping_set = made
    locked: MappingSet = MappingSet.objects.select_for_update(no_key=True).get(pk=made.pk)
    return locked


def _row(mapping_set: MappingSet, name: str) -> LookupTable:
    found: LookupTable | None = LookupTable.objects.filter(set=mapping_set, name=name).first()
    return found or LookupTable(set=mapping_set, name=name, rows={})


def _keep(
    pair: Pair,
    mapping_set: MappingSet,
    row: LookupTable,
    rows: Mapping[str, str],
    *,
    actor: User | None,
    now: datetime,
) -> int:
    """The table with these rows, as a revision of its own."""
    MappingSet.objects.filter(pk=mapping_set.pk).update(tables_revision=F("tables_revision") + 1)
    mapping_set.refresh_from_db(fields=["tables_revision"])
    revision = mapping_set.tables_revision
    row.rows, row.revision, row.changed_at, row.changed_by = dict(rows), revision, now, actor
    row.save()
    TableRevision.objects.create(
        set=mapping_set, number=revision, name=row.name, rows=row.rows, author=actor, at=now
    )
    rulebooks.announce([pair.pos_id, pair.store_id])
    return revision


def _tell(row: LookupTable, before: Mapping[str, str], *, actor: User | None) -> None:
    values = {value for value in {*before, *row.rows} if before.get(value) != row.rows.get(value)}
    audit.record(
        action="mapping.table_changed",
        object_type="LookupTable",
        object_id=row.pk,
        actor=actor,
        before={value: before.get(value) for value in sorted(values)},
        after={
            "table": row.name,
            "revision": row.revision,
            "rows": {value: row.rows.get(value) for value in sorted(values)},
        },
    )


def _table(name: str, row: LookupTable | None, uses: Sequence[Use], waiting: int) -> Table:
    if row is None:
        return Table(name, "", {}, uses, waiting)
    return Table(
        name,
        row.title,
        dict(sorted(row.rows.items())),
        uses,
        waiting,
        row.revision,
        row.changed_at,
        row.changed_by,
    )


def _uses(pair: Pair) -> dict[str, list[Use]]:
    found: dict[str, list[Use]] = {}
    for flow in flows_of(pair):
        for rule in rulebooks.of_flow(flow).rules.rules:
            if rule.lookup:
                use = _use(flow.entity, flow.direction, rule)
                found.setdefault(rule.lookup.table, []).append(use)
    return found


def _use(entity: str, direction: str, rule: Rule) -> Use:
    return Use(entity, direction, rule.target, rule.origin or "", rule.default)
