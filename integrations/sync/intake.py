"""Takes notices into the inbox: the same way for webhooks and polls."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection as database

from integrations.connector_kit.base import Notice
from integrations.connector_kit.redact import contains_card, redact
from integrations.models import Rank, rank_of
from integrations.sync import crash_points, lanes
from integrations.sync.sessions import seal, seal_written, written_out
from tenants import scope

# What the database function answers.
_NEW, _NEW_AND_UNWATCHED = 1, 2

_ACCEPT = "SELECT clarity_accept(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s::bytea, %s::timestamptz, %s, %s::smallint)"


def accept(
    *,
    tenant_id: UUID,
    connection_id: UUID,
    notices: Sequence[Notice],
    now: datetime,
    rank: Rank | None = None,
) -> int:
    """Stores the notices that are new and sees to it that the lane is worked; answers how many.

    `rank` says what goes first; without it the entity decides.

    Card data is removed here, before anything is stored. Inside the tenant's scope everything
    commits with it. Outside any scope each notice is one statement and commits by itself, which is
    how a webhook comes in; when the process dies before the lane is hinted, the pulse finds it.
    """
    answers = [_store(tenant_id, connection_id, notice, rank=rank, now=now) for notice in notices]
    crash_points.reach("notice-stored")
    if _NEW_AND_UNWATCHED in answers:
        with scope.tenant(tenant_id):
            lanes.wake(tenant_id=tenant_id, connection_id=connection_id, now=now)
    return sum(answer >= _NEW for answer in answers)


# How a number may be written so that the gate for card data would not see all of its digits.
_EXPONENT = re.compile(rb"[0-9]E")


def _sealed(tenant_id: UUID, context: str, payload: Mapping[str, Any]) -> bytes:
    """The payload without card data, sealed; written out once for both when there is none."""
    written = written_out(payload)
    if _EXPONENT.search(written) or contains_card(written):
        return seal(tenant_id, context, redact(payload))
    return seal_written(tenant_id, context, written)


def _store(
    tenant_id: UUID, connection_id: UUID, notice: Notice, *, rank: Rank | None, now: datetime
) -> int:
    context = f"inbox/{connection_id}/{notice.entity}/{notice.key}"
    sealed = None
    if notice.payload is not None:
        sealed = _sealed(tenant_id, context, notice.payload)
    with database.cursor() as cursor:
        cursor.execute(
            _ACCEPT,
            [
                tenant_id,
                connection_id,
                lanes.lock_key(connection_id),
                notice.entity.value,
                notice.key,
                notice.topic,
                notice.event,
                notice.delivery,
                notice.version,
                context,
                sealed,
                notice.occurred_at,
                now,
                rank_of(notice.entity) if rank is None else rank,
            ],
        )
        answer: int = cursor.fetchone()[0]
    return answer
