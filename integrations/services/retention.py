"""Retention: old payloads and finished records go, what is open stays, and sums stay true.

Payloads go when they are older than their tenant's retention; inbox items, deliveries and attempts
when they are older than CLARITY_HISTORY_DAYS and finished. Rows go by the partition: what has to
stay of it is copied to the attic, the rest is dropped with it. Before rows go, they are added to
the day totals. All days are UTC.
"""

# ruff: noqa: S608 - every name that is put together here is one of ours

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection

from integrations.services import keeping
from integrations.services.partitions import (
    ATTEMPTS,
    DELIVERIES,
    ITEMS,
    PAYLOADS,
    Partition,
    Table,
    attach,
    be_brief,
    create,
    day_of,
    first_id,
    partitions,
    patiently,
    prepare_days,
    utc_day,
)
from integrations.services.partitions import (
    run as execute,
)
from tenants import scope
from tenants.models import Tenant
from tenants.ownership import as_owner

REASON = "retention"
BATCH = 5000
# More rows than these are not copied while others wait for the table; the rest is deleted instead.
COPY_AT_MOST = 50_000


@dataclass(frozen=True)
class Step:
    """What happened, or would happen, to one partition. `way` is "dropped" or "thinned"; `seconds`
    is how long it took to do."""

    table: str
    partition: str
    until: str
    way: str
    gone: int
    kept: int
    seconds: float = 0.0


@dataclass
class Report:
    """What one run did. `forgotten` counts names of notices."""

    is_dry: bool
    made: list[str] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    forgotten: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Ages:
    """Until when things are kept. `retention` in days, by tenant."""

    now: datetime
    retention: Mapping[UUID, int]

    @property
    def longest(self) -> int:
        return max(self.retention.values(), default=1)

    @property
    def history(self) -> int:
        """No record goes before its payloads."""
        return max(settings.CLARITY_HISTORY_DAYS, self.longest)

    @property
    def names(self) -> int:
        return max(settings.CLARITY_NOTICE_NAME_DAYS, self.history)

    def before(self, days: int) -> datetime:
        return self.now - timedelta(days=days)


def run(now: datetime, *, is_dry: bool = False) -> Report:
    """Prepares the coming days and lets go what is old. Call outside any scope, once a day or more.

    Several at once do no harm. What cannot be done because others hold a table for too long raises
    OperationalError; the next run goes on from there.
    """
    began = time.monotonic()
    report = Report(is_dry)
    ages = _ages(now)
    if not is_dry:
        report.made = prepare_days(now)
    for partition in partitions(PAYLOADS):
        _thin_payloads(report, ages, partition)
    for table, days in (
        (PAYLOADS, ages.longest),
        (ATTEMPTS, ages.history),
        (DELIVERIES, ages.history),
        (ITEMS, ages.history),
    ):
        _retire(report, ages, table, days)
    report.forgotten = _forget_names(ages, is_dry=is_dry)
    report.seconds = round(time.monotonic() - began, 3)
    return report


def _ages(now: datetime) -> Ages:
    with scope.door(REASON):
        return Ages(now, {one.pk: one.retention_days for one in Tenant.objects.order_by("pk")})


def _values(ages: Ages, tenants: Sequence[UUID] = ()) -> dict[str, Any]:
    return {
        "cutoff": ages.before(ages.history),
        "tenants": list(tenants),
        "after": -1,
        "batch": BATCH,
    }


