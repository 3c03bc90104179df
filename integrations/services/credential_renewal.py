"""Renews credentials before their time, where the connector can, and the account's data key."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from integrations.connector_kit.registry import UnknownConnector, get
from integrations.models import Connection, ConnectionState, DataKey
from integrations.services import connections
from integrations.sync.sessions import open_account
from tenants import scope
from tenants.models import User
from tenants.services import audit

# No vendor's credential that ends lives longer: asked as of then, a connector renews it now.
_AHEAD = timedelta(days=3650)
_ENDS = "_expires_at"


class CannotRenew(ValueError):
    """It is not renewed; the message says why and what to do instead."""


def can_renew(connection: Connection) -> bool:
    """Whether it has a credential that ends and that its connector renews. Call inside the scope."""
    try:
        refresh = get(connection.connector).refresh
    except UnknownConnector:
        return False
    if refresh is None or connection.state != ConnectionState.ACTIVE:
        return False
    return any(name.endswith(_ENDS) for name in connections.credentials_set(connection))


def renew(connection: Connection, *, actor: User | None, now: datetime) -> datetime:
    """New credentials from the vendor in place of those that would end; when they are renewed next.

    Call outside any scope. The vendor ends the old ones. Raises CannotRenew, and ConnectorError when
    the vendor refuses or does not answer; then the old ones stay.
    """
    connector = get(connection.connector)
    with scope.tenant(connection.tenant_id):
        if not can_renew(connection):
            raise CannotRenew(
                f"{connection.name} has no credential that is renewed by itself. Replace it instead."
            )
        account = open_account(connection)
    with connections.opened(connector, account) as client:
        due = connector.refresh(client, now + _AHEAD) if connector.refresh else None
    if due is None:
        raise CannotRenew(
            f"{connection.name} has nothing to renew its credentials with. Replace them instead."
        )
    with scope.tenant(connection.tenant_id):
        audit.record(
            action="connection.credentials_renewed",
            object_type="Connection",
            object_id=connection.pk,
            actor=actor,
            after={"renewed_next": due},
        )
    return due


def data_key() -> DataKey | None:
    """The data key that seals now, None while nothing was sealed. Call inside the tenant's scope."""
    found: DataKey | None = DataKey.objects.filter(is_active=True).first()
    return found


def rotate_data_key(*, tenant_id: UUID, seen: int, actor: User | None) -> int:
    """A new data key, under which the credentials are sealed again; how many were.

    `seen` is the version that was shown: a second click, or a second person, makes no second one.
    Call outside any scope. Raises CannotRenew.
    """
    with scope.tenant(tenant_id):
        key = data_key()
    if key is None or key.version != seen:
        raise CannotRenew(
            "The data key was renewed meanwhile. Nothing was done; look at it again first."
        )
    try:
        done = next(connections.rotate_tenant_keys(str(tenant_id)))
    except connections.VaultError as error:
        raise CannotRenew(str(error)) from None
    with scope.tenant(tenant_id):
        audit.record(
            action="keys.rotated",
            object_type="DataKey",
            object_id=tenant_id,
            actor=actor,
            before={"version": seen},
            after={
                "version": done.version,
                "credentials": done.resealed,
                "left": done.remaining + len(done.broken),
            },
        )
    if done.remaining or done.broken:
        raise CannotRenew(
            f"Data key {done.version} is in use, and {done.resealed} credentials are sealed again"
            f" under it, but {done.remaining + len(done.broken)} are not. Run it again; when that"
            " does not help, manage.py rotate_tenant_key says more."
        )
    return done.resealed
