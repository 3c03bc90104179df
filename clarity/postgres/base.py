"""Django's PostgreSQL backend, with three additions.

- When `CLARITY_EMBEDDED_DIR` is set, the local PostgreSQL runs before a connection is made, and is
  brought back when it died.
- Every physical connection runs as the role `clarity_app`, to which row-level security applies.
  `as_owner()` gives a thread connections of the login role, for migrations and flushes.
- A pool is not carried into a forked child: its threads stay behind and its sockets are shared.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS, OperationalError, connections, transaction
from django.db.backends.base.base import NO_DB_ALIAS
from django.db.backends.postgresql import base
from django.db.backends.postgresql.creation import DatabaseCreation

from clarity.postgres import embedded
from clarity.postgres.processes import Address
from clarity.postgres.site import EmbeddedError
from tenants.roles import APP

_provisioned: dict[str, Address] = {}


def _address(directory: str, role: str, database: str) -> Address:
    """The local server's address. Its database is made on the first call of a process.

    Raises OperationalError when the server cannot be had, as for any other that is away.
    """
    try:
        address = embedded.ensure_running(Path(directory))
    except EmbeddedError as error:
        raise OperationalError(str(error)) from error
    if _provisioned.get(directory) != address:
        embedded.ensure_database(address, role=role, database=database)
        _provisioned[directory] = address
    return address


def _reviving(directory: str) -> type[psycopg.Connection[Any]]:
    """A pool connects in threads of its own: there, too, a dead local server is started again."""

    class RevivingConnection(psycopg.Connection[Any]):
        @classmethod
        def connect(cls, conninfo: str = "", **kwargs: Any) -> RevivingConnection:
            embedded.ensure_running(Path(directory))
            return super().connect(conninfo, **kwargs)

    return RevivingConnection


class OwnerCreation(DatabaseCreation):
    """Test databases are made as the owner of their tables."""

    def create_test_db(self, *args: Any, **kwargs: Any) -> str:
        self.connection.close()
        self.connection.close_pool()
        with as_owner(self.connection.alias):
            name = super().create_test_db(*args, **kwargs)
            with self.connection.cursor() as cursor:
                # It need not outlive a power cut, and waits for no disk.
                cursor.execute(
                    f"ALTER DATABASE {self.connection.ops.quote_name(name)}"
                    " SET synchronous_commit = off"
                )
        return name


class DatabaseWrapper(base.DatabaseWrapper):
    creation_class = OwnerCreation
    runs_as_owner = False

    def __init__(self, settings_dict: dict[str, Any], alias: str = DEFAULT_DB_ALIAS) -> None:
        super().__init__(settings_dict, alias)
        # The connection to no database creates and drops databases.
        self.runs_as_owner = alias == NO_DB_ALIAS
        self._embedded = settings_dict.get("CLARITY_EMBEDDED_DIR") or ""
        options = settings_dict["OPTIONS"]
        if self._embedded and options.get("pool"):
            pool = options["pool"] if isinstance(options["pool"], dict) else {}
            pool = {"connection_class": _reviving(self._embedded), **pool}
            self.settings_dict = {**settings_dict, "OPTIONS": {**options, "pool": pool}}

    @property
    def pool(self) -> Any:
        # A connection of the login role must never end up where another thread gets it.
        return None if self.runs_as_owner else super().pool

    def get_connection_params(self) -> dict[str, Any]:
        if self._embedded:
            found = _provisioned.get(self._embedded)
            if found is None or self.runs_as_owner or not self.settings_dict["OPTIONS"].get("pool"):
                settings = connections.settings[DEFAULT_DB_ALIAS]
                found = _address(self._embedded, settings["USER"], settings["NAME"])
            self.settings_dict["HOST"] = found.host
            self.settings_dict["PORT"] = str(found.port)
        return super().get_connection_params()

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        pool = self.pool
        if pool is not None and pool.closed:
            # A pool connects in the background and only reports a timeout: ask once directly,
            # so that a missing role or a wrong password is told at once and in words.
            probe = self.Database.connect(**conn_params)
            try:
                self._configure_connection(probe)  # type: ignore[attr-defined]
            finally:
                probe.close()
        return super().get_new_connection(conn_params)

    def _configure_role(self, connection: Any) -> bool:
        # The pool configures through whichever wrapper made it, from its own threads; only a
        # connection that is this wrapper's own may follow this wrapper's mode.
        if self.runs_as_owner and (connection is self.connection or self.alias == NO_DB_ALIAS):
            return bool(super()._configure_role(connection))  # type: ignore[misc]
        try:
            with connection.cursor() as cursor:
                cursor.execute(f"SET ROLE {APP}")
        except (
            psycopg.errors.InvalidParameterValue,
            psycopg.errors.InsufficientPrivilege,
        ) as error:
            raise OperationalError(
                f"The database role {APP} is not set up: run `manage.py migrate`."
            ) from error
        return True


@contextlib.contextmanager
def as_owner(using: str = DEFAULT_DB_ALIAS) -> Iterator[None]:
    """This thread's database connection runs as the login role, which owns the tables.

    For migrate, flush and test databases. Row-level security is forced on the owner as well, so
    the owner sees no tenant's rows. Inside a transaction the role changes for the block only; may
    be nested.
    """
    connection = connections[using]
    if not isinstance(connection, DatabaseWrapper) or connection.runs_as_owner:
        yield
        return
    if connection.in_atomic_block:
        # The savepoint takes the role back when the block fails.
        with transaction.atomic(using=using), connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('role'), set_config('role', 'none', true)")
            before = cursor.fetchone()[0]
            yield
            cursor.execute("SELECT set_config('role', %s, true)", [before])
        return
    connection.close()
    connection.runs_as_owner = True
    try:
        yield
    finally:
        try:
            connection.close()
        finally:
            connection.runs_as_owner = False


# Kept, so that nothing closes the parent's sockets from a child.
_of_the_parent: list[Any] = []


def _leave_connections_behind() -> None:
    pools = DatabaseWrapper._connection_pools  # type: ignore[attr-defined]
    _of_the_parent.append(dict(pools))
    pools.clear()
    for connection in connections.all(initialized_only=True):
        if isinstance(connection, DatabaseWrapper) and connection.connection is not None:
            _of_the_parent.append(connection.connection)
            connection.connection = None


os.register_at_fork(after_in_child=_leave_connections_behind)
