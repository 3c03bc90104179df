"""Requests of programs: kept so that none runs twice, and counted so that none crowds out others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from tenants import scope
from tenants.models import ApiRequest, ApiUse

KEPT = timedelta(hours=24)
# A process that died leaves its request unfinished; after this time the key is free again.
GIVEN_UP = timedelta(minutes=5)
_MINUTE = 60

# Counts one request of each name; a new minute begins at one. Names come in one order, so that two
# requests never wait for each other's rows crosswise.
_COUNT = """
INSERT INTO tenants_apiuse AS u (tenant_id, who, minute, count)
SELECT %(tenant)s, name, %(minute)s, 1 FROM unnest(%(names)s::text[]) AS n (name) ORDER BY name
ON CONFLICT (tenant_id, who) DO UPDATE SET
    count = CASE WHEN u.minute = excluded.minute THEN u.count + 1 ELSE 1 END,
    minute = excluded.minute
RETURNING who, count
"""


class KeyTaken(ValueError):
    """This Idempotency-Key was used for another request; choose a new one for each request."""


class StillRunning(ValueError):
    """A request with this Idempotency-Key is running; ask again in a moment."""


@dataclass(frozen=True)
class Answer:
    """What was answered the first time."""

    status: int
    body: Any
    headers: Mapping[str, str]


def count(*, tenant_id: UUID, who: str, now: datetime) -> tuple[int, int]:
    """Counts a request; answers how many came this minute of `who`, and of the whole tenant.

    Call outside any scope: the rows are held for a moment only.
    """
    with scope.tenant(tenant_id), connection.cursor() as cursor:
        # A crash may forget some requests; that is cheaper than waiting for the disk each time.
        cursor.execute("SET LOCAL synchronous_commit = off")
        cursor.execute(
            _COUNT,
            {
                "tenant": tenant_id,
                "minute": int(now.timestamp()) // _MINUTE,
                "names": sorted((who, "tenant")),
            },
        )
        counts = dict(cursor.fetchall())
    return counts[who], counts["tenant"]


def begin(
    *, tenant_id: UUID, actor: UUID, key: str, request_hash: str, now: datetime
) -> Answer | None:
    """Takes the key for a request: None, and it may run, or the answer of the first time.

    Call outside any scope. Raises KeyTaken when the key was used for another request, and
    StillRunning.
    """
    with scope.tenant(tenant_id):
        rows = ApiRequest.objects.filter(actor=actor, key=key)
        rows.filter(created_at__lt=now - KEPT).delete()
        rows.filter(status=None, created_at__lt=now - GIVEN_UP).delete()
        row, is_new = rows.get_or_create(
            defaults={
                "actor": actor,
                "key": key,
                "request_hash": request_hash,
                "created_at": now,
            }
        )
        if is_new:
            return None
        if row.request_hash != request_hash:
            raise KeyTaken(KeyTaken.__doc__)
        if row.status is None:
            raise StillRunning(StillRunning.__doc__)
        return Answer(row.status, row.body, row.headers)


def finish(*, tenant_id: UUID, actor: UUID, key: str, answer: Answer | None) -> None:
    """Keeps the answer, or frees the key when nothing was done. Call outside any scope."""
    with scope.tenant(tenant_id):
        rows = ApiRequest.objects.filter(actor=actor, key=key, status=None)
        if answer is None:
            rows.delete()
        else:
            rows.update(status=answer.status, body=answer.body, headers=dict(answer.headers))


def prune(now: datetime) -> None:
    """Drops answers that are kept no longer, and counts of whoever does not ask any more."""
    with scope.door("drop API requests that are kept no longer"):
        ApiRequest.objects.filter(created_at__lt=now - KEPT).delete()
        today = int((now - KEPT).timestamp()) // _MINUTE
        ApiUse.objects.filter(minute__lt=today).delete()