def _youngest(partition: Partition) -> datetime | None:
    """When its last row was made. A partition goes on being filled while nobody prepares days."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {partition.table.made_at} FROM {partition.name} ORDER BY id DESC LIMIT 1"
        )
        row = cursor.fetchone()
    return row[0] if row else None


def _is_over(partition: Partition, ages: Ages, days: int) -> bool:
    """Whether the whole partition is older than so many days."""
    if partition.high > first_id(utc_day(ages.before(days))):
        return False
    with scope.door(REASON):
        youngest = _youngest(partition)
    return youngest is None or youngest < ages.before(days)


# --- payloads of tenants that keep them for a shorter time than others ---------------------------


def _thin_payloads(report: Report, ages: Ages, partition: Partition) -> None:
    if _is_over(partition, ages, ages.longest):
        return
    over = {
        days: _is_over(partition, ages, days)
        for days in set(ages.retention.values())
        if days < ages.longest
    }
    tenants = [tenant for tenant, days in ages.retention.items() if over.get(days)]
    if tenants:
        _thin(report, partition, _values(ages, tenants))


def _thin(report: Report, partition: Partition, values: dict[str, Any]) -> None:
    """Deletes what goes in small transactions; the partition stays."""
    with scope.door(REASON), _cursor() as cursor:
        cursor.execute(keeping.any_gone(partition.table, partition.name), values)
        if not cursor.fetchone()[0]:
            return
        if report.is_dry:
            gone, kept = _count(partition, values)
            report.steps.append(_step(partition, "thinned", gone, kept))
            return
    began = time.monotonic()
    total = sum(_delete_all(partition, values))
    with scope.door(REASON):
        kept = _count(partition, values)[1]
    report.steps.append(_step(partition, "thinned", total, kept, began))


def _delete_all(partition: Partition, values: dict[str, Any]) -> Iterator[int]:
    after: int | None = -1
    statement = keeping.delete_some(partition.table, partition.name)
    while after is not None:
        with scope.door(REASON), _cursor() as cursor:
            cursor.execute(statement, {**values, "after": after})
            deleted, after = cursor.fetchone()
            yield deleted


# --- whole partitions --------------------------------------------------------------------------


def _retire(report: Report, ages: Ages, table: Table, days: int) -> None:
    """Every partition that is over, oldest first, goes into the attic; the attic itself is swept."""
    values = _values(ages, list(ages.retention))
    found = partitions(table)
    if not found:
        return
    attic, others = (found[0], found[1:]) if found[0].is_attic else (None, found)
    if attic:
        if not _is_over(attic, ages, days):
            return
        attic = _sweep(report, attic, values)
    for partition in others:
        if not _is_over(partition, ages, days):
            return
        with scope.door(REASON):
            gone, kept = _count(partition, values)
            in_attic = sum(_count(attic, values)) if attic else 0
        if kept + in_attic > COPY_AT_MOST:
            _thin(report, partition, values)
            return
        began = time.monotonic()
        if not report.is_dry:
            attic = patiently(lambda one=partition, old=attic: _to_attic(one, old, values))  # type: ignore[misc]
        report.steps.append(_step(partition, "dropped", gone, kept, began))


def _sweep(report: Report, attic: Partition, values: dict[str, Any]) -> Partition:
    """Lets go what was finished since; answers the attic of now. The first one is the whole table
    of before, so it is made anew rather than thinned."""
    with scope.door(REASON):
        gone, kept = _count(attic, values)
    if gone <= BATCH or kept > COPY_AT_MOST:
        _thin(report, attic, values)
        return attic
    began = time.monotonic()
    new = attic if report.is_dry else patiently(lambda: _to_attic(attic, None, values))
    report.steps.append(_step(attic, "dropped", gone, kept, began))
    return new


def _to_attic(
    partition: Partition, attic: Partition | None, values: Mapping[str, Any]
) -> Partition:
    """One transaction: a new attic with what is kept of both, and the old ones are gone.

    Others may read until the last moment. They may not write meanwhile, so that what is counted is
    what goes; hardly anybody writes to rows this old.
    """
    table, old = partition.table, [one for one in (attic, partition) if one]
    new = Partition(table, _name(table, partition), None, partition.high)
    with scope.door(REASON), _cursor() as cursor:
        be_brief()
        # The parent first: taken later, behind locks of our own, it would be a deadlock.
        cursor.execute(f"LOCK TABLE ONLY {table.name} IN SHARE UPDATE EXCLUSIVE MODE")
        for one in old:
            cursor.execute(f"LOCK TABLE {one.name} IN SHARE ROW EXCLUSIVE MODE")
        with as_owner():
            create(table, new.name)
        for one in old:
            totals = keeping.add_totals(table, one.name)
            if totals:
                cursor.execute(totals, values)
            cursor.execute(keeping.copy_kept(table, one.name, new.name), values)
        with as_owner():
            execute(*[f"DROP TABLE {one.name}" for one in old])
            attach(new)
    return new


def _name(table: Table, partition: Partition) -> str:
    """Of a new attic; the one that is there may bear the first of the two."""
    name = f"{table.name}_until_{day_of(partition.high):%Y%m%d}"
    return f"{name}b" if partition.name == name else name


def _count(partition: Partition, values: Mapping[str, Any]) -> tuple[int, int]:
    """How many rows go and how many are kept. Call inside the door."""
    with _cursor() as cursor:
        cursor.execute(keeping.count(partition.table, partition.name), values)
        gone, kept = cursor.fetchone()
    return gone, kept


def _step(partition: Partition, way: str, gone: int, kept: int, began: float | None = None) -> Step:
    seconds = round(time.monotonic() - began, 3) if began else 0.0
    until = day_of(partition.high).isoformat()
    return Step(partition.table.name, partition.name, until, way, gone, kept, seconds)


def _cursor() -> Any:
    """A cursor whose transaction may hold the ids of many open rows in memory at once."""
    cursor = connection.cursor()
    cursor.execute("SET LOCAL work_mem = '64MB'")
    return cursor


# --- names of notices ----------------------------------------------------------------------------


def _forget_names(ages: Ages, *, is_dry: bool) -> int:
    """Deletes the names nobody will send again, a batch at a time."""
    day = utc_day(ages.before(ages.names))
    if is_dry:
        with scope.door(REASON), _cursor() as cursor:
            cursor.execute("SELECT count(*) FROM integrations_noticename WHERE day < %s", [day])
            return int(cursor.fetchone()[0])
    total, deleted = 0, BATCH
    while deleted == BATCH:
        with scope.door(REASON), _cursor() as cursor:
            cursor.execute(
                "DELETE FROM integrations_noticename WHERE ctid = ANY(ARRAY("
                "SELECT ctid FROM integrations_noticename WHERE day < %s LIMIT %s))",
                [day, BATCH],
            )
            deleted = cursor.rowcount
        total += deleted
    return total
