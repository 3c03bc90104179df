"""Walks along the indexes of the long tables: which rows of an account come next, newest first.

Each connection and kind, flow or state has a stretch of an index to itself; a lateral join takes the
head of each and the heads are merged. So a page costs the same at any number of rows. Call all of
them inside the tenant's scope.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection as database

from tenants import scope

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
# Above every id, and as microseconds still a time that PostgreSQL and Python know.
_LAST = 10**17


@dataclass(frozen=True)
class Place:
    """A place in a list: what it is sorted by (microseconds since 1970, or an id), then the row's id."""

    first: int
    pk: int

    def as_text(self) -> str:
        return f"{self.first}-{self.pk}"

    @classmethod
    def parse(cls, text: str) -> Place | None:
        """None for what is no place, which is the first page."""
        parts = text.split("-")
        if len(parts) != 2 or not all(
            part.isascii() and part.isdecimal() and len(part) < 18 for part in parts
        ):
            return None
        return cls(int(parts[0]), int(parts[1]))

    @classmethod
    def at(cls, moment: datetime, pk: int) -> Place:
        return cls((moment - _EPOCH) // _MICROSECOND, pk)

    @property
    def moment(self) -> datetime:
        return _EPOCH + self.first * _MICROSECOND


@dataclass(frozen=True)
class Stretch:
    """How far to walk: from `after` on, at most `limit` rows, between two times where it is by time."""

    limit: int
    after: Place | None = None
    since: datetime | None = None
    until: datetime | None = None


_ITEMS = """
SELECT one.received_at, one.id
FROM unnest(%(connections)s::uuid[]) AS c (id), unnest(%(entities)s::text[]) AS e (name),
LATERAL (
    SELECT i.received_at, i.id FROM integrations_inboxitem i
    WHERE i.tenant_id = %(tenant)s AND i.connection_id = c.id AND i.entity = e.name
      AND i.received_at >= %(since)s AND (i.received_at, i.id) < (%(at)s::timestamptz, %(pk)s)
    ORDER BY i.received_at DESC, i.id DESC LIMIT %(limit)s
) AS one
ORDER BY 1 DESC, 2 DESC LIMIT %(limit)s
"""

_OPEN_ITEMS = """
SELECT one.id, one.id
FROM unnest(%(connections)s::uuid[]) AS c (id), unnest(%(entities)s::text[]) AS e (name),
LATERAL (
    SELECT i.id FROM integrations_inboxitem i
    WHERE i.tenant_id = %(tenant)s AND i.connection_id = c.id AND i.entity = e.name
      AND i.state = %(state)s AND i.state IN ('waiting', 'held', 'dead') AND i.id < %(pk)s
    ORDER BY i.id DESC LIMIT %(limit)s
) AS one
ORDER BY 1 DESC LIMIT %(limit)s
"""

_DELIVERIES = """
SELECT one.created_at, one.id
FROM unnest(%(flows)s::bigint[]) AS f (id),
LATERAL (
    SELECT d.created_at, d.id FROM integrations_delivery d
    WHERE d.tenant_id = %(tenant)s AND d.flow_id = f.id
      AND d.created_at >= %(since)s AND (d.created_at, d.id) < (%(at)s::timestamptz, %(pk)s)
    ORDER BY d.created_at DESC, d.id DESC LIMIT %(limit)s
) AS one
ORDER BY 1 DESC, 2 DESC LIMIT %(limit)s
"""

_OPEN_DELIVERIES = """
SELECT one.inbox_item_id, one.id
FROM unnest(%(flows)s::bigint[]) AS f (id),
LATERAL (
    SELECT d.inbox_item_id, d.id FROM integrations_delivery d
    WHERE d.tenant_id = %(tenant)s AND d.flow_id = f.id
      AND d.state = %(state)s AND d.state IN ('waiting', 'held', 'dead')
      AND (d.inbox_item_id, d.id) < (%(first)s, %(pk)s)
    ORDER BY d.inbox_item_id DESC, d.id DESC LIMIT %(limit)s
) AS one
ORDER BY 1 DESC, 2 DESC LIMIT %(limit)s
"""

_ATTEMPTS = """
SELECT a.started_at, a.id FROM integrations_attempt a
WHERE a.tenant_id = %(tenant)s
  AND a.started_at >= %(since)s AND (a.started_at, a.id) < (%(at)s::timestamptz, %(pk)s)
ORDER BY a.started_at DESC, a.id DESC LIMIT %(limit)s
"""

_OF_INCIDENT = """
SELECT one.id, one.id
FROM unnest(%(states)s::text[]) AS s (name),
LATERAL (
    SELECT r.id FROM {table} r
    WHERE r.tenant_id = %(tenant)s AND r.incident_id = %(incident)s AND r.state = s.name
      AND r.id < %(pk)s
    ORDER BY r.id DESC LIMIT %(limit)s
) AS one
ORDER BY 1 DESC LIMIT %(limit)s
"""
_ITEMS_OF_INCIDENT = _OF_INCIDENT.format(table="integrations_inboxitem")
_DELIVERIES_OF_INCIDENT = _OF_INCIDENT.format(table="integrations_delivery")

_INCIDENTS = """
SELECT one.last_at, one.id
FROM unnest(%(states)s::text[]) AS s (name),
LATERAL (
    SELECT n.last_at, n.id FROM integrations_incident n
    WHERE n.tenant_id = %(tenant)s AND n.state = s.name
      AND n.last_at >= %(since)s AND (n.last_at, n.id) < (%(at)s::timestamptz, %(pk)s)
    ORDER BY n.last_at DESC, n.id DESC LIMIT %(limit)s
) AS one
ORDER BY 1 DESC, 2 DESC LIMIT %(limit)s
"""


def items(stretch: Stretch, *, connections: Sequence[UUID], entities: Sequence[str]) -> list[Place]:
    """Inbox items by the time they were received."""
    return _by_time(_ITEMS, stretch, connections=list(connections), entities=list(entities))


def open_items(
    stretch: Stretch, *, connections: Sequence[UUID], entities: Sequence[str], state: str
) -> list[Place]:
    """Inbox items in an open state, by id."""
    lists = {"connections": list(connections), "entities": list(entities)}
    return _by_id(_OPEN_ITEMS, stretch, state=state, **lists)


def deliveries(stretch: Stretch, *, flows: Sequence[int]) -> list[Place]:
    """Deliveries of these flows by the time they were made."""
    return _by_time(_DELIVERIES, stretch, flows=list(flows))


def open_deliveries(stretch: Stretch, *, flows: Sequence[int], state: str) -> list[Place]:
    """Deliveries in an open state, by the id of their inbox item."""
    return _by_id(_OPEN_DELIVERIES, stretch, flows=list(flows), state=state)


def attempts(stretch: Stretch) -> list[Place]:
    """Attempts by the time they began."""
    return _by_time(_ATTEMPTS, stretch)


def items_of_incident(stretch: Stretch, *, incident: int, states: Sequence[str]) -> list[Place]:
    """Inbox items in which one incident stopped, by id."""
    return _by_id(_ITEMS_OF_INCIDENT, stretch, incident=incident, states=list(states))


def deliveries_of_incident(
    stretch: Stretch, *, incident: int, states: Sequence[str]
) -> list[Place]:
    """Deliveries in which one incident stopped, by id."""
    return _by_id(_DELIVERIES_OF_INCIDENT, stretch, incident=incident, states=list(states))


def incidents(stretch: Stretch, *, states: Sequence[str]) -> list[Place]:
    """Incidents by the time of what happened last."""
    return _by_time(_INCIDENTS, stretch, states=list(states))


def _by_time(sql: str, stretch: Stretch, **values: Any) -> list[Place]:
    starts = [stretch.after] if stretch.after else []
    if stretch.until:
        starts.append(Place.at(stretch.until, 0))
    start = min(starts, key=lambda one: (one.first, one.pk), default=None)
    values |= {
        "since": stretch.since or "-infinity",
        "at": start.moment if start else "infinity",
        "pk": start.pk if start else _LAST,
    }
    return [Place.at(moment, pk) for moment, pk in _rows(sql, stretch, values)]


def _by_id(sql: str, stretch: Stretch, **values: Any) -> list[Place]:
    after = stretch.after or Place(_LAST, _LAST)
    values |= {"first": after.first, "pk": after.pk}
    return [Place(first, pk) for first, pk in _rows(sql, stretch, values)]


def _rows(sql: str, stretch: Stretch, values: dict[str, Any]) -> list[tuple[Any, int]]:
    with database.cursor() as cursor:
        cursor.execute(sql, {**values, "tenant": scope.current(), "limit": stretch.limit})
        return list(cursor.fetchall())
