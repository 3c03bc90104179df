"""Counts what was received, by what became of it: for connections and for flows, from the rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection as database

from integrations.models import Flow
from tenants import scope

# What became of a record. An item with several deliveries counts as the first of these that one of
# its latest deliveries is in, so that a record is done only when it is done everywhere.
OUTCOMES = ("waiting", "dead", "held", "delivered", "unchanged", "replaced", "filtered")

# The clocks of two hosts may differ by as much.
SKEW = timedelta(minutes=5)

# The parts of the sum, in the order in which it is told.
PARTS = ("delivered", "unchanged", "merged", "filtered", "held", "dead", "in_flight")
_PART_OF = {"waiting": "in_flight", "replaced": "merged"}

_ITEMS = """
SELECT connection_id, entity, state, count(*) FROM integrations_inboxitem
WHERE tenant_id = %(tenant)s AND connection_id = ANY(%(connections)s) AND received_at >= %(since)s
GROUP BY 1, 2, 3
"""

# The latest delivery of each item in each flow speaks for it. Its id and its outcome travel as one
# number, so that one pass finds both.
_PASSED = """
WITH last AS MATERIALIZED (
    SELECT d.inbox_item_id, d.flow_id, i.connection_id, mod(max(d.id * 8 + {code}), 8) AS code
    FROM integrations_delivery d
    JOIN integrations_inboxitem i ON i.id = d.inbox_item_id
    WHERE d.tenant_id = %(tenant)s AND i.tenant_id = %(tenant)s AND i.state = 'passed'
      AND i.connection_id = ANY(%(connections)s) AND i.received_at >= %(since)s
      AND d.created_at >= %(before)s
    GROUP BY 1, 2, 3
)
SELECT NULL, flow_id, code, count(*) FROM last GROUP BY 2, 3
UNION ALL
SELECT connection_id, NULL, code, count(*)
FROM (SELECT connection_id, inbox_item_id, min(code) AS code FROM last GROUP BY 1, 2) AS items
GROUP BY 1, 3
"""
_WHEN = " ".join(f"WHEN '{outcome}' THEN {code}" for code, outcome in enumerate(OUTCOMES))

# Rows dropped by retention live on as totals. The delivery of a dropped item may still be there.
_DROPPED = """
SELECT connection_id, flow_id, entity, outcome, sum(count) FROM integrations_daytotal
WHERE tenant_id = %(tenant)s AND connection_id = ANY(%(connections)s)
GROUP BY 1, 2, 3, 4
UNION ALL
SELECT f.source_id, d.flow_id, d.entity, d.state, count(*)
FROM integrations_delivery d JOIN integrations_flow f ON f.id = d.flow_id
WHERE d.tenant_id = %(tenant)s AND f.source_id = ANY(%(connections)s)
  AND EXISTS (SELECT 1 FROM integrations_daytotal t WHERE t.tenant_id = %(tenant)s)
  AND NOT EXISTS (SELECT 1 FROM integrations_inboxitem i
                  WHERE i.tenant_id = %(tenant)s AND i.id = d.inbox_item_id)
