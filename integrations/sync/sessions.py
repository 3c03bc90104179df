"""A connection, opened: its connector, its credentials, and the seal of its payloads."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.db import connection as database

from integrations.connector_kit.base import Account, Client, Connector, EntityPort
from integrations.connector_kit.budget import Budget
from integrations.connector_kit.exchange import Exchange
from integrations.connector_kit.registry import get
from integrations.models import Connection, Environment, Payload
from integrations.vault import exact_json, sealing, store
from integrations.vault.errors import KeyGone, VaultError
from mappings.canonical.record import Entity
from tenants import scope

if TYPE_CHECKING:
    from integrations.sync.stock_numbers import HeldBack

LEAST_POLL_SECONDS = 0.05
# The class of advisory locks under which credentials are renewed; lanes have locks of one number.
_RENEWAL = 7316

log = logging.getLogger(__name__)


class Recorder:
    """Collects the HTTP exchanges of one thread while it is asked to."""

    def __init__(self) -> None:
        self._local = threading.local()

    def __call__(self, exchange: Exchange) -> None:
        kept: list[Exchange] | None = getattr(self._local, "kept", None)
        if kept is not None:
            kept.append(exchange)

    @contextmanager
    def recording(self) -> Iterator[list[Exchange]]:
        kept: list[Exchange] = []
        self._local.kept = kept
        try:
            yield kept
        finally:
            self._local.kept = None


@dataclass
class Session:
    """One connection while its lane is held.

    `made_of`: what it was opened with, to tell changes. `answers`: reads that were answered.
    `held_back`: what its stock was held back by before it was read last.
    """

    tenant_id: UUID
    connection: Connection
    connector: Connector
    account: Account
    recorder: Recorder = field(default_factory=Recorder)
    made_of: object = None
    answers: int = 0
    held_back: HeldBack | None = None
    _client: Client = None
    _opening: threading.Lock = field(default_factory=threading.Lock)

    @property
    def client(self) -> Client:
        """The connector's client, made on first use."""
        with self._opening:
            if self._client is None:
                self._client = self.connector.open(self.account)
        return self._client

    @property
    def budget(self) -> Budget:
        """What is known of the account's rate limit."""
        return self.account.budget or Budget()

    def begin_with(self, budget: Budget) -> None:
        """Another process had the lane meanwhile: goes on from what it learnt."""
        if self.account.budget:
            self.account.budget.take_over(budget)

    def close(self) -> None:
        """Gives the client's connections back; used again, it opens a new client."""
        with self._opening:
            client, self._client = self._client, None
        if client is not None and self.connector.close:
            self.connector.close(client)

    def port(self, entity: Entity) -> EntityPort | None:
        return self.connector.entities.get(entity)

    @property
    def poll_every(self) -> timedelta:
        """Never less than a moment, whatever the setting says: the lane must come to an end."""
        asked = self.account.setting("poll_seconds")
        seconds = float(asked) if asked else settings.CLARITY_POLL_SECONDS
        seconds = seconds or self.connector.manifest.limits.poll_seconds
        return timedelta(seconds=max(LEAST_POLL_SECONDS, seconds))


def open_session(connection: Connection, *, budget: Budget | None = None) -> Session:
    """The connection with its credentials. Call inside the tenant's scope; makes no request."""
    recorder = Recorder()
    return Session(
        tenant_id=connection.tenant_id,
        connection=connection,
        connector=get(connection.connector),
        account=open_account(connection, observe=recorder, budget=budget),
        recorder=recorder,
    )


def open_for_reading(connection: Connection) -> Session:
    """The connection without its credentials: its rules and settings are read, it is not called."""
    return Session(
        tenant_id=connection.tenant_id,
        connection=connection,
        connector=get(connection.connector),
        account=_account(connection, {}),
    )


