"""Why records were left out: the part of the sum that is nobody's fault, by its reasons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection as database

from integrations.sync.causes import plain_message
from tenants import scope

UNSAID = "No reason was written down"

# An item itself, or the delivery that speaks for it last in its flow.
_ROWS = """
SELECT connection_id, reason, number, key, count(*) FROM (
    SELECT connection_id, reason, number, key FROM integrations_inboxitem
    WHERE tenant_id = %(tenant)s AND connection_id = ANY(%(connections)s)
      AND state = 'filtered' AND received_at >= %(since)s
    UNION ALL
    SELECT i.connection_id, d.reason, d.number, d.key
    FROM integrations_delivery d
    JOIN integrations_inboxitem i ON i.id = d.inbox_item_id AND i.tenant_id = d.tenant_id
    WHERE d.tenant_id = %(tenant)s AND d.state = 'filtered' AND i.state = 'passed'
      AND i.connection_id = ANY(%(connections)s) AND i.received_at >= %(since)s
      AND NOT EXISTS (
          SELECT 1 FROM integrations_delivery newer
          WHERE newer.tenant_id = d.tenant_id AND newer.flow_id = d.flow_id
            AND newer.inbox_item_id = d.inbox_item_id AND newer.id > d.id)
) AS rows GROUP BY 1, 2, 3, 4
"""


def reasons(
    connections: Sequence[UUID], *, since: datetime | None = None
) -> dict[UUID, Mapping[str, int]]:
    """By connection: how many of its records each reason left out, the most frequent first.

    Reasons are told without the values of single records. A record that is left out of two flows
    counts in both. Call inside the tenant's scope. Records whose rows retention has dropped are in
    the sums, but their reasons are gone with them.
    """
    found: dict[UUID, Counter[str]] = {pk: Counter() for pk in connections}
    with database.cursor() as cursor:
        cursor.execute(
            _ROWS,
            {
                "tenant": scope.current(),
                "connections": list(connections),
                "since": since or "-infinity",
            },
        )
        for connection_id, reason, number, key, count in cursor:
            said = plain_message(reason, [number, number.lstrip("#"), key]) or UNSAID
            found[connection_id][said] += count
    return {pk: dict(counts.most_common()) for pk, counts in found.items()}
