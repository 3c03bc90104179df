"""Records by hour and day, by outcome and by how long they took: for the dashboard, API and metrics.

Read from the small rows that services/hours.py keeps. What is not counted yet is counted here on
the spot while it is little, so that small installations see every record at once; otherwise
`counted_at` says how old the figures are.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection as database

from integrations.models import Flow, HourFigure
from integrations.services import hours
from integrations.services.freshness import STEPS, Freshness, added, of_counts
from integrations.services.hours import COLUMNS, HOUR, hour_of
from integrations.services.tally import SKEW
from tenants import scope

# So many records are counted while someone waits.
FEW = 1_000


class Span(StrEnum):
    """The stretch of time that is looked at, and in which steps."""

    DAY = "24h"
    WEEK = "7d"
    MONTH = "30d"

    @property
    def unit(self) -> str:
        return "hour" if self is Span.DAY else "day"


@dataclass
class Line:
    """What was received, by outcome (the words of hours.COLUMNS), and how long what was delivered
    took, as counts by freshness.STEPS."""

    counts: Counter[str] = field(default_factory=Counter)
    ages: list[int] = field(default_factory=lambda: added([]))

    @property
    def received(self) -> int:
        return self.counts.total()

    @property
    def freshness(self) -> Freshness:
        return of_counts(self.ages)

    def add(self, numbers: Mapping[str, int], ages: Sequence[int]) -> None:
        self.counts.update({name: number for name, number in numbers.items() if number})
        self.ages = added([self.ages, ages])


@dataclass(frozen=True)
class Bucket:
    """One bar of a chart: an hour or a day, from `start` on."""

    start: datetime
    by_flow: Mapping[int, Line]

    @property
    def line(self) -> Line:
        return together(self.by_flow.values())


@dataclass(frozen=True)
class Figures:
    """All figures of a stretch of time. `counted_at`: the moment they are exact for, None while a
    large tenant has not been counted yet."""

    since: datetime
    counted_at: datetime | None
    by_flow: Mapping[int, Line]
    buckets: Sequence[Bucket]

    @property
    def total(self) -> Line:
        return together(self.by_flow.values())


def together(lines: Iterable[Line]) -> Line:
    """The figures of several flows as one."""
    rows = list(lines)
    counts: Counter[str] = Counter()
    for row in rows:
        counts.update(row.counts)
    return Line(counts, added([row.ages for row in rows]))


def starts_of(span: Span, *, now: datetime, zone: ZoneInfo) -> list[datetime]:
    """Where the buckets begin: the hours of 24, or the days of 7 or 30 with today, in the zone."""
    if span is Span.DAY:
        return [hour_of(now) - back * HOUR for back in range(23, -1, -1)]
    days = 7 if span is Span.WEEK else 30
    return [midnight(now, zone=zone, days_before=back) for back in range(days - 1, -1, -1)]


def midnight(now: datetime, *, zone: ZoneInfo, days_before: int = 0) -> datetime:
    """When the day began in the zone."""
    day = now.astimezone(zone).date() - timedelta(days=days_before)
    return datetime(day.year, day.month, day.day, tzinfo=zone)


def read(
    *, flows: Sequence[Flow], span: Span, now: datetime, zone: ZoneInfo, tail: Tail | None = None
) -> Figures:
    """The figures of these flows over a span. Call inside the tenant's scope.

    Costs the same whatever the number of records. `tail`: of `tail_of` for the same flows, where
    several figures are read.
    """
    return _read(flows, starts_of(span, now=now, zone=zone), tail or tail_of(flows=flows, now=now))


def today(
    *, flows: Sequence[Flow], now: datetime, zone: ZoneInfo, tail: Tail | None = None
) -> Figures:
    """The figures since midnight in the zone, as one bucket. Call inside the tenant's scope."""
    return _read(flows, [midnight(now, zone=zone)], tail or tail_of(flows=flows, now=now))


def since(*, flows: Sequence[Flow], moment: datetime, now: datetime) -> Figures:
    """The figures from a full hour on, as one bucket. Call inside the tenant's scope."""
    return _read(flows, [moment], tail_of(flows=flows, now=now))


