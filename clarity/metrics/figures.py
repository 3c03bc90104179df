"""Figures of the whole installation, read from the database when they are asked for.

They are the same whichever process answers. No figure names a tenant, a person or a record: labels
are the connector, the kind of record, the direction and the outcome, of which there are few.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection as database
from django.utils import timezone
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from integrations import queue
from integrations.services.freshness import STEPS, of_counts
from tenants import scope

# A scrape is worth so much of the database's time, and no more.
LONGEST_MS = 2_000

Labels = tuple[str, ...]


@dataclass(frozen=True)
class _Figure:
    """One statement; each row is the labels and, last, the value."""

    name: str
    said: str
    labels: Labels
    query: str
    is_counter: bool = False


# Held by partial indexes over what is open, so their cost grows with the backlog alone. Ids are
# given in the order in which notices come in: the smallest one is the oldest.
_READING = """
    SELECT c.connector, i.entity, i.state, count(*) AS number, min(i.id) AS first
    FROM integrations_inboxitem i JOIN integrations_connection c ON c.id = i.connection_id
    WHERE i.state IN ('waiting', 'held', 'dead') GROUP BY 1, 2, 3
"""
_WRITING = """
    SELECT c.connector, d.entity, d.state, count(*) AS number, min(d.inbox_item_id) AS first
    FROM integrations_delivery d
    JOIN integrations_flow f ON f.id = d.flow_id
    JOIN integrations_connection c ON c.id = f.target_id
    WHERE d.state IN ('waiting', 'held', 'dead') GROUP BY 1, 2, 3
"""
_LANE = """
    CASE WHEN lease_until > %(now)s THEN 'held'
         WHEN parked_until > %(now)s THEN 'parked'
         WHEN due_at <= %(now)s THEN 'due' ELSE 'idle' END
"""

_LATEST_RUN = """
    CROSS JOIN LATERAL (
        SELECT matched, equal FROM integrations_convergencerun
        WHERE tenant_id = p.tenant_id AND pair_id = p.id AND state = 'done'
        ORDER BY id DESC LIMIT 1
    ) AS r
"""
# By tenant, as the index goes.
_AGES = """
    SELECT c.connector, f.entity, f.direction, age.step::int, sum(age.number)
    FROM tenants_tenant t
    CROSS JOIN LATERAL (
        SELECT flow_id, ages FROM integrations_hourfigure
        WHERE tenant_id = t.id AND hour >= %(since)s
    ) AS h
    CROSS JOIN unnest(h.ages) WITH ORDINALITY AS age(number, step)
    JOIN integrations_flow f ON f.id = h.flow_id
    JOIN integrations_connection c ON c.id = f.target_id
    GROUP BY 1, 2, 3, 4
