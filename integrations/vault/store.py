"""Credentials in, credentials out. Everything happens within the current tenant's scope."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db.models.functions import Now
from django.views.decorators.debug import sensitive_variables

from integrations.models.connection import Connection
from integrations.models.credential import Credential
from integrations.vault.errors import NoSuchConnection
from integrations.vault.keyring import current_key
from integrations.vault.sealing import opened
from tenants import scope


class Secrets(dict[str, str]):
    """A connection's credentials. An ordinary dict but for its repr, which shows names only."""

    def __repr__(self) -> str:
        return f"<Secrets {', '.join(sorted(self)) or 'none'}>"


@sensitive_variables()
def put(connection_id: UUID, values: Mapping[str, str]) -> None:
    """Sets these fields, all or none, and leaves the others; a token pair is replaced as one.

    Raises NoSuchConnection, TypeError naming a field whose value is no text, and as
    `keyring.tenant_key` does.
    """
    for field, value in values.items():
        if not isinstance(value, str):
            raise TypeError(f"the credential {field!r} must be text, not {type(value).__name__}")
    tenant_id = scope.current()
    if not Connection.objects.filter(pk=connection_id).exists():
        raise NoSuchConnection(f"Tenant {tenant_id} has no connection {connection_id}.")
    # Asked of the database, not remembered: after a rotation nothing new is sealed the old way.
    key = current_key(tenant_id)
    rows = [
        Credential(
            tenant_id=tenant_id,
            connection_id=connection_id,
            field=field,
            sealed=key.seal(context(connection_id, field), value.encode(), compress=False),
            key_version=key.version,
            set_at=Now(),
        )
        # One statement replaces them all; in one order, so that two callers do not deadlock.
        for field, value in sorted(values.items())
    ]
    Credential.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["tenant", "connection", "field"],
        update_fields=["sealed", "key_version", "set_at"],
    )


@sensitive_variables()
def get_all(connection_id: UUID) -> dict[str, str]:
    """Every credential of the connection by field name, as one moment had them.

    Empty when there are none. Raises SealBroken when one does not open; it names the field.
    """
    tenant_id = scope.current()
    rows = (
        Credential.objects.filter(connection_id=connection_id)
        .order_by("field", "pk")
        .values_list("field", "sealed")
    )
    return Secrets(
        (field, opened(tenant_id, context(connection_id, field), sealed).decode())
        for field, sealed in rows
    )


def delete(connection_id: UUID, field: str) -> bool:
    """Removes one credential; False when there was none."""
    deleted, _ = Credential.objects.filter(connection_id=connection_id, field=field).delete()
    return deleted > 0


def fields(connection_id: UUID) -> dict[str, datetime]:
    """Which credentials are set, and since when; never their values."""
    rows = Credential.objects.filter(connection_id=connection_id).order_by("field", "pk")
    return dict(rows.values_list("field", "set_at"))


def context(connection_id: UUID, field: str) -> tuple[str, str, str]:
    """What a credential's seal is bound to, besides its tenant."""
    return ("credential", str(connection_id), field)
