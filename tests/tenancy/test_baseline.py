"""An empty database that is given the baseline ends as one that runs every migration."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from psycopg import sql

from clarity.postgres import baseline, embedded

ROOT = Path(__file__).resolve().parents[2]
MOST_SECONDS = 300
WAYS = {"loaded": [], "one_by_one": ["--one-by-one"]}


def directory() -> Path:
    return Path(settings.DATABASES["default"]["CLARITY_EMBEDDED_DIR"])


def connected(database: str) -> psycopg.Connection[Any]:
    address = embedded.ensure_running(directory())
    return psycopg.connect(
        host=address.host,
        port=address.port,
        user=embedded.SUPERUSER,
        dbname=database,
        autocommit=True,
    )


@pytest.fixture
def databases() -> Iterator[dict[str, str]]:
    """Two databases that `migrate` made of nothing, by how it did."""
    names = {way: f"way_{way}_{os.getpid()}" for way in WAYS}
    running = [
        subprocess.Popen(
            [sys.executable, "manage.py", "migrate", "-v", "0", *WAYS[way]],
            cwd=ROOT,
            env=os.environ | {"CLARITY_DB_NAME": name},
            stderr=subprocess.PIPE,
            text=True,
        )
        for way, name in names.items()
    ]
    try:
        for process in running:
            _, said = process.communicate(timeout=MOST_SECONDS)
            assert process.returncode == 0, said
        yield names
    finally:
        with connected("postgres") as connection:
            for name in names.values():
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


@pytest.mark.timeout(MOST_SECONDS)
def test_the_baseline_ends_where_the_migrations_end(databases: dict[str, str]) -> None:
    schemas = {way: schema(name) for way, name in databases.items()}
    told = "Run `manage.py baseline`: a migration that it stands for, or its text, was changed."
    assert schemas["loaded"] == schemas["one_by_one"], told
    assert rows(databases["loaded"]) == rows(databases["one_by_one"]), told
    assert len(schemas["loaded"]) > 3_000
