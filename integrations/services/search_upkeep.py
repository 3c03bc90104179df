"""Keeps the index of names whole: adds what came before there was one, forgets what is gone."""

from __future__ import annotations

import logging
import time
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.conf import settings
from django.db import connection

from integrations.models import Delivery, Pair, SearchKey
from integrations.services.shadow_records import canonical
from integrations.sync import indexing, pipeline
from integrations.sync.search_terms import terms
from integrations.sync.sessions import load_many
from mappings.canonical.record import Entity
from tenants import scope

log = logging.getLogger(__name__)

BATCH = 200
# So many batches of a tenant in one turn, so that all tenants get theirs.
BATCHES = 10
# A turn ends before its worker is ended; the tenants that are left come next time.
TURN_SECONDS = 40.0
DELETE_AT_ONCE = 5_000


def keep_up(now: datetime) -> None:
    """Adds older deliveries to the index of the tenants that miss some. Call outside any scope."""
    end = time.monotonic() + TURN_SECONDS
    for tenant_id in _unfilled():
        if time.monotonic() > end:
            return
        pipeline.survives(f"search terms of tenant {tenant_id}", partial(_fill, tenant_id, now))


def _unfilled() -> list[UUID]:
    """Tenants with older deliveries, or with a pair and no key yet; who has come least far first."""
    with scope.door("tenants whose older records cannot be searched"):
        keys = SearchKey.objects.filter(tenant__erasing_since=None)
        known = SearchKey.objects.values("tenant_id")
        pairs = Pair.objects.filter(tenant__erasing_since=None).exclude(tenant_id__in=known)
        unknown = pairs.order_by("tenant_id").values_list("tenant_id", flat=True).distinct()
        begun = keys.filter(filled_to__gt=0).order_by("-filled_to")
        return [*unknown, *begun.values_list("tenant_id", flat=True)]


def _fill(tenant_id: UUID, now: datetime) -> None:
    for _ in range(BATCHES):
        if not fill(tenant_id=tenant_id, now=now):
            return


def fill(*, tenant_id: UUID, now: datetime) -> int:
    """Adds the names of the next older deliveries; answers how many were looked at.

    Each batch is a transaction of its own and moves the mark on, so a killed process loses nothing.
    """
    with scope.tenant(tenant_id):
        secret = indexing.key_of(tenant_id)
        place = (
            SearchKey.objects.select_for_update(skip_locked=True).filter(filled_to__gt=0).first()
        )
        if secret is None or place is None:
            return 0
        older = list(
            Delivery.objects.filter(pk__lt=place.filled_to)
            .select_related("flow")
            .order_by("-pk")[:BATCH]
        )
        _write(older, secret, now=now)
        place.filled_to = older[-1].pk if older else 0
        place.save(update_fields=["filled_to"])
    return len(older)


def _write(older: list[Delivery], secret: bytes, *, now: datetime) -> None:
    documents = load_many([row.payload_id for row in older if row.payload_id])
    found: dict[UUID, list[indexing.Row]] = {}
    for row in older:
        kept = (documents.get(row.payload_id or 0) or {}).get("record")
        record = canonical(Entity(row.entity), kept) if kept else None
        if record is not None:
            found.setdefault(row.flow.source_id, []).extend(
                indexing.rows(
                    terms(record, reference=row.reference),
                    entity=row.entity,
                    key=row.key,
                    secret=secret,
                )
            )
    for connection_id, wanted in sorted(found.items()):
        indexing.write(connection_id, wanted, now=now)


_FORGET = """
DELETE FROM integrations_searchterm WHERE id = ANY(ARRAY(
    SELECT t.id FROM integrations_searchterm t
    WHERE t.day < %(before)s AND NOT EXISTS (
        SELECT FROM integrations_inboxitem i
        WHERE i.tenant_id = t.tenant_id AND i.connection_id = t.connection_id
          AND i.entity = t.entity AND i.key = t.key)
    LIMIT %(batch)s))
"""


def forget_gone(now: datetime) -> int:
    """Deletes the names of records of which no notice is kept any more; answers how many.

    Looks at every old name, those of records that live on as well, so it is done seldom.
    """
    # No notice goes sooner than this, so younger names need not be looked at.
    before = (now - timedelta(days=settings.CLARITY_HISTORY_DAYS)).date()
    total, deleted = 0, DELETE_AT_ONCE
    while deleted == DELETE_AT_ONCE:
        with scope.door("forget names of records that are gone"), connection.cursor() as cursor:
            cursor.execute(_FORGET, {"before": before, "batch": DELETE_AT_ONCE})
            deleted = cursor.rowcount
        total += deleted
    if total:
        log.info("forgot %s names of records that are gone", total)
    return total
