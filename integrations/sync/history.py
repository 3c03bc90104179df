"""Earlier rows of a record, at whatever age: asked by functions that keep their plans.

The same as plain queries over all partitions, which would take longer to plan than to run.
Call inside the tenant's scope.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet

from integrations.models import Delivery, DeliveryState, InboxItem
from tenants import scope

_TRIED = """
SELECT v.id, clarity_tried_before(%s, v.flow, v.key, v.id)
FROM unnest(%s::bigint[], %s::bigint[], %s::text[]) AS v(id, flow, key)
"""

_OLDER_DELIVERIES = """
SELECT unnest(clarity_older_deliveries(%s, v.flow, v.key, v.version, v.id))
FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[]) AS v(id, flow, key, version)
"""

_STOPPED_ITEMS = """
SELECT unnest(clarity_stopped_items(%s, v.source, v.entity, v.key, v.id))
FROM unnest(%s::bigint[], %s::uuid[], %s::text[], %s::text[]) AS v(id, source, entity, key)
"""

_LAST_DELIVERY = """
SELECT v.place, clarity_last_delivery(%s, v.flow, v.key)
FROM unnest(%s::bigint[], %s::bigint[], %s::text[]) AS v(place, flow, key)
"""

_ITEM_BEFORE = """
SELECT v.id, clarity_item_before(%s, v.source, v.entity, v.key, v.id)
FROM unnest(%s::bigint[], %s::uuid[], %s::text[], %s::text[]) AS v(id, source, entity, key)
"""


def last_deliveries(rows: Mapping[int, Delivery]) -> dict[int, int]:
    """By place of a row that is not stored yet: the last delivery of its record and flow."""
    flows = [row.flow_id for row in rows.values()]
    found = _ask(_LAST_DELIVERY, list(rows), flows, _keys(list(rows.values())))
    return {place: last for place, last in found if last is not None}


def items_before(items: Sequence[InboxItem]) -> dict[int, int]:
    """By item: the one before it of the same record that was not merged."""
    found = _ask(
        _ITEM_BEFORE,
        [item.pk for item in items],
        [item.connection_id for item in items],
        [item.entity for item in items],
        [item.key for item in items],
    )
    return {pk: before for pk, before in found if before is not None}


def tried_deliveries(rows: Sequence[Delivery]) -> dict[int, int]:
    """By delivery: the last one before it of the same record and flow that was tried."""
    found = _ask(_TRIED, _ids(rows), [row.flow_id for row in rows], _keys(rows))
    return {pk: earlier for pk, earlier in found if earlier is not None}


def older_deliveries(rows: Sequence[Delivery]) -> list[int]:
    """Earlier deliveries of the same records and flows that are stopped, or that nobody tried yet.

    Of the latter only those whose version is not newer.
    """
    flows, versions = [row.flow_id for row in rows], [row.version for row in rows]
    found = _ask(_OLDER_DELIVERIES, _ids(rows), flows, _keys(rows), versions)
    return [pk for (pk,) in found]


def stopped_items(rows: Sequence[Delivery]) -> list[int]:
    """Inbox items of the same records, before the deliveries' own, that are held or given up."""
    found = _ask(
        _STOPPED_ITEMS,
        [row.inbox_item_id for row in rows],
        [row.flow.source_id for row in rows],
        [row.entity for row in rows],
        _keys(rows),
    )
    return [pk for (pk,) in found]


def stopped_or_untried(deliveries: Sequence[int]) -> QuerySet[Delivery]:
    """Those of the deliveries that are still held, given up or not tried."""
    return Delivery.objects.filter(
        Q(state__in=(DeliveryState.HELD, DeliveryState.DEAD))
        | Q(state=DeliveryState.WAITING, attempts=0),
        pk__in=deliveries,
    )


def settle_left_out(rows: Sequence[Delivery], *, now: datetime) -> None:
    """Earlier versions of records whose newest one is left out must not run any more.

    An order that is held and then cancelled in the store would be entered by its replay, and what
    waits for it would wait for ever. One that was begun at the target stays for a person to see.
    """
    newest = {(row.flow_id, row.key): row.version for row in rows}
    older = older_deliveries(rows) if rows else []
    settled = [
        row.pk
        for row in (stopped_or_untried(older).filter(progress={}) if older else ())
        if row.version <= newest[row.flow_id, row.key]
    ]
    if settled:
        Delivery.objects.filter(pk__in=settled).update(
            state=DeliveryState.REPLACED,
            reason="A newer version of the record was left out",
            finished_at=now,
        )


def _ids(rows: Sequence[Delivery]) -> list[int]:
    return [row.pk for row in rows]


def _keys(rows: Sequence[Delivery]) -> list[str]:
    return [row.key for row in rows]


def _ask(query: str, *lists: list[Any]) -> list[tuple[int, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, [scope.current(), *lists])
        found: list[tuple[int, ...]] = cursor.fetchall()
    return found