GROUP BY 1, 2, 3, 4
"""
# Where a dropped record had several deliveries, these spoke for it last.
_SPEAK_LAST = ("replaced", "unchanged", "filtered", "held", "dead", "delivered")

_FIRST = """
SELECT count(*) FROM (
    SELECT 1 FROM integrations_inboxitem
    WHERE tenant_id = %(tenant)s AND connection_id = ANY(%(connections)s)
      AND received_at >= %(since)s LIMIT %(limit)s
) AS first
"""


@dataclass
class Tally:
    """Counts of inbox items.

    `items`: by connection, entity and the item's own state. `flows` and `connections`: of the items
    that were passed on, by what became of them; OUTCOMES are the words.
    """

    items: dict[tuple[str, str], Counter[str]] = field(default_factory=dict)
    flows: dict[int, Counter[str]] = field(default_factory=dict)
    connections: dict[str, Counter[str]] = field(default_factory=dict)

    def add_items(self, connection_id: object, entity: str, state: str, count: int) -> None:
        self.items.setdefault((str(connection_id), entity), Counter())[state] += count

    def add_outcome(self, flow_id: int, outcome: str, count: int) -> None:
        self.flows.setdefault(flow_id, Counter())[outcome] += count

    def received(self, connections: Sequence[UUID]) -> int:
        """How many items these connections gave us, as far as they were counted."""
        wanted = {str(one) for one in connections}
        return sum(counts.total() for (one, _), counts in self.items.items() if one in wanted)

    def of_flow(self, flow: Flow) -> Sum:
        """The sum of one flow: every item of its entity that its source gave us."""
        states = self.items.get((str(flow.source_id), flow.entity), Counter())
        return _sum(states, self.flows.get(flow.pk, Counter()))

    def of_connection(self, connection_id: UUID) -> Sum:
        """The sum of everything one connection gave us, each item once."""
        states: Counter[str] = Counter()
        for (source, _), counts in self.items.items():
            if source == str(connection_id):
                states += counts
        return _sum(states, self.connections.get(str(connection_id), Counter()))

    def as_json(self) -> dict[str, Any]:
        return {
            "items": [[*key, dict(counts)] for key, counts in sorted(self.items.items())],
            "flows": {str(key): dict(counts) for key, counts in self.flows.items()},
            "connections": {key: dict(counts) for key, counts in self.connections.items()},
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Tally:
        return cls(
            items={(row[0], row[1]): Counter(row[2]) for row in kept.get("items", ())},
            flows={int(key): Counter(row) for key, row in kept.get("flows", {}).items()},
            connections={key: Counter(row) for key, row in kept.get("connections", {}).items()},
        )


@dataclass(frozen=True)
class Sum:
    """received = delivered + unchanged + merged + filtered + held + dead + in_flight.

    `left_out_off`: the part of `filtered` that was left out because no delivery was made: the flow
    was switched off when the record came. `missing` is not zero when the parts exceed what was
    received, which must not happen.
    """

    received: int
    parts: Mapping[str, int]
    left_out_off: int = 0

    @property
    def missing(self) -> int:
        return self.received - sum(self.parts.values())


def count(connections: Sequence[UUID], *, since: datetime | None = None) -> Tally:
    """Counts the items of these connections. Call inside the tenant's scope.

    `since`: only items received from then on. Two statements: whoever needs them to agree to the
    record calls this inside `conservation.one_moment`.
    """
    tally = Tally()
    values: dict[str, Any] = {
        "tenant": scope.current(),
        "connections": list(connections),
        "since": since or "-infinity",
        "before": since - SKEW if since else "-infinity",
    }
    with database.cursor() as cursor:
        cursor.execute(_ITEMS, values)
        for connection_id, entity, state, number in cursor.fetchall():
            tally.add_items(connection_id, entity, state, number)
        cursor.execute(_PASSED.format(code=f"CASE d.state {_WHEN} END"), values)
        for connection_id, flow_id, code, number in cursor.fetchall():
            if flow_id is not None:
                tally.add_outcome(flow_id, OUTCOMES[code], number)
            else:
                counts = tally.connections.setdefault(str(connection_id), Counter())
                counts[OUTCOMES[code]] += number
        if since is None:
            cursor.execute(_DROPPED, values)
            _add_dropped(tally, cursor.fetchall())
    return tally


def _add_dropped(tally: Tally, rows: Sequence[tuple[UUID, int | None, str, str, Any]]) -> None:
    """Adds records whose rows are gone, each once: replays made some of them several deliveries."""
    passed: Counter[tuple[str, str]] = Counter()
    flows: dict[tuple[str, str, int], Counter[str]] = {}
    for connection_id, flow_id, entity, outcome, number in rows:
        if flow_id is not None:
            counts = flows.setdefault((str(connection_id), entity, flow_id), Counter())
            counts[outcome] += int(number)
            continue
        tally.add_items(connection_id, entity, outcome, int(number))
        if outcome == "passed":
            passed[str(connection_id), entity] += int(number)
    sources: dict[tuple[str, str], Counter[str]] = {}
    for (source, entity, flow_id), counts in flows.items():
        sources.setdefault((source, entity), Counter()).update(counts)
        for outcome, number in _each_once(counts, passed[source, entity]).items():
            tally.add_outcome(flow_id, outcome, number)
    for (source, entity), counts in sources.items():
        total = tally.connections.setdefault(source, Counter())
        total.update(_each_once(counts, passed[source, entity]))


def _each_once(counts: Counter[str], records: int) -> Counter[str]:
    """Takes away what exceeds the number of records, superseded deliveries first."""
    left = Counter(counts)
    excess = left.total() - records
    for outcome in _SPEAK_LAST:
        taken = min(max(0, excess), left[outcome])
        left[outcome] -= taken
        excess -= taken
    return left


def is_small(connections: Sequence[UUID], *, limit: int, since: datetime | None = None) -> bool:
    """Whether there are at most so many items, so that counting them takes no time worth sparing."""
    values: dict[str, Any] = {
        "tenant": scope.current(),
        "connections": list(connections),
        "since": since or "-infinity",
        "limit": limit + 1,
    }
    with database.cursor() as cursor:
        cursor.execute(_FIRST, values)
        return int(cursor.fetchone()[0]) <= limit


def _sum(states: Counter[str], became: Counter[str]) -> Sum:
    """Items by state, and those of them that were passed on by what became of them."""
    parts = dict.fromkeys(PARTS, 0)
    for state, number in states.items():
        if state != "passed":
            parts[_PART_OF.get(state, state)] += number
    for outcome, number in became.items():
        parts[_PART_OF.get(outcome, outcome)] += number
    # Passed on without a delivery of this flow: it was off when the record came. That none was
    # forgotten is proved record by record, see imbalances.py.
    without = max(0, states["passed"] - became.total())
    parts["filtered"] += without
    return Sum(received=states.total(), parts=parts, left_out_off=without)