"""

_FIGURES: Sequence[_Figure] = (
    _Figure(
        "clarity_incidents_open",
        "Incidents that are open, by kind",
        ("kind",),
        "SELECT kind, count(*) FROM integrations_incident WHERE state = 'open' GROUP BY 1",
    ),
    _Figure(
        "clarity_lanes",
        "Lanes by what they do: held by a worker, due, parked until later, idle",
        ("connector", "state"),
        f"SELECT c.connector, {_LANE}, count(*) FROM integrations_lane l"  # noqa: S608 - ours
        " JOIN integrations_connection c ON c.id = l.connection_id GROUP BY 1, 2",
    ),
    _Figure(
        "clarity_breakers",
        "Accounts by the state of their circuit breaker",
        ("connector", "state"),
        "SELECT c.connector, l.breaker, count(*) FROM integrations_lane l"
        " JOIN integrations_connection c ON c.id = l.connection_id GROUP BY 1, 2",
    ),
    _Figure(
        "clarity_connections",
        "Connections by state",
        ("connector", "environment", "state"),
        "SELECT connector, environment, state, count(*) FROM integrations_connection"
        " GROUP BY 1, 2, 3",
    ),
    _Figure(
        "clarity_pairs",
        "Pairs by state",
        ("state",),
        "SELECT state, count(*) FROM integrations_pair GROUP BY 1",
    ),
    _Figure(
        "clarity_tenants",
        "Tenants",
        (),
        "SELECT count(*) FROM tenants_tenant",
    ),
    _Figure(
        "clarity_workers_busy",
        "Worker processes that hold a lane at this moment",
        (),
        "SELECT count(DISTINCT split_part(holder, '/', 1) || '/' || split_part(holder, '/', 2))"
        " FROM integrations_lane WHERE lease_until > %(now)s",
    ),
    _Figure(
        "clarity_workers_last_sign_seconds",
        "Time since a worker last finished a chore; beyond a minute none is alive",
        (),
        "SELECT extract(epoch FROM %(now)s - max(finished_at)) FROM integrations_chore",
    ),
    _Figure(
        "clarity_chores_failing",
        "Chores that failed when they were last done",
        (),
        "SELECT count(*) FROM integrations_chore WHERE problem <> ''",
    ),
    _Figure(
        "clarity_notices_received",
        "Notices received, as last counted",
        ("connector", "entity"),
        "SELECT c.connector, item ->> 1, sum(states.value::bigint)"
        " FROM integrations_balance b"
        " CROSS JOIN jsonb_array_elements(b.ever -> 'items') AS item"
        " CROSS JOIN jsonb_each_text(item -> 2) AS states"
        " JOIN integrations_connection c ON c.id = (item ->> 0)::uuid GROUP BY 1, 2",
        is_counter=True,
    ),
    _Figure(
        "clarity_records",
        "Records by what became of them, as last counted; what is open is in clarity_backlog",
        ("connector", "entity", "direction", "outcome"),
        "SELECT c.connector, f.entity, f.direction, outcomes.key, sum(outcomes.value::bigint)"
        " FROM integrations_balance b"
        " CROSS JOIN jsonb_each(b.ever -> 'flows') AS flows"
        " CROSS JOIN jsonb_each_text(flows.value) AS outcomes"
        " JOIN integrations_flow f ON f.id = flows.key::bigint"
        " JOIN integrations_connection c ON c.id = f.target_id"
        " WHERE outcomes.key IN ('delivered', 'unchanged', 'replaced', 'filtered')"
        " GROUP BY 1, 2, 3, 4",
        is_counter=True,
    ),
    _Figure(
        "clarity_webhooks_refused",
        "Webhooks that were turned away",
        ("connector",),
        "SELECT c.connector, sum(r.count) FROM integrations_refusal r"
        " JOIN integrations_connection c ON c.id = r.connection_id GROUP BY 1",
        is_counter=True,
    ),
    _Figure(
        "clarity_stock_compared",
        "SKUs of both sides that the latest comparison of each pair looked at",
        (),
        f"SELECT sum(r.matched) FROM integrations_pair p {_LATEST_RUN}",  # noqa: S608 - ours
    ),
    _Figure(
        "clarity_stock_equal",
        "Those of them whose numbers were as they ought to be",
        (),
        f"SELECT sum(r.equal) FROM integrations_pair p {_LATEST_RUN}",  # noqa: S608 - ours
    ),
    _Figure(
        "clarity_books_oldest_seconds",
        "Age of the oldest count of a tenant's records",
        (),
        "SELECT extract(epoch FROM %(now)s - min(counted_at)) FROM integrations_balance",
    ),
    _Figure(
        "clarity_books_imbalances",
        "Findings of the last counts that must not be: records that are not accounted for",
        (),
        "SELECT coalesce(sum(jsonb_array_length(imbalances)), 0) FROM integrations_balance",
    ),
)


def read(*, now: datetime | None = None) -> list[Metric]:
    """Every figure, through one door. Raises DatabaseError when the database is away or too slow."""
    moment = now or timezone.now()
    with scope.door("read the figures of the installation"), database.cursor() as cursor:
        cursor.execute(f"SET LOCAL statement_timeout = {LONGEST_MS}")
        made: list[Metric] = [*_backlog(cursor, moment), _freshness(cursor, moment)]
        for figure in _FIGURES:
            cursor.execute(figure.query, {"now": moment})
            made.append(_metric(figure, cursor.fetchall()))
    return [*made, _queued()]


def _backlog(cursor: Any, now: datetime) -> Iterator[Metric]:
    backlog = GaugeMetricFamily(
        "clarity_backlog",
        "Records that are open: waiting, held for a person, or given up",
        labels=("stage", "connector", "entity", "state"),
    )
    oldest = GaugeMetricFamily(
        "clarity_oldest_waiting_seconds",
        "Time since the oldest record that still waits was received",
        labels=("stage", "connector", "entity"),
    )
    for stage, query in (("reading", _READING), ("writing", _WRITING)):
        cursor.execute(
            "SELECT o.connector, o.entity, o.state, o.number,"  # noqa: S608 - ours, above
            " extract(epoch FROM %(now)s - i.received_at)"
            f" FROM ({query}) AS o LEFT JOIN integrations_inboxitem i"
            " ON i.id = o.first AND o.state = 'waiting'",
            {"now": now},
        )
        for connector, entity, state, number, seconds in cursor.fetchall():
            backlog.add_metric((stage, connector, entity, state), float(number))
            if seconds is not None:
                oldest.add_metric((stage, connector, entity), max(0.0, float(seconds)))
    yield backlog
    yield oldest


def _freshness(cursor: Any, now: datetime) -> Metric:
    made = GaugeMetricFamily(
        "clarity_freshness_p95_seconds",
        "Within this time 95 % of the records received in this hour and the last were at the target",
        labels=("connector", "entity", "direction"),
    )
    since = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    cursor.execute(_AGES, {"since": since})
    counts: dict[Labels, list[int]] = {}
    for connector, entity, direction, step, number in cursor.fetchall():
        row = counts.setdefault((connector, entity, direction), [0] * (len(STEPS) + 1))
        row[step - 1] += int(number)
    for labels, row in sorted(counts.items()):
        p95 = of_counts(row).p95
        if p95 is not None:
            made.add_metric(labels, p95)
    return made


def _metric(figure: _Figure, rows: Iterable[Sequence[Any]]) -> Metric:
    kind = CounterMetricFamily if figure.is_counter else GaugeMetricFamily
    made = kind(figure.name, figure.said, labels=figure.labels)
    for *labels, value in rows:
        if value is not None:
            made.add_metric([str(label) for label in labels], float(value))
    return made


def _queued() -> Metric:
    made = GaugeMetricFamily("clarity_queue_length", "Hints that wait in the queue")
    waiting = queue.length()
    if waiting is not None:
        made.add_metric((), float(waiting))
    return made
