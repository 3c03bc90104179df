"""Takes notices into the inbox: the same way for webhooks and polls."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection as database

from integrations.connector_kit.base import Notice
from integrations.connector_kit.redact import redact
from integrations.sync import lanes
from integrations.sync.sessions import seal

# The payload is written only when the notice is new, and both rows travel in one statement.
_ACCEPT = """
WITH item AS (
    INSERT INTO integrations_inboxitem (
        tenant_id, connection_id, entity, key, topic, event, delivery, version, payload_id, state,
        number, reason, field, said, advice, attempts, due_at, occurred_at, received_at)
    VALUES (
        %(tenant)s, %(connection)s, %(entity)s, %(key)s, %(topic)s, %(event)s, %(delivery)s,
        %(version)s,
        CASE WHEN %(sealed)s::bytea IS NULL THEN NULL
             ELSE nextval(pg_get_serial_sequence('integrations_payload', 'id')) END,
        'waiting', '', '', '', '', '', 0, %(now)s, %(occurred)s, %(now)s)
    ON CONFLICT DO NOTHING
    RETURNING payload_id
), kept AS (
    INSERT INTO integrations_payload (id, tenant_id, context, sealed, created_at)
    SELECT payload_id, %(tenant)s, %(context)s, %(sealed)s::bytea, %(now)s
    FROM item WHERE payload_id IS NOT NULL
)
SELECT count(*) FROM item
"""


def accept(
    *, tenant_id: UUID, connection_id: UUID, notices: Sequence[Notice], now: datetime
) -> int:
    """Stores the notices that are new and wakes the lane; answers how many were new.

    Call inside the tenant's scope: the rows and the wake-up commit together. Card data is removed
    here, before anything is stored.
    """
    new = 0
    with database.cursor() as cursor:
        for notice in notices:
            context = f"inbox/{connection_id}/{notice.entity}/{notice.key}"
            sealed = None
            if notice.payload is not None:
                sealed = seal(tenant_id, context, redact(notice.payload))
            cursor.execute(
                _ACCEPT,
                {
                    "tenant": tenant_id,
                    "connection": connection_id,
                    "entity": notice.entity.value,
                    "key": notice.key,
                    "topic": notice.topic,
                    "event": notice.event,
                    "delivery": notice.delivery,
                    "version": notice.version,
                    "sealed": sealed,
                    "context": context,
                    "occurred": notice.occurred_at,
                    "now": now,
                },
            )
            row = cursor.fetchone()
            new += row[0] if row else 0
    if new:
        lanes.wake(tenant_id=tenant_id, connection_id=connection_id, now=now)
    return new
