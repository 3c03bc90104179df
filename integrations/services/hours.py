"""Counts the records of an hour, by flow, outcome and age. From the rows, which are the truth.

An hour is looked at whole and written over, so a crash or a second counter does no harm. What is
not final is counted again: the hour that runs, hours with open records, and every hour once a day.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection as database
from django.db.models import Q

from integrations.models import HourFigure, Pair
from integrations.services.freshness import STEPS
from integrations.services.partitions import first_id, utc_day
from integrations.services.tally import OUTCOMES, SKEW
from integrations.sync import pipeline
from tenants import scope

log = logging.getLogger(__name__)

HOUR = timedelta(hours=1)
KEPT = timedelta(days=100)
# The chore's turn ends before its worker is ended; the next one goes on.
TURN_SECONDS = 40.0
# Counting takes at most one part in so many of the time.
SHARE = 50
# At most so many hours with open records are looked at again in a turn.
MOST_AGAIN = 24
EVERY = timedelta(minutes=1)
EVERY_HOUR_EACH = timedelta(hours=24)

COLUMNS = ("delivered", "unchanged", "merged", "filtered", "held", "dead", "waiting")
_COLUMN_OF = {"replaced": "merged", "passed": "filtered"}
_WHEN = " ".join(f"WHEN '{outcome}' THEN {code}" for code, outcome in enumerate(OUTCOMES))

# Every item of a flow's source and entity counts for the flow: by its own state, or by its latest
# delivery there once it was passed on; passed on without one, the flow was off. What an item is made
# into never has an id of an earlier day, so old partitions are not touched.
_COUNT = f"""
SELECT f.id, date_trunc('hour', i.received_at, 'UTC') AS hour,
       CASE WHEN i.state = 'passed' THEN coalesce(last.code::text, 'passed') ELSE i.state END,
       CASE WHEN i.rank < 5 AND last.at IS NOT NULL
            THEN width_bucket(extract(epoch FROM last.at - i.received_at)::float8,
                              %(steps)s::float8[]) END,
       count(*)
FROM integrations_flow f
JOIN integrations_inboxitem i ON i.connection_id = f.source_id AND i.entity = f.entity
LEFT JOIN LATERAL (
    SELECT mod(max(d.id * 8 + CASE d.state {_WHEN} END), 8) AS code,
           min(d.finished_at) FILTER (WHERE d.state = 'delivered') AS at
    FROM integrations_delivery d
    WHERE d.inbox_item_id = i.id AND d.flow_id = f.id AND d.tenant_id = %(tenant)s
      AND d.id >= %(low)s AND i.state = 'passed'
) AS last ON true
WHERE f.tenant_id = %(tenant)s AND i.tenant_id = %(tenant)s
  AND i.received_at >= %(since)s AND i.received_at < %(until)s
  AND (%(pair)s::uuid IS NULL OR f.pair_id = %(pair)s)
