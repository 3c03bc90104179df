"""Connections: made, tried, changed and reconnected."""

from __future__ import annotations

import secrets
from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal, InvalidOperation
from uuid import UUID

from integrations.connector_kit.base import Account, Client, Connector, Probe
from integrations.connector_kit.manifest import FieldSpec, Manifest
from integrations.connector_kit.network import check_base_url
from integrations.connector_kit.registry import get
from integrations.models import Connection, ConnectionState, Environment, Flow, Lane
from integrations.sync import lanes, owner
from integrations.sync.sessions import may_be_private, open_account
from integrations.vault import keyring, master_keys, rotation, shredding, store

# Passed on to the rotation commands, hence "as": strict typing re-exports nothing unsaid.
from integrations.vault.errors import VaultError as VaultError
from mappings.canonical.record import Entity
from tenants import scope
from tenants.models import Tenant, User
from tenants.services import audit

# Settings the engine itself reads; every connection may have them.
ENGINE_SETTINGS = (
    FieldSpec(
        name="poll_seconds",
        label="Seconds between polls",
        kind="number",
        help="How often this account is asked for changes; empty leaves it to the connector.",
    ),
    FieldSpec(
        name="answer_seconds",
        label="Seconds to wait for an answer",
        kind="number",
        help="A call that takes longer is tried again later; empty leaves it to the connector.",
    ),
    FieldSpec(
        name="safety_stock",
        label="Safety stock",
        kind="number",
        help="Units of each article that are never offered in the web store.",
    ),
)


# A credential that ends has the time of its end beside it.
_ENDS = "_expires_at"


class BadConnection(ValueError):
    """A field of a connection is wrong; `field` names it."""

    def __init__(self, message: str, *, field: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True)
class NewConnection:
    """What a person fills in to connect an account."""

    connector: str
    flavour: str
    name: str
    environment: Environment
    base_url: str
    settings: Mapping[str, str]
    credentials: Mapping[str, str]


def connect(wanted: NewConnection, *, tenant_id: UUID, now: datetime) -> Connection:
    """A connection whose credentials were tried before they were saved.

    Call outside any scope: the account is asked before a transaction is open. Raises BadConnection
    naming the field, or what the connector raises when the account refuses us.
    """
    manifest = get(wanted.connector).manifest
    _check(manifest, wanted)
    private_network = may_be_private(wanted.environment)
    base_url = check_base_url(wanted.base_url, private_network=private_network)
    found = probe(wanted, base_url=base_url, private_network=private_network)
    with scope.tenant(tenant_id):
        connection: Connection = Connection.objects.create(
            connector=wanted.connector,
            flavour=wanted.flavour,
            name=wanted.name,
            environment=wanted.environment,
            base_url=base_url,
            settings=_with_defaults(manifest, wanted.settings),
            account_name=found.account_name[:200],
            state_since=now,
        )
        # Due at once, used or not: credentials that end are renewed from now on.
        Lane.objects.create(connection=connection, due_at=now, refresh_at=now)
        store.put(connection.pk, dict(wanted.credentials))
    return connection


def probe(wanted: NewConnection, *, base_url: str, private_network: bool) -> Probe:
    """Asks the account who it is; nothing is stored."""
    connector = get(wanted.connector)
    account = Account(
        id="new",
        base_url=base_url,
        flavour=wanted.flavour,
        settings=_with_defaults(connector.manifest, wanted.settings),
        credentials=wanted.credentials,
        private_network=private_network,
    )
    with opened(connector, account) as client:
        return connector.probe(client)


@contextmanager
def opened(connector: Connector, account: Account) -> Iterator[Client]:
    """A client for a moment."""
    client = connector.open(account)
    try:
        yield client
    finally:
        if connector.close:
            connector.close(client)


def made_up(manifest: Manifest, flavour: str, known: Container[str]) -> dict[str, str]:
    """Secrets that nobody types and that are not known yet."""
    return {
        spec.name: secrets.token_urlsafe(32)
        for spec in manifest.credentials
        if flavour in spec.made_for and spec.name not in known
    }


