"""Deletes rows for good, in small transactions, children before parents.

Everything here may be killed at any point and called again: what is gone is gone, the rest is found.
"""

# ruff: noqa: S608 - every name that is put together here is one of a model

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from graphlib import TopologicalSorter
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import connection, models
from django.utils import timezone

from integrations.models import DataKey, DayTotal, NoticeName, Pair, TotalRow
from integrations.services import billed
from tenants import scope
from tenants.billing.models import LedgerModel
from tenants.models import AuditEntry, Membership

BATCH = 2000

_ITEMS = "integrations_inboxitem"
_DELIVERIES = "integrations_delivery"
_ATTEMPTS = "integrations_attempt"
_PAYLOADS = "integrations_payload"

# The log of who did what stays, and what was billed. Members go with the tenant itself, at the very
# end: until then its pages tell them how far it is.
_LEFT = (AuditEntry, Membership, LedgerModel)

_OF_PAIR = "flow_id IN (SELECT id FROM integrations_flow WHERE pair_id = %(pair)s)"


def remove_pair(*, tenant_id: UUID, pair_id: UUID) -> int:
    """Deliveries of a pair with their attempts and payloads, and its links; answers how many rows.

    The notices they came from stay, and the books speak of them as if they had never been passed on
    to this pair. Call outside any scope.
    """
    values = {"tenant": tenant_id, "pair": pair_id}
    _forget_totals(tenant_id, pair_id)
    batches = _deliveries_by_batch(tenant_id, _OF_PAIR, values, items_stay=True)
    return _sum(batches) + _remove(tenant_id, "integrations_link", "pair_id = %(pair)s", values)


def remove_connection(
    *, tenant_id: UUID, connection_id: UUID, go_on: Callable[[], bool] = lambda: True
) -> int:
    """Everything that came from a connection or went to it, and its pairs; its own row stays.

    Stops early when `go_on` says so. Call outside any scope.
    """
    total = 0
    with scope.tenant(tenant_id):
        mine = models.Q(pos_id=connection_id) | models.Q(store_id=connection_id)
        pair_ids = list(Pair.objects.filter(mine).order_by("pk").values_list("pk", flat=True))
    for pair_id in pair_ids:
        total += remove_pair(tenant_id=tenant_id, pair_id=pair_id)
        if not go_on():
            return total
    values = {"tenant": tenant_id, "connection": connection_id}
    of_items = f"inbox_item_id IN (SELECT id FROM {_ITEMS} WHERE connection_id = %(connection)s)"
    total += _sum(_deliveries_by_batch(tenant_id, of_items, values))
    total += _sum(_items_by_batch(tenant_id, "connection_id = %(connection)s", values))
    with scope.tenant(tenant_id):
        for pair in Pair.objects.filter(pk__in=pair_ids).select_related("mapping_set", "pos"):
            mapping_set = pair.mapping_set
            billed.removed(pair, actor=None, now=timezone.now())
            total += pair.delete()[0]
            if mapping_set is not None:
                total += mapping_set.delete()[0]
    return total


def remove_tenant_rows(
    tenant_id: UUID, *, counts: dict[str, int], go_on: Callable[[], bool]
) -> bool:
    """Every row of a tenant but its audit log, its members and itself; answers whether all are gone.

    Adds to `counts`, by table. Stops early when `go_on` says so. Call outside any scope.
    """
    for name, deleted in _all_batches(tenant_id):
        if not deleted:
            continue
        counts[name] = counts.get(name, 0) + deleted
        # Asked after rows alone, so that each turn gets further.
        if not go_on():
            return False
    return True


def _all_batches(tenant_id: UUID) -> Iterator[tuple[str, int]]:
    """Records first, by way of what names them: attempts have no index by tenant."""
    values = {"tenant": tenant_id}
    yield from _deliveries_by_batch(tenant_id, "TRUE", values)
    yield from _items_by_batch(tenant_id, "TRUE", values)
    for model in _children_first():
        for deleted in _batches(tenant_id, model):
            yield model._meta.db_table, deleted


def _children_first() -> list[type[models.Model]]:
    """Models with rows of tenants, such that no row is deleted before those that point at it."""
    found = {
        model
        for model in apps.get_models(include_auto_created=True)
        if not model._meta.proxy
        and any(field.column == "tenant_id" for field in model._meta.concrete_fields)
        and not issubclass(model, _LEFT)
    }
    after: dict[type[models.Model], set[type[models.Model]]] = {model: set() for model in found}
    for model in found:
        for field in model._meta.concrete_fields:
            parent = field.related_model
            if isinstance(parent, type) and parent in found and parent is not model:
                after[parent].add(model)
    ordered = TopologicalSorter(after).static_order()
    # The same order in every process.
    return list(ordered)


