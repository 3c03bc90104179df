"""What a person does with a connection: pausing, going on, disconnecting, seeing to its webhooks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from integrations.connector_kit.base import Subscription
from integrations.connector_kit.errors import ConnectorError
from integrations.connector_kit.registry import get
from integrations.models import Connection, ConnectionState, Credential, Pair, PairState
from integrations.services import connections
from integrations.sync import lanes
from integrations.sync.sessions import open_account
from tenants import scope
from tenants.models import User
from tenants.services import audit

PAUSED_BY_PERSON = "Paused by a person."


class CannotChange(ValueError):
    """The connection is not in a state for this; the message says why."""


def pause(*, connection_id: UUID, actor: User | None, now: datetime) -> Connection:
    """Nothing calls the account until someone resumes it; what comes is kept.

    Call inside the tenant's scope; may be repeated. Raises CannotChange.
    """
    connection = _locked(connection_id)
    if connection.state == ConnectionState.PAUSED:
        return connection
    if connection.state != ConnectionState.ACTIVE:
        raise CannotChange("Only a connection that works can be paused.")
    return _set(connection, ConnectionState.PAUSED, PAUSED_BY_PERSON, actor=actor, now=now)


def resume(
    *, tenant_id: UUID, connection_id: UUID, actor: User | None, now: datetime
) -> Connection:
    """Goes on with a paused connection, and with what waited.

    Call inside the tenant's scope; may be repeated. Raises CannotChange.
    """
    lanes.resume(tenant_id=tenant_id, connection_id=connection_id, now=now)
    connection = _locked(connection_id)
    if connection.state == ConnectionState.ACTIVE:
        return connection
    if connection.state != ConnectionState.PAUSED:
        raise CannotChange("This connection needs new credentials: reconnect it.")
    return _set(connection, ConnectionState.ACTIVE, "", actor=actor, now=now)


def disconnect(
    *, tenant_id: UUID, connection_id: UUID, public_url: str, actor: User | None, now: datetime
) -> str:
    """Ends a connection: our webhooks are taken away there, its credentials are destroyed, its pairs
    stop. Records stay until their retention ends, and it can be reconnected.

    Answers what kept the webhooks from being taken away, "" for nothing. Call outside any scope; may
    be repeated.
    """
    with scope.tenant(tenant_id):
        connection: Connection = Connection.objects.get(pk=connection_id)
    problem = "" if _is_ended(connection) else take_webhooks_away(connection, public_url=public_url)
    with scope.tenant(tenant_id):
        lanes.look_again(tenant_id=tenant_id, connection_id=connection_id, now=now)
        connection = _locked(connection_id)
        if _is_ended(connection):
            return problem
        stopped = stop_pairs(connection)
        fields = sorted(
            Credential.objects.filter(connection=connection).values_list("field", flat=True)
        )
        Credential.objects.filter(connection=connection).delete()
        before = connection.state
        connection.state, connection.state_since = ConnectionState.DISCONNECTED, now
        connection.state_reason = "Disconnected by a person."
        connection.save(update_fields=["state", "state_reason", "state_since"])
        audit.record(
            action="connection.disconnected",
            object_type="Connection",
            object_id=connection_id,
            actor=actor,
            before={"state": before, "credentials": fields},
            after={"state": connection.state, "credentials": [], "pairs_paused": stopped},
        )
    return problem


def reconnect(
    connection: Connection,
    *,
    credentials: Mapping[str, str],
    public_url: str,
    actor: User | None,
    now: datetime,
) -> str:
    """New credentials, tried first; the work that waited goes on, and our webhooks are there again:
    disconnecting took them away, and a vendor drops those of an app that was removed.

    Answers what kept the webhooks from being registered, "" for nothing: changes are found by asking
    then. Call outside any scope. Raises what `connections.reconnect` raises.
    """
    with scope.tenant(connection.tenant_id):
        kept = connections.credentials_set(connection)
        has_pair = (
            Pair.objects.filter(Q(pos=connection) | Q(store=connection))
            .exclude(state=PairState.DRAFT)
            .exists()
        )
    manifest = get(connection.connector).manifest
    known = {**kept, **credentials}
    made = connections.made_up(manifest, connection.flavour, known)
    connections.reconnect(connection, credentials={**credentials, **made}, now=now, actor=actor)
    if not has_pair:
        # They are registered when the first pair of it goes live.
        return ""
    try:
        connections.subscribe(connection, public_url=public_url)
    except ConnectorError as error:
        return error.message
    return ""


def stop_pairs(connection: Connection) -> list[str]:
    """Pauses the running pairs of a connection; answers their names. Call inside the scope."""
    running = (
        Pair.objects.filter(Q(pos=connection) | Q(store=connection))
        .filter(state__in=(PairState.LIVE, PairState.TESTING))
        .select_for_update()
        .order_by("pk")
    )
    names = [pair.name for pair in running]
    running.update(state=PairState.PAUSED)
    return names


def take_webhooks_away(connection: Connection, *, public_url: str) -> str:
    """Best effort; answers what stood in the way. Call outside any scope."""
    connector = get(connection.connector)
    if connector.unsubscribe is None:
        return ""
    with scope.tenant(connection.tenant_id):
        account = open_account(connection)
    try:
        with connections.opened(connector, account) as client:
            connector.unsubscribe(client, hook_address(connection, public_url))
    except ConnectorError as error:
        return error.message
    return ""


def webhooks(connection: Connection, *, public_url: str) -> Sequence[Subscription] | None:
    """What is registered at the account; None where it cannot be asked. Call outside any scope.

    Raises ConnectorError.
    """
    connector = get(connection.connector)
    if connector.subscriptions is None:
        return None
    with scope.tenant(connection.tenant_id):
        account = open_account(connection)
    with connections.opened(connector, account) as client:
        return connector.subscriptions(client, hook_address(connection, public_url))


def register_webhooks(connection: Connection, *, public_url: str, actor: User | None) -> None:
    """Registers what is missing; may be repeated. Call outside any scope. Raises ConnectorError."""
    connections.subscribe(connection, public_url=public_url)
    with scope.tenant(connection.tenant_id):
        audit.record(
            action="connection.webhooks_registered",
            object_type="Connection",
            object_id=connection.pk,
            actor=actor,
        )


def hook_address(connection: Connection, public_url: str) -> str:
    """Where its webhooks come in."""
    return f"{public_url}/hooks/{connection.connector}/{connection.pk}/"


def _is_ended(connection: Connection) -> bool:
    return connection.state == ConnectionState.DISCONNECTED


def _locked(connection_id: UUID) -> Connection:
    found: Connection = Connection.objects.select_for_update().get(pk=connection_id)
    return found


def _set(
    connection: Connection,
    state: ConnectionState,
    reason: str,
    *,
    actor: User | None,
    now: datetime,
) -> Connection:
    before, connection.state = connection.state, state
    connection.state_reason, connection.state_since = reason, now
    connection.save(update_fields=["state", "state_reason", "state_since"])
    audit.record(
        action="connection.paused" if state == ConnectionState.PAUSED else "connection.resumed",
        object_type="Connection",
        object_id=connection.pk,
        actor=actor,
        before={"state": before},
        after={"state": state},
    )
    return connection
