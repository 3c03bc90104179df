"""The settings of a connection, changed by a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from integrations.connector_kit.base import Account, Choice
from integrations.connector_kit.errors import ConnectorError
from integrations.connector_kit.manifest import FieldSpec, Manifest
from integrations.connector_kit.registry import get
from integrations.models import Connection, Pair
from integrations.services import pairs
from integrations.services.account_settings import Stale as Stale
from integrations.services.account_settings import version
from integrations.services.connections import ENGINE_SETTINGS, BadConnection, check_settings, opened
from integrations.sync import lanes, stocked
from integrations.sync.sessions import open_account
from tenants import scope
from tenants.models import User
from tenants.services import audit

LONGEST_VALUE = 4000
# Read by the engine, whatever the connector.
_MOVES_STOCK = frozenset({"safety_stock"})


@dataclass(frozen=True)
class Changed:
    """What a change did: the names of the settings, and how many stock levels are worked out
    again because of it."""

    names: Sequence[str]
    articles: int = 0


def specs(manifest: Manifest) -> list[FieldSpec]:
    """What can be set on a connection: the connector's own settings and those of the engine.

    A connector's setting of the same name stands for the engine's.
    """
    own = {spec.name for spec in manifest.settings}
    return [*manifest.settings, *(spec for spec in ENGINE_SETTINGS if spec.name not in own)]


def version_of(connection: Connection) -> str:
    """Names the state of its settings, for the form that changes them."""
    return version(connection.settings)


def choices(connection: Connection) -> dict[str, Sequence[Choice]]:
    """What the account offers for each setting that is read from it. Call outside any scope.

    Raises ConnectorError.
    """
    connector = get(connection.connector)
    named = [spec.name for spec in connector.manifest.settings if spec.from_account]
    if connector.choices is None or not named:
        return {}
    with scope.tenant(connection.tenant_id):
        account = open_account(connection)
    with opened(connector, account) as client:
        return {name: connector.choices(client, name) for name in named}


def change_settings(
    *,
    tenant_id: UUID,
    connection_id: UUID,
    values: Mapping[str, str],
    seen: str,
    actor: User | None,
    now: datetime,
) -> Changed:
    """Saves the settings that differ; a setting that is not named stays. Call outside any scope.

    `seen` is the `version_of` the form was made from, "" to change whatever is there. The account is
    asked about values that name something of it. Stock that was published already is worked out
    again when it depends on what changed. Raises BadConnection naming the field, Stale, and
    Connection.DoesNotExist.
    """
    given = {name: value.replace("\x00", "").strip() for name, value in values.items()}
    with scope.tenant(tenant_id):
        connection: Connection = Connection.objects.get(pk=connection_id)
        _refuse_stale(connection, seen)
        account = open_account(connection)
    manifest = get(connection.connector).manifest
    _check(manifest, given)
    names = _differing(connection, given)
    if not names:
        return Changed(())
    merged = _merged(connection.settings, given)
    _ask_account(connection, replace(account, settings=merged), names)
    with scope.tenant(tenant_id):
        return keep(connection_id, given, seen=seen, actor=actor, now=now)


def rename(*, tenant_id: UUID, connection_id: UUID, name: str, actor: User | None) -> Connection:
    """Gives a connection another name. Call inside the tenant's scope. Raises BadConnection."""
    said = " ".join(name.replace("\x00", "").split())
    if not said:
        raise BadConnection("Enter a name.", field="name")
    if len(said) > 120:
        raise BadConnection(
            f"The name has {len(said)} characters; at most 120 are kept.", field="name"
        )
    if Connection.objects.filter(name=said).exclude(pk=connection_id).exists():
        raise BadConnection(f"Another connection is called {said} already.", field="name")
    connection: Connection = Connection.objects.select_for_update().get(pk=connection_id)
    if connection.name != said:
        before, connection.name = connection.name, said
        connection.save(update_fields=["name"])
        audit.record(
            action="connection.renamed",
            object_type="Connection",
            object_id=connection_id,
            actor=actor,
            before={"name": before},
            after={"name": said},
        )
    return connection


