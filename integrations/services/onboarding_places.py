"""Settings a person must choose when an account is connected: locations, stations, tender types."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from integrations.connector_kit.base import Account, Choice, Client
from integrations.connector_kit.manifest import FieldSpec
from integrations.connector_kit.registry import get
from integrations.models import Connection
from integrations.services import connection_settings, connections
from integrations.sync.sessions import open_account
from tenants import scope
from tenants.models import User

LONGEST = 400


class BadPlaces(ValueError):
    """Some of the values cannot be used; `errors` holds a message by setting."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__("; ".join(errors.values()))
        self.errors = errors


@dataclass(frozen=True)
class Question:
    """One setting with its value now; `choices` are read from the account, empty when any text
    will do."""

    spec: FieldSpec
    value: str
    choices: Sequence[Choice] = ()

    @property
    def is_needed(self) -> bool:
        return self.spec.asked == "needed"


def asked(connection: Connection) -> list[FieldSpec]:
    """The settings a person is asked for once the account is connected."""
    return [
        spec
        for spec in get(connection.connector).manifest.settings
        if spec.asked in ("needed", "offered")
        and (not spec.asked_of or connection.flavour in spec.asked_of)
    ]


def lacking(connection: Connection) -> list[str]:
    """Labels of those that must be chosen and are not."""
    return [
        spec.label
        for spec in asked(connection)
        if spec.asked == "needed" and not connection.settings.get(spec.name)
    ]


def questions(connection: Connection, *, given: Mapping[str, str] | None = None) -> list[Question]:
    """Every question with its choices, asked of the account. Call outside any scope.

    `given`: values of a form that was not saved. Raises what the connector raises.
    """
    values = {
        spec.name: str(connection.settings.get(spec.name) or spec.default)
        for spec in asked(connection)
    } | dict(given or {})
    with scope.tenant(connection.tenant_id):
        account = open_account(connection)
    # All stations are offered, not only those of the location chosen now: it may change with them.
    chosen = {spec.name for spec in asked(connection) if spec.from_account}
    bare = replace(
        account,
        settings={name: value for name, value in account.settings.items() if name not in chosen},
    )
    with _client(connection, bare) as client:
        return [
            Question(spec, values[spec.name], _choices(connection, client, spec))
            for spec in asked(connection)
        ]


def save(
    connection: Connection, *, values: Mapping[str, str], actor: User | None, now: datetime
) -> None:
    """Keeps the values once the account has confirmed them. Call outside any scope.

    The account may be part of a running pair as well: its stock and flows follow, as after any
    change of settings.

    Raises BadPlaces, and what the connector raises.
    """
    specs = asked(connection)
    clean = {spec.name: (values.get(spec.name) or "").strip() for spec in specs}
    errors = {spec.name: problem for spec in specs if (problem := _problem(spec, clean[spec.name]))}
    if not errors:
        errors = _unknown(connection, specs, clean)
    if errors:
        raise BadPlaces(errors)
    with scope.tenant(connection.tenant_id):
        connection_settings.keep(connection.pk, clean, actor=actor, now=now)
        connection.refresh_from_db(fields=["settings"])


def _problem(spec: FieldSpec, value: str) -> str:
    if not value:
        return f"Choose: {spec.label.lower()}." if spec.asked == "needed" else ""
    if len(value) > LONGEST:
        return f"{spec.label} is longer than {LONGEST} characters."
    return connections.problem_of(spec, value)


def _unknown(
    connection: Connection, specs: Sequence[FieldSpec], clean: Mapping[str, str]
) -> dict[str, str]:
    """What the account does not know in the light of the other values: a station of another place."""
    with scope.tenant(connection.tenant_id):
        account = open_account(connection)
    account = replace(account, settings={**account.settings, **clean})
    errors = {}
    with _client(connection, account) as client:
        for spec in specs:
            if not (spec.from_account and clean[spec.name]):
                continue
            known = {one.value for one in _choices(connection, client, spec)}
            if known and clean[spec.name] not in known:
                errors[spec.name] = (
                    f"{connection.name} has no such {spec.label.lower()}, or it does not go with"
                    " your other choices. Choose one from the list."
                )
    return errors


def _choices(connection: Connection, client: Client, spec: FieldSpec) -> Sequence[Choice]:
    if spec.options:
        return [Choice(option, option.replace("_", " ")) for option in spec.options]
    connector = get(connection.connector)
    if not spec.from_account or connector.choices is None:
        return ()
    return connector.choices(client, spec.name)


@contextmanager
def _client(connection: Connection, account: Account) -> Iterator[Client]:
    connector = get(connection.connector)
    client = connector.open(account)
    try:
        yield client
    finally:
        if connector.close:
            connector.close(client)
