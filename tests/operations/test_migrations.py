"""Migrations: back and forth with rows, one by one, and as the baseline that stands for them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from psycopg import sql
from psycopg.rows import dict_row

from clarity.postgres import baseline, embedded
from integrations.services.partitions import TABLES

ROOT = Path(__file__).resolve().parents[2]
MOST_SECONDS = 300


def directory() -> Path:
    return Path(settings.DATABASES["default"]["CLARITY_EMBEDDED_DIR"])


def connected(database: str) -> psycopg.Connection[Any]:
    return embedded.as_superuser(embedded.ensure_running(directory()), database)


def migrate(database: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "manage.py", "migrate", "-v", "0", *arguments],
        cwd=ROOT,
        env=os.environ | {"CLARITY_DB_NAME": database},
        stderr=subprocess.PIPE,
        text=True,
    )


def done(process: subprocess.Popen[str]) -> None:
    _, said = process.communicate(timeout=MOST_SECONDS)
    assert process.returncode == 0, said


@pytest.fixture
def names() -> Iterator[tuple[str, str]]:
    """Of two databases that are not there yet, and are not there afterwards."""
    made = f"loaded_{os.getpid()}", f"one_by_one_{os.getpid()}"
    yield made
    with connected("postgres") as connection:
        for name in made:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )


def schema(database: str) -> list[str]:
    """Its lines. PostgreSQL writes the casts of `state IN (...)` in another order once it has read
    what it wrote itself, so casts and brackets are left out there."""
    said = baseline.schema_of(directory(), database).splitlines()
    return [
        re.sub(r"::(character varying|text)(\[\])?|[()]", "", line) if "ANY (" in line else line
        for line in said
    ]


def rows(database: str) -> dict[str, int]:
    """How many rows a new database has, by table."""
    with connected(database) as connection:
        tables = connection.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            " AND relkind IN ('r', 'p') AND NOT relispartition"
        ).fetchall()
        counted = {
            table: connection.execute(
                sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))
            ).fetchone()
            for (table,) in tables
        }
    return {table: found[0] for table, found in counted.items() if found and found[0]}


# What a column must hold and nobody said, by its type.
EMPTY = {
    "character varying": "",
    "jsonb": "{}",
    "boolean": True,
    "integer": 0,
    "bytea": b"sealed",
    "timestamp with time zone": datetime(2026, 11, 1, tzinfo=UTC),
}


def add(connection: psycopg.Connection[Any], table: str, **said: Any) -> Any:
    """Adds a row to a table as it is at some migration and answers its id."""
    needed = connection.execute(
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = %s"
        " AND is_nullable = 'NO' AND column_default IS NULL AND is_identity = 'NO'",
        [table],
    ).fetchall()
    row = {
        column: uuid.uuid4() if column == "id" else EMPTY[kind]
        for column, kind in needed
        if column not in said
    } | said
    found = connection.execute(
        sql.SQL("INSERT INTO {} ({}) VALUES ({}) RETURNING id").format(
            sql.Identifier(table),
            sql.SQL(", ").join(map(sql.Identifier, row)),
            sql.SQL(", ").join(sql.Placeholder() * len(row)),
        ),
        list(row.values()),
    ).fetchone()
    assert found
    return found[0]


def fill(connection: psycopg.Connection[Any]) -> None:
    """An order that was taken in and delivered, in the tables of 0006."""
    tenant = add(connection, "tenants_tenant", slug="shop")
    store, pos = (
        add(connection, "integrations_connection", tenant_id=tenant, name=name)
        for name in ("store", "pos")
    )
    pair = add(connection, "integrations_pair", tenant_id=tenant, store_id=store, pos_id=pos)
    flow = add(
        connection,
        "integrations_flow",
        tenant_id=tenant,
        pair_id=pair,
        source_id=store,
        target_id=pos,
    )
    payload = add(connection, "integrations_payload", tenant_id=tenant)
    item = add(
        connection,
        "integrations_inboxitem",
        tenant_id=tenant,
        connection_id=store,
        payload_id=payload,
        key="1",
        entity="order",
        state="done",
        event="e1",
        delivery="d1",
    )
    delivery = add(
        connection,
        "integrations_delivery",
        tenant_id=tenant,
        target_id=pos,
        flow_id=flow,
        inbox_item_id=item,
    )
    add(connection, "integrations_attempt", tenant_id=tenant, delivery_id=delivery, number=1)


GROWING = tuple(table.name for table in TABLES)


def contents(database: str) -> dict[str, list[dict[str, Any]]]:
    with connected(database) as connection:
        cursor = connection.cursor(row_factory=dict_row)
        return {
            table: cursor.execute(
                sql.SQL("SELECT * FROM {}").format(sql.Identifier(table))
            ).fetchall()
            for table in GROWING
        }


def take_again(database: str) -> None:
    """The same notice, in the columns that the table had before names had a table of their own."""
    with connected(database) as connection:
        item = contents(database)["integrations_inboxitem"][0]
        add(connection, "integrations_inboxitem", **{**item, "id": item["id"] + 1})


def there_and_back(database: str) -> None:
    """The tables that grow become partitioned, whole and partitioned once more, with their rows."""
    done(migrate(database, "integrations", "0006"))
    with connected(database) as connection:
        fill(connection)
    before = contents(database)
    done(migrate(database, "integrations", "0004"))
    assert contents(database) == before
    with pytest.raises(psycopg.errors.UniqueViolation):
        take_again(database)
    done(migrate(database))
    for table, rows_now in contents(database).items():
        [was], [now] = before[table], rows_now
        # Later migrations add columns, and 0010 counts what became of an item.
        learned = {"passed_to": 1} if "passed_to" in was else {}
        assert {name: now[name] for name in was} == was | learned
    with connected(database) as connection:
        partitioned = "SELECT relname FROM pg_class WHERE relkind = 'p'"
        assert {name for (name,) in connection.execute(partitioned)} == set(GROWING)
        assert connection.execute("SELECT count(*) FROM integrations_noticename").fetchone() == (2,)
        item = before["integrations_inboxitem"][0]
        after = connection.execute("SELECT nextval('integrations_inboxitem_id_seq')").fetchone()
        assert after
        assert after[0] > item["id"]
        connection.execute("TRUNCATE tenants_tenant CASCADE")
        connection.execute(
            sql.SQL("TRUNCATE {} CASCADE").format(
                sql.SQL(", ").join(map(sql.Identifier, (*GROWING, "integrations_noticename")))
            )
        )


@pytest.mark.timeout(MOST_SECONDS)
def test_every_way_ends_in_the_same_tables(names: tuple[str, str]) -> None:
    """All migrations, with some of them back and forth over rows, make what the baseline holds."""
    loaded, one_by_one = names
    loading = migrate(loaded)
    there_and_back(one_by_one)
    done(loading)
    told = "Run `manage.py baseline`: a migration that it stands for, or its text, was changed."
    schemas = schema(loaded), schema(one_by_one)
    assert schemas[0] == schemas[1], told
    assert len(schemas[0]) > 3_000
    assert rows(loaded) == rows(one_by_one), told
