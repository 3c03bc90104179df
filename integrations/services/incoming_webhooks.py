"""The webhooks of a connection: what they tell of, and registering them again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from integrations.connector_kit.registry import get
from integrations.models import Connection, Flow
from integrations.services import connections
from integrations.services.walking import last_received
from tenants import scope
from tenants.models import User
from tenants.services import audit


@dataclass(frozen=True)
class Incoming:
    """What an account is to tell us of. `last_received_at`: when anything came from it."""

    address: str
    is_supported: bool
    entities: Sequence[str]
    last_received_at: datetime | None


def of(connection: Connection, *, public_url: str) -> Incoming:
    """The webhooks the connection ought to have. Call inside the tenant's scope; asks nobody."""
    rows = Flow.objects.filter(source=connection, is_on=True)
    return Incoming(
        address=f"{public_url}/hooks/{connection.connector}/{connection.pk}/",
        is_supported=get(connection.connector).subscribe is not None,
        entities=sorted(set(rows.values_list("entity", flat=True))),
        last_received_at=last_received(connection.pk),
    )


def register(connection: Connection, *, actor: User | None, public_url: str) -> None:
    """Makes those that are missing at the account; may be called again. Call outside any scope.

    Raises what the connector raises when the account cannot be asked.
    """
    connections.subscribe(connection, public_url=public_url)
    with scope.tenant(connection.tenant_id):
        audit.record(
            action="connection.webhooks_registered",
            object_type="Connection",
            object_id=connection.pk,
            actor=actor,
        )
