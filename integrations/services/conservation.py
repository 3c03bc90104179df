"""Conservation: everything that was received is accounted for, at every moment.

received = delivered + unchanged + merged + filtered + held + dead + in flight, for each flow and
each connection of a tenant, counted from the rows; and the proofs of imbalances.py, without which
such a sum would only restate itself.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
from django.db import connection as database

from integrations.models import Balance, Connection, Flow, Pair
from integrations.services.imbalances import Imbalance, find
from integrations.services.left_out import reasons
from integrations.services.tally import Sum, Tally, count, is_small
from tenants import scope

DAY = timedelta(hours=24)
EVERY = timedelta(minutes=1)
# Counting takes at most one part in so many of the time.
SHARE = 50
# So many items are counted for the page while someone waits for it.
SMALL = 5_000
FRESH = timedelta(minutes=10)


@dataclass(frozen=True)
class Line:
    """The sum of a connection, or of one of its flows, with what is off in it."""

    name: str
    flow_id: int | None
    entity: str
    sum: Sum
    imbalances: Sequence[Imbalance]

    @property
    def is_right(self) -> bool:
        return not self.imbalances and self.sum.missing == 0


@dataclass(frozen=True)
class Account:
    """One connection: its own sum, and that of every flow out of it."""

    connection: Connection
    total: Line
    flows: Sequence[Line]
    left_out: Mapping[str, int] = field(default_factory=dict)
    """Why records were left out, and how many, the most frequent reason first."""

    @property
    def lines(self) -> Sequence[Line]:
        return (self.total, *self.flows)


@dataclass(frozen=True)
class Report:
    """A tenant's books at one moment."""

    counted_at: datetime
    seconds: float
    accounts: Sequence[Account]

    @property
    def imbalances(self) -> list[Imbalance]:
        return [
            found
            for account in self.accounts
            for line in account.lines
            for found in line.imbalances
        ]

    @property
    def is_right(self) -> bool:
        return all(line.is_right for account in self.accounts for line in account.lines)


@contextmanager
def one_moment(tenant_id: UUID) -> Iterator[None]:
    """The tenant's scope, in which all queries see the database as it was at the first of them.

    Holds up nobody: readers lock nothing. Raises RuntimeError inside a transaction, which has seen
    something already.
    """
    if database.in_atomic_block:
        raise RuntimeError("one_moment was opened inside a transaction")
    database.ensure_connection()
    raw = database.connection
    raw.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    try:
        with scope.tenant(tenant_id):
            _expect_many_rows()
            yield
    finally:
        # The connection goes back to the pool, for work that must see what others commit.
        if not raw.closed:
            raw.isolation_level = None


def _expect_many_rows() -> None:
    """Counts whole tables by hashing them, also while the statistics still say they are empty."""
    with database.cursor() as cursor:
        cursor.execute("SET LOCAL enable_nestloop = off; SET LOCAL work_mem = '32MB'")


def report(tenant_id: UUID, *, now: datetime, since: datetime | None = None) -> Report:
    """Counts and proves everything of a tenant, or what was received from `since` on.

    Right while the engine runs: it looks at one moment. Locks nothing. For large tenants it takes
    seconds; it opens the tenant's scope itself.
    """
    began = time.monotonic()
    with one_moment(tenant_id):
        connections, flows = _everything()
        ids = [connection.pk for connection in connections]
        tally = count(ids, since=since)
        why = reasons(ids, since=since)
        imbalances = find(now=now, since=since)
    accounts = _accounts(connections, flows, tally, imbalances, why)
    return Report(now, time.monotonic() - began, accounts)


def recount(tenant_id: UUID, *, now: datetime) -> Report:
    """Counts and proves everything of a tenant, and keeps it for the pages."""
    began = time.monotonic()
    with one_moment(tenant_id):
        connections, flows = _everything()
        ids = [connection.pk for connection in connections]
        ever, day = count(ids), count(ids, since=now - DAY)
        imbalances = find(now=now)
    seconds = time.monotonic() - began
    with scope.tenant(tenant_id):
        Balance.objects.update_or_create(
            tenant_id=tenant_id,
            defaults={
                "counted_at": now,
                "seconds": seconds,
                "due_at": now + max(EVERY, timedelta(seconds=seconds * SHARE)),
                "ever": ever.as_json(),
                "day": day.as_json(),
                "imbalances": [found.as_json() for found in imbalances],
            },
        )
    return Report(now, seconds, _accounts(connections, flows, ever, imbalances))


