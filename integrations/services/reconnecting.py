"""Reconnecting an account with credentials somebody typed, written down with who did it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from integrations.connector_kit.registry import get
from integrations.models import Connection
from integrations.services import connections
from integrations.services.connections import BadConnection
from tenants import scope
from tenants.models import User
from tenants.services import audit


def reconnect(
    connection: Connection, *, credentials: Mapping[str, str], actor: User | None, now: datetime
) -> None:
    """New credentials, tried first; those not named stay. Call outside any scope.

    Raises BadConnection naming a field the connector does not have, or what the connector raises
    when the account refuses us.
    """
    manifest = get(connection.connector).manifest
    known = {spec.name for spec in manifest.credentials}
    for name in credentials:
        if name not in known:
            raise BadConnection(
                f"{manifest.label} has no credential {name!r}. It has: {', '.join(sorted(known))}.",
                field=f"credentials.{name}",
            )
    before = connection.state
    connections.reconnect(connection, credentials=credentials, now=now)
    with scope.tenant(connection.tenant_id):
        audit.record(
            action="connection.reconnected",
            object_type="Connection",
            object_id=connection.pk,
            actor=actor,
            before={"state": before},
            # Names only: the values are secrets.
            after={"state": connection.state, "credentials": sorted(credentials)},
        )