def subscribe(connection: Connection, *, public_url: str) -> None:
    """Registers webhooks for what the connection's flows carry; may be called again.

    Call outside any scope, and after flows were switched.
    """
    connector = get(connection.connector)
    if connector.subscribe is None:
        return
    with scope.tenant(connection.tenant_id):
        account = open_account(connection)
        flows = Flow.objects.filter(source=connection, is_on=True)
        entities = {Entity(name) for name in flows.values_list("entity", flat=True)}
    address = f"{public_url}/hooks/{connection.connector}/{connection.pk}/"
    with opened(connector, account) as client:
        connector.subscribe(client, address, entities)


def reconnect(
    connection: Connection,
    *,
    credentials: Mapping[str, str],
    now: datetime,
    actor: User | None = None,
) -> None:
    """New credentials, tried first; the work that waited goes on. Call outside any scope.

    Raises BadConnection for a credential the connector does not know, and what the connector raises
    when the account refuses us.
    """
    known = {spec.name for spec in get(connection.connector).manifest.credentials}
    for name in credentials:
        if name not in known:
            raise BadConnection(f"There is no credential {name!r}.", field=name)
    _check_ends(credentials)
    with scope.tenant(connection.tenant_id):
        account = open_account(connection)
    connector = get(connection.connector)
    kept = dict(account.credentials) | dict(credentials)
    with opened(connector, replace(account, credentials=kept)) as client:
        connector.probe(client)
    with scope.tenant(connection.tenant_id):
        lanes.resume(tenant_id=connection.tenant_id, connection_id=connection.pk, now=now)
        store.put(connection.pk, dict(credentials))
        before = connection.state
        connection.state, connection.state_reason = ConnectionState.ACTIVE, ""
        connection.state_since = now
        connection.save(update_fields=["state", "state_reason", "state_since"])
        audit.record(
            action="connection.reconnected",
            object_type="Connection",
            object_id=connection.pk,
            actor=actor,
            before={"state": before},
            # Which were set anew, never to what.
            after={"state": connection.state, "credentials": sorted(credentials)},
        )


def move(
    connection: Connection,
    *,
    base_url: str,
    settings: Mapping[str, str],
    credentials: Mapping[str, str],
    now: datetime,
) -> None:
    """The account lies elsewhere from now on, with other credentials; the settings are put over those
    it has. For accounts of our own sandboxes. Call outside any scope."""
    if connection.environment != Environment.SANDBOX:
        raise BadConnection("Only sandboxes of our own move.", field="base_url")
    with scope.tenant(connection.tenant_id):
        lanes.resume(tenant_id=connection.tenant_id, connection_id=connection.pk, now=now)
        store.put(connection.pk, dict(credentials))
        connection.base_url = check_base_url(base_url, private_network=True)
        connection.settings = {**connection.settings, **settings}
        connection.save(update_fields=["base_url", "settings"])
        # What a person has paused or ended stays so. The time is renewed for one that works as well:
        # a lane that is refused with the old credentials then loses nothing.
        ended = (ConnectionState.PAUSED, ConnectionState.DISCONNECTED)
        Connection.objects.filter(pk=connection.pk).exclude(state__in=ended).update(
            state=ConnectionState.ACTIVE, state_reason="", state_since=now
        )


def lose_owner(
    *, tenant_id: UUID, connection_id: UUID, reason: str, now: datetime, said_at: datetime | None
) -> None:
    """The account itself sent us away: its connection pauses until someone reconnects it.

    Its work is kept, as when credentials are refused. May be called again. `said_at`: when the
    account said so; news from before the connection was last reconnected speaks of the time before.
    """
    before = said_at or now
    with scope.tenant(tenant_id):
        if Tenant.objects.filter(pk=tenant_id, erasing_since__isnull=False).exists():
            return
        known = Connection.objects.filter(pk=connection_id, state_since__lt=before)
        if known.exclude(state__in=owner.LOST).exists():
            lanes.look_again(tenant_id=tenant_id, connection_id=connection_id, now=now)
            owner.lose(connection_id=connection_id, reason=reason, before=before, now=now)