@dataclass(frozen=True)
class Books:
    """What the live page tells of a pair. Each count is exact for the moment beside it; None while
    a large tenant has not been counted yet."""

    ever: Tally | None
    ever_at: datetime | None
    day: Tally | None
    day_at: datetime | None
    imbalances: Sequence[Imbalance]
    proved_at: datetime | None


def books(pair: Pair, *, now: datetime) -> Books:
    """The counts of a pair's connections: made on the spot while they are small, else the last
    ones that were kept. Call inside the tenant's scope."""
    ids = [pair.pos_id, pair.store_id]
    kept: Balance | None = Balance.objects.first()
    ever, ever_at = _newest(ids, kept.ever if kept else None, kept, since=None, now=now)
    day, day_at = _newest(ids, kept.day if kept else None, kept, since=now - DAY, now=now)
    imbalances = [
        Imbalance(**row)
        for row in (kept.imbalances if kept else ())
        if UUID(row["connection_id"]) in ids
    ]
    return Books(ever, ever_at, day, day_at, imbalances, kept.counted_at if kept else None)


def _newest(
    ids: Sequence[UUID],
    figures: Mapping[str, Any] | None,
    kept: Balance | None,
    *,
    since: datetime | None,
    now: datetime,
) -> tuple[Tally | None, datetime | None]:
    known = Tally.from_json(figures) if kept is not None and figures is not None else None
    # What was far from small a moment ago need not be looked at again.
    is_large = is_fresh(kept, now=now) and known is not None and known.received(ids) > 2 * SMALL
    if not is_large and is_small(ids, limit=SMALL, since=since):
        return count(ids, since=since), now
    if kept is None or known is None:
        return None, None
    return known, kept.counted_at


def is_fresh(kept: Balance | None, *, now: datetime) -> bool:
    """Whether the tenant was counted so lately that little can have come or gone since."""
    return kept is not None and kept.counted_at > now - FRESH


def as_json(found: Report) -> Mapping[str, Any]:
    """The report for machines."""
    return {
        "counted_at": found.counted_at.isoformat(),
        "seconds": round(found.seconds, 3),
        "is_right": found.is_right,
        "connections": [
            {
                "id": str(account.connection.pk),
                "name": account.connection.name,
                "connector": account.connection.connector,
                **_line_json(account.total),
                "left_out_by_reason": dict(account.left_out),
                "flows": [
                    {"id": line.flow_id, "name": line.name, **_line_json(line)}
                    for line in account.flows
                ],
            }
            for account in found.accounts
        ],
    }


def _line_json(line: Line) -> Mapping[str, Any]:
    return {
        "is_right": line.is_right,
        "received": line.sum.received,
        **line.sum.parts,
        "left_out_while_off": line.sum.left_out_off,
        "imbalances": [asdict(imbalance) for imbalance in line.imbalances],
    }


def _everything() -> tuple[list[Connection], list[Flow]]:
    connections = list(Connection.objects.order_by("name", "pk"))
    flows = Flow.objects.select_related("source", "target", "pair")
    return connections, list(flows.order_by("source__name", "entity", "pk"))


def _accounts(
    connections: Sequence[Connection],
    flows: Sequence[Flow],
    tally: Tally,
    imbalances: Sequence[Imbalance],
    why: Mapping[UUID, Mapping[str, int]] | None = None,
) -> list[Account]:
    """Each imbalance once: with its flow where it has one, else with its connection."""
    accounts = []
    for connection in connections:
        mine = [flow for flow in flows if flow.source_id == connection.pk]
        total = Line(
            connection.name,
            None,
            "",
            tally.of_connection(connection.pk),
            [
                found
                for found in imbalances
                if found.flow_id is None and found.connection_id == str(connection.pk)
            ],
        )
        lines = [
            Line(
                f"{flow.entity} to {flow.target.name}" + ("" if flow.is_on else ", off"),
                flow.pk,
                flow.entity,
                tally.of_flow(flow),
                [found for found in imbalances if found.flow_id == flow.pk],
            )
            for flow in mine
        ]
        accounts.append(Account(connection, total, lines, (why or {}).get(connection.pk, {})))
    return accounts