def keep(
    connection_id: UUID,
    given: Mapping[str, str],
    *,
    seen: str = "",
    actor: User | None,
    now: datetime,
) -> Changed:
    """Saves values that were checked, and lets flows and stock follow. Call inside the scope.

    `seen` as for `change_settings`. Raises Stale.
    """
    # The lane's lock before any row, as everybody takes them.
    connection: Connection = Connection.objects.get(pk=connection_id)
    lanes.look_again(tenant_id=connection.tenant_id, connection_id=connection_id, now=now)
    connection = Connection.objects.select_for_update().get(pk=connection_id)
    _refuse_stale(connection, seen)
    names = _differing(connection, given)
    if not names:
        return Changed(())
    before = dict(connection.settings)
    connection.settings = _merged(before, given)
    manifest = get(connection.connector).manifest
    connection.save(update_fields=["settings"])
    audit.record(
        action="connection.settings_changed",
        object_type="Connection",
        object_id=connection_id,
        actor=actor,
        before={name: before.get(name, "") for name in names},
        after={name: given[name] for name in names},
    )
    return Changed(names, _follow(connection, manifest, names, now=now))


def _follow(
    connection: Connection, manifest: Manifest, names: Sequence[str], *, now: datetime
) -> int:
    """Flows and published stock that depend on what was changed."""
    mine = Pair.objects.filter(Q(pos=connection) | Q(store=connection))
    using = list(mine.select_related("pos", "store").order_by("pk"))
    if any(spec.mode in names for spec in manifest.entities.values() if spec.mode):
        for pair in using:
            pairs.follow_modes(pair, now=now)
    moving = _MOVES_STOCK | {spec.name for spec in manifest.settings if spec.moves_stock}
    if moving.isdisjoint(names):
        return 0
    return sum(
        stocked.read_all_again(
            tenant_id=connection.tenant_id, till=till, topic="settings changed", now=now
        )
        for till in sorted({pair.pos_id for pair in using})
    )


def _refuse_stale(connection: Connection, seen: str) -> None:
    if seen and seen != version_of(connection):
        raise Stale


def _check(manifest: Manifest, given: Mapping[str, str]) -> None:
    for name, value in given.items():
        if len(value) > LONGEST_VALUE:
            raise BadConnection(
                f"It has {len(value):,} characters; at most {LONGEST_VALUE:,} are kept.", field=name
            )
    check_settings(manifest, given)


def _differing(connection: Connection, given: Mapping[str, str]) -> list[str]:
    return sorted(
        name for name, value in given.items() if str(connection.settings.get(name, "")) != value
    )


def _merged(before: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """An empty value is no value: then the connector's own default counts."""
    return {name: value for name, value in {**before, **given}.items() if value != ""}


def _ask_account(connection: Connection, account: Account, names: Sequence[str]) -> None:
    """Raises BadConnection when the account does not have what a setting names."""
    connector = get(connection.connector)
    asked = [
        spec
        for spec in connector.manifest.settings
        if spec.from_account and spec.name in names and account.settings.get(spec.name)
    ]
    if not asked or connector.choices is None:
        return
    for spec in asked:
        value = account.settings[spec.name]
        try:
            with opened(connector, account) as client:
                offered = connector.choices(client, spec.name)
        except ConnectorError as error:
            raise BadConnection(
                f"{connection.name} could not be asked whether {value} exists there:"
                f" {error.message} Nothing was saved.",
                field=spec.name,
            ) from None
        if offered and value not in {one.value for one in offered}:
            shown = "; ".join(f"{one.value} ({one.label})" for one in offered[:8])
            raise BadConnection(
                f"{connection.name} has no {value} here. It has: {shown}.", field=spec.name
            )