def _check(manifest: Manifest, wanted: NewConnection) -> None:
    if wanted.flavour not in manifest.flavours:
        known = ", ".join(sorted(manifest.flavours))
        raise BadConnection(
            f"{manifest.label} has no flavour {wanted.flavour!r}; choose one of: {known}",
            field="flavour",
        )
    _check_fields(manifest, manifest.credentials, wanted.credentials, "credential")
    _check_ends(wanted.credentials)
    check_settings(manifest, wanted.settings)


def check_settings(manifest: Manifest, given: Mapping[str, str]) -> None:
    """Raises BadConnection naming the first setting that cannot be kept, or is unknown."""
    _check_fields(manifest, (*manifest.settings, *ENGINE_SETTINGS), given, "setting")


def _check_fields(
    manifest: Manifest, specs: tuple[FieldSpec, ...], given: Mapping[str, str], kind: str
) -> None:
    known = {spec.name: spec for spec in specs}
    for name in given:
        if name not in known:
            raise BadConnection(f"{manifest.label} has no {kind} {name!r}", field=name)
    for spec in specs:
        value = given.get(spec.name) or spec.default
        if spec.required and not value:
            raise BadConnection(f"{spec.label} is needed. {spec.help}", field=spec.name)
        if problem := problem_of(spec, value):
            raise BadConnection(problem, field=spec.name)


def problem_of(spec: FieldSpec, value: str) -> str:
    """Why the field cannot have this value, "" when it can."""
    if value and spec.kind == "number" and not _is_number(value):
        return f"{spec.label} is {value!r}; a number that is not negative is needed"
    if value and spec.options and value not in spec.options:
        return f"{spec.label} is {value!r}; choose one of: {', '.join(spec.options)}"
    return ""


def ends_at(connection: Connection) -> datetime | None:
    """When the last of its credentials that end does so, None when none does. Until then it can still
    be renewed by itself. Call inside the tenant's scope."""
    known = [name for name in store.fields(connection.pk) if name.endswith(_ENDS)]
    if not known:
        return None
    values = store.get_all(connection.pk)
    moments = [values[name] for name in known if _is_moment(values[name])]
    return max((datetime.fromisoformat(one) for one in moments), default=None)


def _check_ends(credentials: Mapping[str, str]) -> None:
    """Raises BadConnection for an end of a credential that is no time: nobody types one."""
    for name, value in credentials.items():
        if name.endswith(_ENDS) and value and not _is_moment(value):
            raise BadConnection(f"{name} is a time such as 2026-11-20T10:00:00Z.", field=name)


def _is_moment(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _is_number(text: str) -> bool:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return False
    return number.is_finite() and 0 <= number < 1_000_000


def _with_defaults(manifest: Manifest, given: Mapping[str, str]) -> dict[str, str]:
    return {spec.name: spec.default for spec in manifest.settings if spec.default} | dict(given)


def credentials_set(connection: Connection) -> dict[str, datetime]:
    """Which credentials are kept, and since when; never their values. Call inside the scope."""
    return store.fields(connection.pk)


def shred(tenant_id: UUID) -> None:
    """Makes everything that is sealed for the tenant unreadable but its credentials.

    Call inside the tenant's scope.
    """
    shredding.shred(tenant_id)


def erase_keys(tenant_id: UUID) -> None:
    """Makes its credentials unreadable as well. May be called twice."""
    keyring.erase_keys(tenant_id)


def master_key_problem() -> str:
    """What is wrong with the configured master keys, "" when they can be used."""
    try:
        master_keys.active()
    except VaultError as error:
        return str(error)
    return ""


def rotate_master_key(
    *, check: bool = False, progress: rotation.Progress | None = None
) -> rotation.MasterRotation:
    """Wraps every data key under the first of CLARITY_MASTER_KEYS; `check` only counts.

    Raises VaultError. Call outside any scope.
    """
    return rotation.rotate_master(check=check, progress=progress)


def rotate_tenant_keys(
    slug_or_id: str | None, *, rotate: bool = True, drop_unused: bool = False
) -> Iterator[rotation.TenantRotation]:
    """A new data key for the tenant so named, or for every tenant (None).

    Raises VaultError. Call outside any scope.
    """
    return rotation.rotate_tenants(slug_or_id, rotate=rotate, drop_unused=drop_unused)