GROUP BY 1, 2, 3, 4
"""  # noqa: S608 - names of ours

_FIRST = """
SELECT min(one.received_at)
FROM (SELECT DISTINCT source_id, entity FROM integrations_flow WHERE tenant_id = %(tenant)s) AS f,
LATERAL (
    SELECT i.received_at FROM integrations_inboxitem i
    WHERE i.tenant_id = %(tenant)s AND i.connection_id = f.source_id AND i.entity = f.entity
      AND i.received_at >= %(since)s
    ORDER BY i.received_at LIMIT 1
) AS one
"""


# Tenants whose last hour is not over, who got something since, of whom `_again` finds an hour, or who
# have figures to be dropped; who was counted longest ago comes first.
_WITH_WORK = """
SELECT t.id
FROM tenants_tenant t
LEFT JOIN LATERAL (
    SELECT h.hour, h.counted_at FROM integrations_hourfigure h WHERE h.tenant_id = t.id
    ORDER BY h.hour DESC, h.counted_at DESC LIMIT 1
) AS newest ON true
LEFT JOIN LATERAL (
    SELECT max(h.counted_at) AS at FROM integrations_hourfigure h WHERE h.tenant_id = t.id
) AS last ON true
WHERE t.erasing_since IS NULL AND (
    newest.counted_at < newest.hour + %(over)s
    OR EXISTS (
        SELECT FROM integrations_hourfigure h
        WHERE h.tenant_id = t.id AND h.counted_at < %(every)s AND h.hour < %(hour)s
          AND h.hour >= %(from)s AND (h.waiting > 0 OR h.held > 0 OR h.dead > 0))
    OR EXISTS (
        SELECT FROM integrations_hourfigure h
        WHERE h.tenant_id = t.id AND h.counted_at < %(stale)s AND h.hour < %(hour)s
          AND h.hour >= %(from)s)
    OR EXISTS (
        SELECT FROM integrations_hourfigure h WHERE h.tenant_id = t.id AND h.hour < %(kept)s)
    OR EXISTS (
        SELECT FROM integrations_flow f, LATERAL (
            SELECT FROM integrations_inboxitem i
            WHERE i.tenant_id = f.tenant_id AND i.connection_id = f.source_id
              AND i.entity = f.entity
              AND i.received_at >= coalesce(newest.hour + interval '1 hour', %(from)s) LIMIT 1
        ) AS one
        WHERE f.tenant_id = t.id)
)
ORDER BY last.at NULLS FIRST, t.id
"""


def hour_of(moment: datetime) -> datetime:
    """The full hour, of UTC, in which it lies."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def count(
    since: datetime, until: datetime, *, now: datetime, pair: Pair | None = None
) -> list[HourFigure]:
    """The figures of the hours in between, not saved. Call inside the tenant's scope."""
    values: dict[str, Any] = {
        "tenant": scope.current(),
        "since": since,
        "until": until,
        "steps": [float(step) for step in STEPS],
        "low": first_id(utc_day(since - SKEW) - timedelta(days=1)),
        "pair": pair.pk if pair else None,
    }
    found: dict[tuple[int, datetime], HourFigure] = {}
    with database.cursor() as cursor:
        cursor.execute(_COUNT, values)
        for flow_id, hour, outcome, step, number in cursor.fetchall():
            row = found.setdefault(
                (flow_id, hour),
                HourFigure(flow_id=flow_id, hour=hour, ages=[0] * (len(STEPS) + 1), counted_at=now),
            )
            column = _column(outcome)
            setattr(row, column, getattr(row, column) + number)
            if step is not None:
                row.ages[step] += number
    return list(found.values())


def _column(outcome: str) -> str:
    name = OUTCOMES[int(outcome)] if outcome.isdecimal() else outcome
    return _COLUMN_OF.get(name, name)


def recount(since: datetime, until: datetime, *, now: datetime) -> int:
    """Counts whole hours and keeps them; answers how many rows. Call inside the tenant's scope."""
    began = time.monotonic()
    rows = count(hour_of(since), until, now=now)
    took = round((time.monotonic() - began) * 1000)
    for row in rows:
        row.took_ms = took
    HourFigure.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["tenant", "hour", "flow"],
        update_fields=[*COLUMNS, "ages", "counted_at", "took_ms"],
    )
    return len(rows)


def count_all(now: datetime) -> None:
    """The chore: every tenant with something to count, for a while; each one's trouble is its own."""
    tenants = _with_work(now)
    end = time.monotonic() + TURN_SECONDS
    for done, tenant_id in enumerate(tenants):
        if time.monotonic() > end:
            log.warning("the hours of %s tenants wait for the next turn", len(tenants) - done)
            return
        pipeline.survives(f"hours of tenant {tenant_id}", partial(_turn, tenant_id, now, end))


def _with_work(now: datetime) -> list[UUID]:
    values: dict[str, timedelta | datetime] = {
        "over": HOUR + SKEW,
        "every": now - EVERY,
        "stale": now - EVERY_HOUR_EACH,
        "hour": hour_of(now),
        "from": _still_there(now),
        "kept": now - KEPT,
    }
    with scope.door("tenants whose hours are counted"), database.cursor() as cursor:
        cursor.execute(_WITH_WORK, values)
        return [row[0] for row in cursor.fetchall()]