def _batches(tenant_id: UUID, model: type[models.Model]) -> Iterator[int]:
    if model is NoticeName:
        yield from _names_by_day(tenant_id)
        return
    if model is DataKey:
        # They went first; another one is never made.
        yield _execute(
            tenant_id, "DELETE FROM integrations_datakey WHERE tenant_id = %(tenant)s", {}
        )
        return
    table, key = connection.ops.quote_name(model._meta.db_table), model._meta.pk.column
    statement = (
        f"DELETE FROM {table} WHERE tenant_id = %(tenant)s AND {key} = ANY(ARRAY("
        f"SELECT {key} FROM {table} WHERE tenant_id = %(tenant)s LIMIT {BATCH}))"
    )
    deleted = BATCH
    while deleted == BATCH:
        deleted = _execute(tenant_id, statement, {})
        yield deleted


def _names_by_day(tenant_id: UUID) -> Iterator[int]:
    """Found by day alone: an index by tenant would cost every notice more than it is worth here."""
    with scope.tenant(tenant_id), connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT day FROM integrations_noticename ORDER BY day")
        days = [row[0] for row in cursor.fetchall()]
    for day in days:
        yield _execute(
            tenant_id,
            "DELETE FROM integrations_noticename WHERE tenant_id = %(tenant)s AND day = %(day)s",
            {"day": day},
        )


def _forget_totals(tenant_id: UUID, pair_id: UUID) -> None:
    """Takes what retention has dropped of the pair's deliveries out of both entries of the books."""
    with scope.tenant(tenant_id):
        gone = DayTotal.objects.filter(flow__pair=pair_id, row=TotalRow.DELIVERY)
        found = list(gone.select_for_update().order_by("pk"))
        left = Counter[UUID]()
        for row in found:
            left[row.connection_id] += row.count
        items = DayTotal.objects.filter(connection__in=list(left), row=TotalRow.ITEM)
        for item in items.filter(passed_to__gt=0).select_for_update().order_by("pk"):
            taken = min(item.passed_to, left[item.connection_id])
            left[item.connection_id] -= taken
            item.passed_to -= taken
            item.save(update_fields=["passed_to"])
        gone.filter(pk__in=[row.pk for row in found]).delete()


_TAKE_BACK = f"""
UPDATE {_ITEMS} i SET passed_to = i.passed_to - d.made
FROM (SELECT inbox_item_id, count(*) AS made FROM {_DELIVERIES}
      WHERE id = ANY(%(ids)s) GROUP BY 1) d
WHERE i.tenant_id = %(tenant)s AND i.id = d.inbox_item_id
"""


def _deliveries_by_batch(
    tenant_id: UUID, which: str, values: Mapping[str, Any], *, items_stay: bool = False
) -> Iterator[tuple[str, int]]:
    while ids := _some(tenant_id, _DELIVERIES, which, values):
        with scope.tenant(tenant_id), connection.cursor() as cursor:
            if items_stay:
                cursor.execute(_TAKE_BACK, {"tenant": tenant_id, "ids": ids})
            tries = _delete_rows(cursor, _ATTEMPTS, "delivery_id = ANY(%(ids)s)", ids)
            deliveries = _delete_rows(cursor, _DELIVERIES, "id = ANY(%(ids)s)", ids)
        yield _ATTEMPTS, tries
        yield _DELIVERIES, deliveries


def _items_by_batch(
    tenant_id: UUID, which: str, values: Mapping[str, Any]
) -> Iterator[tuple[str, int]]:
    while ids := _some(tenant_id, _ITEMS, which, values):
        with scope.tenant(tenant_id), connection.cursor() as cursor:
            deleted = _delete_rows(cursor, _ITEMS, "id = ANY(%(ids)s)", ids)
        yield _ITEMS, deleted


def _some(tenant_id: UUID, table: str, which: str, values: Mapping[str, Any]) -> list[int]:
    with scope.tenant(tenant_id), connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id FROM {table} WHERE tenant_id = %(tenant)s AND {which}"
            f" ORDER BY id LIMIT {BATCH}",
            values,
        )
        return [row[0] for row in cursor.fetchall()]


def _sum(batches: Iterator[tuple[str, int]]) -> int:
    return sum(deleted for _, deleted in batches)


def _delete_rows(cursor: Any, table: str, which: str, ids: list[int]) -> int:
    """Rows with the payloads they name."""
    cursor.execute(f"DELETE FROM {table} WHERE {which} RETURNING payload_id", {"ids": ids})
    payloads = [row[0] for row in cursor.fetchall()]
    named = [one for one in payloads if one is not None]
    if named:
        cursor.execute(f"DELETE FROM {_PAYLOADS} WHERE id = ANY(%(ids)s)", {"ids": named})
    return len(payloads)


def _remove(tenant_id: UUID, table: str, which: str, values: Mapping[str, Any]) -> int:
    statement = (
        f"DELETE FROM {table} WHERE tenant_id = %(tenant)s AND id = ANY(ARRAY("
        f"SELECT id FROM {table} WHERE tenant_id = %(tenant)s AND {which} LIMIT {BATCH}))"
    )
    total, deleted = 0, BATCH
    while deleted == BATCH:
        deleted = _execute(tenant_id, statement, values)
        total += deleted
    return total


def _execute(tenant_id: UUID, statement: str, values: Mapping[str, Any]) -> int:
    with scope.tenant(tenant_id), connection.cursor() as cursor:
        cursor.execute(statement, {**values, "tenant": tenant_id})
        return int(cursor.rowcount)
