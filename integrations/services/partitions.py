"""Partitions of the four tables that grow with every record: by id, and the id tells the day.

Day D, counted from 2020-01-01 UTC, has the ids from D * 10^10 on: once a day each sequence is moved
on to the day's first id. So the primary key stays the id alone, a look-up by id reads one partition,
and when nobody moves the sequences on, rows go into the partition of the last day they were moved
to: nothing fails.

Payloads, which are only ever looked up by id, have a partition a day. The others are searched in
other ways too, and every partition a search has to plan for costs: they have one a week.
docs/retention.md has the figures. The oldest partition, which reaches back without end, is called
the attic: what is still open of dropped partitions lies there.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar

from django.db import OperationalError, connection
from psycopg import errors

from tenants import scope
from tenants.ownership import as_owner
from tenants.rls import protect_sql

EPOCH = date(2020, 1, 1)
IDS_A_DAY = 10**10
DAYS_AHEAD = 7

# A statement that waits for a table makes everybody behind it wait as well, so: briefly, and again.
LOCK_TIMEOUT = "250ms"
TRIES = 60

T = TypeVar("T")


@dataclass(frozen=True)
class Table:
    """`made_at` is the column that tells when a row was made; `days` how many a partition holds."""

    name: str
    made_at: str
    days: int


ITEMS = Table("integrations_inboxitem", "received_at", 7)
DELIVERIES = Table("integrations_delivery", "created_at", 7)
ATTEMPTS = Table("integrations_attempt", "started_at", 7)
PAYLOADS = Table("integrations_payload", "created_at", 1)

# In the order in which sequences move on: what is made of an item never has an earlier day.
TABLES = (ATTEMPTS, PAYLOADS, DELIVERIES, ITEMS)


@dataclass(frozen=True)
class Partition:
    """The rows of `table` whose id is at least `low`, None for no bound, and below `high`."""

    table: Table
    name: str
    low: int | None
    high: int

    @property
    def is_attic(self) -> bool:
        return self.low is None


def first_id(day: date) -> int:
    """The first id of a UTC day."""
    return (day - EPOCH).days * IDS_A_DAY


def day_of(row_id: int) -> date:
    """The UTC day to which the sequences had been moved when the id was given out."""
    return EPOCH + timedelta(days=row_id // IDS_A_DAY)


def utc_day(now: datetime) -> date:
    return now.astimezone(UTC).date()


def partitions(table: Table) -> list[Partition]:
    """All partitions, oldest first; [] when the table is not partitioned."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT c.relname, pg_get_expr(c.relpartbound, c.oid)
            FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
            WHERE i.inhparent = to_regclass(%s)
            """,
            [table.name],
        )
        rows = cursor.fetchall()
    found = []
    for name, bounds in rows:
        low, high = re.findall(r"\((MINVALUE|'?\d+'?)\)", bounds)
        start = None if low == "MINVALUE" else int(low.strip("'"))
        found.append(Partition(table, name, start, int(high.strip("'"))))
    return sorted(found, key=lambda one: one.high)


def patiently(work: Callable[[], T]) -> T:
    """What `work` answers. It is one transaction that needs locks, and is done again until it has
    got them. Raises OperationalError when others hold them for too long."""
    for attempt in range(TRIES):
        try:
            return work()
        except OperationalError as error:
            busy = isinstance(error.__cause__, errors.LockNotAvailable | errors.DeadlockDetected)
            if not busy or attempt == TRIES - 1:
                raise
        time.sleep(random.uniform(0.05, 0.5))  # noqa: S311 - no secret
    raise AssertionError("unreachable")


def run(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def be_brief() -> None:
    """Only for the transaction: waits for no lock for long."""
    run(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")


def prepare_days(now: datetime) -> list[str]:
    """Makes the partitions of today and the coming days and moves the sequences on to today.

    Answers the names of those made. May be called at any time, by several processes at once.
    """
    made = [name for table in TABLES for name in patiently(lambda one=table: _make(one, now))]  # type: ignore[misc]
    patiently(lambda: _move_on(now))
    return made


def _make(table: Table, now: datetime) -> list[str]:
    made = []
    with scope.door("partitions of the coming days"), as_owner():
        be_brief()
        run("SELECT pg_advisory_xact_lock(hashtext('clarity.partitions'))")
        existing = partitions(table)
        if not existing:
            return []
        today, low = utc_day(now), existing[-1].high
        while low < first_id(today + timedelta(days=DAYS_AHEAD)):
            # Days nobody prepared for have no ids; the next partition covers them as well.
            width = table.days * IDS_A_DAY
            high = (max(low, first_id(today)) // width + 1) * width
            name = f"{table.name}_{day_of(low):%Y%m%d}"
            create(table, name)
            attach(Partition(table, name, low, high))
            made.append(name)
            low = high
    return made


def create(table: Table, name: str) -> None:
    """A table of the same shape, protected, which is no partition yet. Call as the owner.

    So made, and attached later, it never keeps anybody from the tables it will belong to, which
    CREATE TABLE ... PARTITION OF does.
    """
    run(f"CREATE TABLE {name} (LIKE {table.name} INCLUDING ALL)", *protect_sql(name))


def attach(partition: Partition) -> None:
    """Makes a table a partition. Call as the owner."""
    low = "MINVALUE" if partition.low is None else partition.low
    run(
        f"ALTER TABLE {partition.table.name} ATTACH PARTITION {partition.name}"
        f" FOR VALUES FROM ({low}) TO ({partition.high})"
    )


def _move_on(now: datetime) -> None:
    """Only once the partitions are there for everybody: a sequence is moved at once and for good."""
    start = first_id(utc_day(now))
    with scope.door("first ids of the day"), as_owner(), connection.cursor() as cursor:
        be_brief()
        # Two at once could set a sequence back to where the other had already passed.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('clarity.partitions'))")
        for table in TABLES:
            if not any((one.low or 0) <= start < one.high for one in partitions(table)):
                continue
            sequence = f"{table.name}_id_seq"
            cursor.execute(f"SELECT last_value FROM {sequence}")  # noqa: S608 - our own name
            if cursor.fetchone()[0] < start:
                cursor.execute("SELECT setval(%s, %s, false)", [sequence, start])
                # Where a TRUNCATE ... RESTART IDENTITY begins again.
                cursor.execute(f"ALTER SEQUENCE {sequence} START WITH {start}")
