"""Links: finds the other side's id of a record, and remembers it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import Q

from integrations.models import Delivery, DeliveryState, Direction, Flow, InboxItem, Link
from mappings.canonical.record import Entity
from tenants import scope


class Known:
    """Links that were looked up together."""

    def __init__(self) -> None:
        self._found: dict[tuple[UUID, str, str, str], Found] = {}

    def add(self, pair_id: UUID, found: Found) -> None:
        self._found[(pair_id, "store_key", found.entity, found.store_key)] = found
        self._found[(pair_id, "pos_key", found.entity, found.pos_key)] = found

    def of(self, flow: Flow, entity: Entity | str, source_key: str) -> Found | None:
        """The link of a record of the flow's source system, if it was asked for."""
        return self._found.get((flow.pair_id, _source_side(flow), str(entity), source_key))

    def target_key(self, flow: Flow, entity: Entity | str, source_key: str) -> str:
        """The record's id in the flow's target system, "" when it is not linked."""
        found = self.of(flow, entity, source_key)
        if found is None:
            return ""
        return found.pos_key if flow.direction == Direction.TO_POS else found.store_key


class Found(NamedTuple):
    """What is known of a linked record."""

    entity: str
    pos_key: str
    store_key: str
    to_pos_hash: str
    to_pos_version: str
    to_store_hash: str
    to_store_version: str
    seen: Mapping[str, Mapping[str, Sequence[Any]]]

    def hash_of(self, direction: str) -> str:
        """Of the fields last delivered in that direction, "" when nothing was."""
        return self.to_pos_hash if direction == Direction.TO_POS else self.to_store_hash

    def version_of(self, direction: str) -> str:
        """Of the record last delivered in that direction, "" when unknown."""
        return self.to_pos_version if direction == Direction.TO_POS else self.to_store_version


def find_all(wanted: Iterable[tuple[Flow, Entity | str, str]]) -> Known:
    """The links of many records, as (flow, entity, source key), in one query."""
    keys: dict[tuple[UUID, str, str], set[str]] = {}
    for flow, entity, key in wanted:
        keys.setdefault((flow.pair_id, str(entity), _source_side(flow)), set()).add(key)
    known = Known()
    if not keys:
        return known
    match = Q()
    for (pair_id, entity, side), those in keys.items():
        match |= Q(**{"pair_id": pair_id, "entity": entity, f"{side}__in": sorted(those)})
    for pair_id, *found in Link.objects.filter(match).values_list("pair_id", *Found._fields):
        known.add(pair_id, Found(*found))
    return known


def find(flow: Flow, entity: Entity | str, source_key: str) -> Link | None:
    """The link of a record of the flow's source system."""
    return Link.objects.filter(
        pair_id=flow.pair_id, entity=str(entity), **{_source_side(flow): source_key}
    ).first()


NOTICES_APART = timedelta(seconds=60)
_STOPPED = ("waiting", "held", "dead")


def is_coming(flow: Flow, entity: Entity | str, reference: str, key: str = "") -> bool:
    """Whether a record of the pair that bears this name is on its way, or held, and not linked.

    `key`: its id in the flow's source system, for one that comes the same way.
    """
    rows = Delivery.objects.filter(
        flow__pair_id=flow.pair_id, entity=str(entity), state__in=_STOPPED
    )
    if reference and rows.filter(reference=reference).exists():
        return True
    if not key:
        return False
    news = InboxItem.objects.filter(
        connection_id=flow.source_id, entity=str(entity), key=key, state__in=_STOPPED
    )
    return rows.filter(key=key, flow__source_id=flow.source_id).exists() or news.exists()


def may_still_come(row: Delivery, entity: Entity | str, key: str, *, now: datetime) -> bool:
    """Whether a record that a delivery speaks of may be told of later than the delivery's own.

    Notices have no order: a payment may be heard of before its order is. An order that was heard of
    and left out does not come.
    """
    return (
        now - row.inbox_item.received_at < NOTICES_APART
        and not Delivery.objects.filter(
            flow__pair_id=row.flow.pair_id,
            flow__source_id=row.flow.source_id,
            entity=str(entity),
            key=key,
            state=DeliveryState.FILTERED,
        ).exists()
    )


