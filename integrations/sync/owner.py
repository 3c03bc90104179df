"""The loss of an account: its connection pauses, and waits for its owner to reconnect it.

The loss is written down with the state of the connection. Who is told of it, and how, is a matter
of the alert channels (services/alert_watching.py).
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from integrations.models import Connection, ConnectionState
from tenants.services import audit

# Nobody needs to be told of a loss in these states.
LOST = (ConnectionState.NEEDS_OWNER, ConnectionState.DISCONNECTED)


def lose(*, connection_id: UUID, reason: str, before: datetime, now: datetime) -> bool:
    """Pauses a connection that refused us; answers whether that is news.

    `before`: a connection that was reconnected later than this has other credentials than the ones
    that were refused. Call inside the tenant's scope, with the lane's advisory lock.
    """
    lost = (
        Connection.objects.filter(pk=connection_id, state_since__lt=before)
        .exclude(state__in=LOST)
        .update(state=ConnectionState.NEEDS_OWNER, state_reason=reason[:400], state_since=now)
    )
    if lost:
        audit.record(
            action="connection.lost",
            object_type="Connection",
            object_id=connection_id,
            after={"state": ConnectionState.NEEDS_OWNER.value},
            reason=reason[:400],
        )
    return bool(lost)
