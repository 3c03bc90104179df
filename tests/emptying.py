"""Empties the test database after a test that commits.

Django truncates every table, which makes PostgreSQL write some 250 files anew, and then fills two
of them again; that took longer than many a test. Here the few rows a test leaves are deleted, as
the local server's superuser, for whom no row is out of sight.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection
from django.test import TransactionTestCase
from psycopg import sql

from clarity.postgres import embedded

# Made by `migrate`, and the same for every test.
KEPT = ("django_migrations", "django_content_type", "auth_permission")
MOST_BYTES = 32 * 1024 * 1024
"""Of all tables. What is deleted still lies in the files, where queries would pass over it."""
TRIES = 4

_OURS = """
    c.relnamespace = 'public'::regnamespace AND c.relname <> ALL(%s)
"""
_TABLES = f"SELECT c.relname FROM pg_class c WHERE {_OURS} AND c.relkind IN ('r', 'p') AND NOT c.relispartition"  # noqa: S608
# A test writes to few of them. Planning a DELETE takes longer than asking how large a file is, most
# of all for a table of many partitions.
_WRITTEN = f"""
    SELECT c.relname, pg_table_size(c.oid) FROM pg_class c
    WHERE {_OURS} AND c.relkind = 'r' AND pg_relation_size(c.oid) > 0
"""  # noqa: S608
_truncate = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]


def after_test(test: TransactionTestCase) -> None:
    """Stands in for Django's own way, which is gone where this one cannot be."""
    directory = settings.DATABASES["default"]["CLARITY_EMBEDDED_DIR"]
    if not directory or not _deleted(Path(directory)):
        _truncate(test)


def _deleted(directory: Path) -> bool:
    """A page that is still asked for may hold one table and wait for the next: it goes first then."""
    for _ in range(TRIES - 1):
        with contextlib.suppress(psycopg.errors.DeadlockDetected):
            return _delete_rows(directory)
    return _delete_rows(directory)


def _delete_rows(directory: Path) -> bool:
    """Whether there was little enough to be deleted."""
    address = embedded.ensure_running(directory)
    name: Any = connection.settings_dict["NAME"]
    with psycopg.connect(
        host=address.host, port=address.port, user=embedded.SUPERUSER, dbname=name
    ) as database:
        tables = database.execute(_TABLES, [list(KEPT)]).fetchall()
        # As for TRUNCATE: whoever still writes is waited for, so that it leaves nothing behind.
        database.execute(sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(_names(tables)))
        written = database.execute(_WRITTEN, [list(KEPT)]).fetchall()
        if sum(size for _, size in written) > MOST_BYTES:
            return False
        # Neither foreign keys nor the guards of our tables are asked.
        deletions = [
            sql.SQL("DELETE FROM {}").format(sql.Identifier(table)) for table, _ in written
        ]
        database.execute(
            sql.SQL("; ").join(
                [sql.SQL("SET LOCAL session_replication_role = replica"), *deletions]
            )
        )
    return True


def _names(rows: Iterable[tuple[Any, ...]]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(row[0]) for row in rows)