def open_account(
    connection: Connection,
    *,
    observe: Callable[[Exchange], None] | None = None,
    budget: Budget | None = None,
) -> Account:
    """What the connector may know of the connection. Call inside the tenant's scope."""
    credentials = store.get_all(connection.id)
    return _account(connection, credentials, observe=observe, budget=budget)


def _account(
    connection: Connection,
    credentials: Mapping[str, str],
    *,
    observe: Callable[[Exchange], None] | None = None,
    budget: Budget | None = None,
) -> Account:
    tenant_id, connection_id = connection.tenant_id, connection.id

    def renewed(values: Mapping[str, str]) -> None:
        with scope.tenant(tenant_id):
            store.put(connection_id, dict(values))

    @contextmanager
    def renewing() -> Iterator[Mapping[str, str]]:
        with scope.tenant(tenant_id):
            with database.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [_RENEWAL, str(connection_id)]
                )
            yield store.get_all(connection_id)

    return Account(
        id=str(connection_id),
        base_url=connection.base_url,
        flavour=connection.flavour,
        settings=connection.settings,
        credentials=credentials,
        private_network=may_be_private(connection.environment),
        observe=observe,
        renewed=renewed,
        renewing=renewing,
        budget=budget,
    )


def may_be_private(environment: str) -> bool:
    """Whether accounts of this environment may lie at private, loopback or link-local addresses."""
    return environment == Environment.SANDBOX or settings.CLARITY_ALLOW_PRIVATE_TARGETS


def seal(tenant_id: UUID, context: str, value: Any) -> bytes:
    """`value` as a compressed, encrypted document that opens only with this tenant and context."""
    return sealing.seal_json(tenant_id, [context], value)


def opened(tenant_id: UUID, context: str, sealed: bytes) -> Any:
    """What was given to `seal`; None once the tenant's key was erased. Raises SealBroken."""
    try:
        return sealing.open_json(tenant_id, [context], sealed)
    except KeyGone:
        return None


def written_out(value: Any) -> bytes:
    """`value` as the JSON that `seal` would encrypt."""
    return exact_json.dumps(value)


def seal_written(tenant_id: UUID, context: str, written: bytes) -> bytes:
    """What `seal` answers for a value that was already written out."""
    return sealing.seal(tenant_id, [context], written)


def open_sealed(tenant_id: UUID, context: str, sealed: bytes) -> Any:
    """What was given to `seal`. Raises VaultError."""
    return sealing.open_json(tenant_id, [context], sealed)


def open_bytes(tenant_id: UUID, context: str, sealed: bytes) -> bytes:
    """What was given to `seal_written`. Raises VaultError."""
    return sealing.open_sealed(tenant_id, [context], sealed)


def keep(tenant_id: UUID, context: str, value: Any) -> int:
    """Stores a sealed document; answers its id."""
    (pk,) = keep_many(tenant_id, [(context, value)])
    return pk


def keep_many(tenant_id: UUID, documents: Sequence[tuple[str, Any]]) -> list[int]:
    """Stores sealed documents, as (context, value), in one statement; answers their ids."""
    rows = [Payload(context=name, sealed=seal(tenant_id, name, value)) for name, value in documents]
    return [row.pk for row in Payload.objects.bulk_create(rows)]


def load(payload_id: int | None) -> Any:
    """The stored document, None when it was pruned or never kept."""
    return load_many([payload_id] if payload_id else []).get(payload_id or 0)


def load_many(payload_ids: Sequence[int]) -> dict[int, Any]:
    """Stored documents by id; pruned ones, and those that do not open any more, are missing."""
    rows = Payload.objects.filter(pk__in=payload_ids).values_list(
        "pk", "tenant_id", "context", "sealed"
    )
    found = {}
    for pk, tenant_id, context, sealed in rows:
        try:
            found[pk] = sealing.open_json(tenant_id, [context], bytes(sealed))
        except VaultError as error:
            log.error("payload %s does not open: %s", pk, error)
    return found