def _turn(tenant_id: UUID, now: datetime, end: float) -> None:
    count_tenant(tenant_id, now=now, end=end)


def count_tenant(tenant_id: UUID, *, now: datetime, end: float | None = None) -> int:
    """Counts what is new or not final; answers how many rows were written. Call outside any scope.

    `end`: on the monotonic clock, when to stop; the next turn goes on from there.
    """
    with scope.tenant(tenant_id):
        newest = newest_hour()
        if newest is not None and not _is_due(newest, now=now):
            return 0
        again = _again(now=now)
    written = 0
    for hour in again:
        with scope.tenant(tenant_id):
            written += recount(hour, hour + HOUR, now=now)
        if end is not None and time.monotonic() > end:
            return written
    start: datetime | None = go_on_from(newest, now=now)
    while start is not None:
        with scope.tenant(tenant_id):
            first = first_received(start)
            if first is None:
                break
            start = hour_of(first) + HOUR
            written += recount(first, start, now=now)
        if end is not None and time.monotonic() > end:
            break
    with scope.tenant(tenant_id):
        HourFigure.objects.filter(hour__lt=now - KEPT).delete()
    return written


def newest_hour() -> HourFigure | None:
    """A figure of the last hour that was counted. Call inside the tenant's scope."""
    found: HourFigure | None = HourFigure.objects.order_by("-hour", "-counted_at").first()
    return found


def _is_due(newest: HourFigure, *, now: datetime) -> bool:
    """A busy hour takes long to count, and so is counted less often."""
    pause = max(EVERY - timedelta(seconds=5), timedelta(milliseconds=newest.took_ms * SHARE))
    return newest.hour < hour_of(now) or newest.counted_at <= now - pause


def go_on_from(newest: HourFigure | None, *, now: datetime) -> datetime:
    """The first hour that may have news."""
    if newest is None:
        return _still_there(now)
    is_over = newest.counted_at >= newest.hour + HOUR + SKEW
    return newest.hour + HOUR if is_over else newest.hour


def _still_there(now: datetime) -> datetime:
    """From then on no row was dropped for its age, so that hours can be counted."""
    return hour_of(now - timedelta(days=settings.CLARITY_HISTORY_DAYS - 1)) + HOUR


def _again(*, now: datetime) -> list[datetime]:
    """Hours that are over and to be counted again: those with open records, the older the more
    seldom, and the one that was not looked at for longest, a day ago or more."""
    past = HourFigure.objects.filter(hour__lt=hour_of(now), hour__gte=_still_there(now))
    is_open = Q(waiting__gt=0) | Q(held__gt=0) | Q(dead__gt=0)
    rows = past.filter(is_open, counted_at__lt=now - EVERY).order_by("counted_at", "pk")
    found = [
        hour
        for hour, counted_at in _distinct(rows.values_list("hour", "counted_at"))
        if counted_at < now - (now - hour) / 100
    ][:MOST_AGAIN]
    stale = past.filter(counted_at__lt=now - EVERY_HOUR_EACH).order_by("counted_at", "pk")
    oldest = stale.values_list("hour", flat=True).first()
    if oldest is not None and oldest not in found:
        found.append(oldest)
    return found


def _distinct(rows: Iterable[tuple[datetime, datetime]]) -> Sequence[tuple[datetime, datetime]]:
    """Each hour once, with the moment at which the first of its flows was counted."""
    first: dict[datetime, datetime] = {}
    for hour, counted_at in rows:
        first.setdefault(hour, counted_at)
    return list(first.items())


def first_received(since: datetime) -> datetime | None:
    values: dict[str, Any] = {"tenant": scope.current(), "since": since}
    with database.cursor() as cursor:
        cursor.execute(_FIRST, values)
        found: datetime | None = cursor.fetchone()[0]
    return found