def _read(flows: Sequence[Flow], starts: Sequence[datetime], tail: Tail) -> Figures:
    # Figures are kept by full hours of UTC; where midnight is none, the day begins a little early.
    hours_at = [hour_of(start) for start in starts]
    by_flow: dict[int, Line] = {flow.pk: Line() for flow in flows}
    buckets: list[dict[int, Line]] = [{} for _ in starts]

    def add(flow_id: int, bucket: int, counts: Mapping[str, int], ages: Sequence[int]) -> None:
        by_flow[flow_id].add(counts, ages)
        buckets[bucket].setdefault(flow_id, Line()).add(counts, ages)

    for row in _kept(flows, hours_at, until=tail.since if tail.rows is not None else None):
        add(*row)
    for figure in tail.rows or ():
        bucket = bisect_right(hours_at, figure.hour) - 1
        if bucket >= 0 and figure.flow_id in by_flow:
            counts = {name: getattr(figure, name) for name in COLUMNS}
            add(figure.flow_id, bucket, counts, figure.ages)
    found = [Bucket(start, lines) for start, lines in zip(starts, buckets, strict=True)]
    return Figures(starts[0], tail.counted_at, by_flow, found)


@dataclass(frozen=True)
class Tail:
    """The hours from `since` on, counted just now; None where that would take too long."""

    since: datetime
    rows: Sequence[HourFigure] | None
    counted_at: datetime | None


def tail_of(*, flows: Sequence[Flow], now: datetime) -> Tail:
    newest = hours.newest_hour()
    since = hours.go_on_from(newest, now=now)
    if not _are_few(flows, since):
        return Tail(since, None, newest.counted_at if newest else None)
    return Tail(since, hours.count(since, now + SKEW, now=now), now)


_FEW = """
SELECT count(*) FROM (
    SELECT 1
    FROM unnest(%(sources)s::uuid[], %(entities)s::text[]) AS f (source, entity),
    LATERAL (
        SELECT 1 FROM integrations_inboxitem i
        WHERE i.tenant_id = %(tenant)s AND i.connection_id = f.source AND i.entity = f.entity
          AND i.received_at >= %(since)s LIMIT %(limit)s
    ) AS one
    LIMIT %(limit)s
) AS first
"""


def _are_few(flows: Sequence[Flow], since: datetime) -> bool:
    """Whether so little came since that it can be counted at once. Looks at the index only."""
    places = sorted({(str(flow.source_id), flow.entity) for flow in flows})
    values: dict[str, Any] = {
        "tenant": scope.current(),
        "sources": [source for source, _ in places],
        "entities": [entity for _, entity in places],
        "since": since,
        "limit": FEW + 1,
    }
    with database.cursor() as cursor:
        cursor.execute(_FEW, values)
        return int(cursor.fetchone()[0]) <= FEW


_SUMS = ", ".join(f"sum({name})" for name in COLUMNS)
_AGES = ", ".join(f"sum(ages[{step}])" for step in range(1, len(STEPS) + 2))
_KEPT = f"""
SELECT flow_id, width_bucket(hour, %(starts)s::timestamptz[]) - 1, {_SUMS}, {_AGES}
FROM integrations_hourfigure
WHERE tenant_id = %(tenant)s AND hour >= %(since)s AND hour < %(until)s AND flow_id = ANY(%(flows)s)
GROUP BY 1, 2
"""  # noqa: S608 - names of ours


def _kept(
    flows: Sequence[Flow], starts: Sequence[datetime], *, until: datetime | None
) -> Iterator[tuple[int, int, Mapping[str, int], list[int]]]:
    """(flow, number of the bucket, counts, ages)."""
    values: dict[str, Any] = {
        "tenant": scope.current(),
        "flows": [flow.pk for flow in flows],
        "starts": list(starts),
        "since": starts[0],
        "until": until or "infinity",
    }
    with database.cursor() as cursor:
        cursor.execute(_KEPT, values)
        for flow_id, bucket, *sums in cursor.fetchall():
            numbers = [int(number or 0) for number in sums]
            counts = dict(zip(COLUMNS, numbers, strict=False))
            yield flow_id, bucket, counts, numbers[len(COLUMNS) :]
