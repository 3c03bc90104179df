"""Walks over a pair's records along the indexes, so that a page costs the same at any number.

Each connection and entity has its own stretch of an index, newest first; a lateral join takes the
head of each and the heads are merged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection as database

from integrations.models import Flow, InboxItem, Link, Pair
from mappings.canonical.record import Entity
from tenants import scope

_NEWEST = """
SELECT one.id, one.received_at
FROM unnest(%(connections)s::uuid[]) AS c (id), unnest(%(entities)s::text[]) AS e (name),
LATERAL (
    SELECT i.id, i.received_at FROM integrations_inboxitem i
    WHERE i.tenant_id = %(tenant)s AND i.connection_id = c.id AND i.entity = e.name
      AND (i.received_at, i.id) < (%(before)s::timestamptz, %(pk)s)
    ORDER BY i.received_at DESC, i.id DESC LIMIT %(limit)s
) AS one
ORDER BY one.received_at DESC, one.id DESC LIMIT %(limit)s
"""

_OPEN = """
SELECT id, received_at FROM integrations_inboxitem WHERE tenant_id = %(tenant)s AND id IN (
    SELECT one.id
    FROM unnest(%(connections)s::uuid[]) AS c (id), unnest(%(entities)s::text[]) AS e (name),
    LATERAL (
        SELECT i.id FROM integrations_inboxitem i
        WHERE i.tenant_id = %(tenant)s AND i.connection_id = c.id AND i.entity = e.name
          AND i.state = %(state)s AND i.state IN ('waiting', 'held', 'dead') AND i.id < %(pk)s
        ORDER BY i.id DESC LIMIT %(limit)s
    ) AS one
    UNION
    SELECT two.inbox_item_id
    FROM unnest(%(flows)s::bigint[]) AS f (id),
    LATERAL (
        SELECT d.inbox_item_id FROM integrations_delivery d
        WHERE d.tenant_id = %(tenant)s AND d.flow_id = f.id
          AND d.state = %(state)s AND d.state IN ('waiting', 'held', 'dead')
          AND d.inbox_item_id < %(pk)s
        ORDER BY d.inbox_item_id DESC LIMIT %(limit)s
    ) AS two
    ORDER BY 1 DESC LIMIT %(limit)s
)
"""

_LAST_ID = 2**63 - 1


@dataclass(frozen=True)
class Mark:
    """A place in the list: the item there."""

    pk: int
    received_at: datetime

    def as_text(self) -> str:
        return f"{round(self.received_at.timestamp() * 1_000_000)}-{self.pk}"


@dataclass(frozen=True)
class Walk:
    """Where to walk: a pair's records, of one entity or all, from a mark on. Needs the scope."""

    pair: Pair
    flows: Sequence[Flow]
    entity: str = ""
    mark: Mark | None = None

    def newest(self, limit: int) -> list[Mark]:
        """The next items, newest first."""
        return self._marks(_NEWEST, limit=limit)

    def open(self, state: str, limit: int) -> list[Mark]:
        """The next items that are in this open state, or whose delivery is."""
        return self._marks(_OPEN, limit=limit, state=state)

    def named(self, text: str, limit: int) -> list[Mark]:
        """The next items with exactly this id or number, or linked to exactly this id."""
        keys = {text}
        links = Link.objects.filter(pair=self.pair, entity__in=self._entities())
        for side in ("pos_key", "store_key"):
            for link in links.filter(**{side: text})[:limit]:
                keys |= {link.pos_key, link.store_key}
        items = InboxItem.objects.filter(
            connection_id__in=self._connections(), entity__in=self._entities()
        )
        if self.mark:
            items = items.filter(received_at__lte=self.mark.received_at).exclude(
                received_at=self.mark.received_at, pk__gte=self.mark.pk
            )
        by_key = items.filter(key__in=keys)
        by_number = items.filter(number__in=[text, f"#{text}"])
        return [
            Mark(pk, at)
            for found in (by_key, by_number)
            for pk, at in found.order_by("-received_at", "-id").values_list("pk", "received_at")[
                :limit
            ]
        ]

    def _marks(self, sql: str, **more: Any) -> list[Mark]:
        values = {
            "tenant": scope.current(),
            "connections": self._connections(),
            "entities": self._entities(),
            "flows": [
                flow.pk for flow in self.flows if not self.entity or flow.entity == self.entity
            ],
            "before": self.mark.received_at if self.mark else "infinity",
            "pk": self.mark.pk if self.mark else _LAST_ID,
            **more,
        }
        with database.cursor() as cursor:
            cursor.execute(sql, values)
            return [Mark(*row) for row in cursor.fetchall()]

    def _connections(self) -> list[Any]:
        return [self.pair.pos_id, self.pair.store_id]

    def _entities(self) -> list[str]:
        return [self.entity] if self.entity else [entity.value for entity in Entity]


def last_received(connection_id: Any) -> datetime | None:
    """When the connection gave us something last. Call inside the tenant's scope."""
    values: dict[str, Any] = {
        "tenant": scope.current(),
        "connections": [connection_id],
        "entities": [entity.value for entity in Entity],
        "before": "infinity",
        "pk": _LAST_ID,
        "limit": 1,
    }
    with database.cursor() as cursor:
        cursor.execute(_NEWEST, values)
        row = cursor.fetchone()
    return row[1] if row else None