@dataclass(frozen=True)
class Remembered:
    """A link to be made or renewed; what is "" leaves what is known."""

    flow: Flow
    entity: str
    source_key: str
    target_key: str
    label: str = ""
    delivered_hash: str = ""
    delivered_version: str = ""

    @property
    def pos_key(self) -> str:
        return self.target_key if self.flow.direction == Direction.TO_POS else self.source_key

    @property
    def store_key(self) -> str:
        return self.source_key if self.flow.direction == Direction.TO_POS else self.target_key

    @property
    def row(self) -> tuple[object, ...]:
        delivered = (self.delivered_hash, self.delivered_version)
        return (
            self.flow.pair_id,
            self.entity,
            self.pos_key,
            self.store_key,
            self.label[:120],
            *(delivered if self.flow.direction == Direction.TO_POS else ("", "")),
            *(delivered if self.flow.direction == Direction.TO_STORE else ("", "")),
        )


def remember(rows: Iterable[Remembered], *, now: datetime) -> None:
    """Makes or renews the links. Call inside a transaction.

    When one of the ids was linked to another record, that older link gives way: the system that
    owns the id has just told us what it belongs to. Of two rows for one link the later counts.
    Always in one order, so that two callers with the same links do not block each other.
    """
    latest = {(row.flow.pair_id, row.entity, row.pos_key, row.store_key): row for row in rows}
    if not latest:
        return
    ordered = sorted((row.row for row in latest.values()), key=lambda row: tuple(map(str, row)))
    columns = [list(column) for column in zip(*ordered, strict=True)]
    tenant_id = scope.current()
    with connection.cursor() as cursor:
        cursor.execute(_GIVE_WAY, [*columns[:4], tenant_id])
        cursor.execute(_REMEMBER, [tenant_id, now, *columns, now])


def learn(found: Iterable[tuple[Flow, Entity, str, str]], *, now: datetime) -> None:
    """Remembers links found on the way, as (flow, entity, source key, target key).

    Known ones are left as they are.
    """
    wanted = list(found)
    if not wanted:
        return
    known = find_all((flow, entity, source) for flow, entity, source, _ in wanted)
    remember(
        (
            Remembered(flow, str(entity), source, target)
            for flow, entity, source, target in wanted
            if known.target_key(flow, entity, source) != target
        ),
        now=now,
    )


_GIVE_WAY = """
DELETE FROM integrations_link l
USING unnest(%s::uuid[], %s::text[], %s::text[], %s::text[]) AS v(pair, entity, pos, store)
WHERE l.tenant_id = %s AND l.pair_id = v.pair AND l.entity = v.entity
  AND (l.pos_key = v.pos AND l.store_key <> v.store OR l.store_key = v.store AND l.pos_key <> v.pos)
"""

_REMEMBER = """
INSERT INTO integrations_link AS l (tenant_id, updated_at, pair_id, entity, pos_key, store_key,
                                    label, to_pos_hash, to_pos_version,
                                    to_store_hash, to_store_version)
SELECT %s, %s, v.* FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[],
                               %s::text[], %s::text[], %s::text[], %s::text[]) AS v
ON CONFLICT (tenant_id, pair_id, entity, pos_key) DO UPDATE SET
    updated_at = %s,
    label = COALESCE(NULLIF(EXCLUDED.label, ''), l.label),
    to_pos_hash = COALESCE(NULLIF(EXCLUDED.to_pos_hash, ''), l.to_pos_hash),
    to_pos_version = COALESCE(NULLIF(EXCLUDED.to_pos_version, ''), l.to_pos_version),
    to_store_hash = COALESCE(NULLIF(EXCLUDED.to_store_hash, ''), l.to_store_hash),
    to_store_version = COALESCE(NULLIF(EXCLUDED.to_store_version, ''), l.to_store_version)
"""


def _source_side(flow: Flow) -> str:
    return "store_key" if flow.direction == Direction.TO_POS else "pos_key"
