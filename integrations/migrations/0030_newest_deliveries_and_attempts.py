"""Indexes of the lists of all deliveries and attempts, made while records keep flowing.

PostgreSQL makes no index of a partitioned table concurrently, so each partition gets its own that
way, and the one of the whole table takes them in. Whatever was interrupted can be run again.
"""

# ruff: noqa: S608 - nothing but our own names is put together here

from __future__ import annotations

from typing import Any

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from integrations.services.partitions import LOCK_TIMEOUT, patiently

INDEXES = {
    "delivery_newest": (
        "integrations_delivery",
        "(tenant_id, flow_id, created_at DESC, id DESC)",
    ),
    "attempt_newest": ("integrations_attempt", "(tenant_id, started_at DESC, id DESC)"),
}

# Partitions whose own part of the index is not there yet, or was left half made.
_MISSING = """
SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = %(table)s::regclass AND NOT EXISTS (
    SELECT FROM pg_index x JOIN pg_inherits part ON part.inhrelid = x.indexrelid
    WHERE x.indrelid = c.oid AND part.inhparent = %(index)s::regclass)
ORDER BY 1
"""


def build(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """One partition after another; those that are made meanwhile get theirs with them."""
    editor.execute(f"SET lock_timeout = '{LOCK_TIMEOUT}'")
    for index, (table, columns) in INDEXES.items():
        _run(editor, f"CREATE INDEX IF NOT EXISTS {index} ON ONLY {table} {columns}")
        while missing := _asked(editor, _MISSING, table=table, index=index):
            for partition in missing:
                _build_one(editor, index, table, partition, columns)
    editor.execute("RESET lock_timeout")


def _build_one(
    editor: BaseDatabaseSchemaEditor, index: str, table: str, partition: str, columns: str
) -> None:
    name = f"{index}{partition.removeprefix(table)}"
    # What was interrupted left an index that is not valid.
    _run(editor, f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
    # It waits for whoever writes at this moment, which keeps nobody from writing.
    editor.execute("SET lock_timeout = 0")
    editor.execute(f"CREATE INDEX CONCURRENTLY {name} ON {partition} {columns}")
    editor.execute(f"SET lock_timeout = '{LOCK_TIMEOUT}'")
    _run(editor, f"ALTER INDEX {index} ATTACH PARTITION {name}")


def drop(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """The parts go with the whole."""
    editor.execute(f"SET lock_timeout = '{LOCK_TIMEOUT}'")
    for index in INDEXES:
        _run(editor, f"DROP INDEX IF EXISTS {index}")
    editor.execute("RESET lock_timeout")


def _run(editor: BaseDatabaseSchemaEditor, statement: str) -> None:
    patiently(lambda: editor.execute(statement))


def _asked(editor: BaseDatabaseSchemaEditor, sql: str, **values: Any) -> list[str]:
    with editor.connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [row[0] for row in cursor.fetchall()]


class Migration(migrations.Migration):
    # An index that is made concurrently is made outside of any transaction.
    atomic = False

    dependencies = [("integrations", "0029_discards")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AddIndex(
                    model_name="delivery",
                    index=models.Index(
                        fields=["tenant", "flow", "-created_at", "-id"], name="delivery_newest"
                    ),
                ),
                migrations.AddIndex(
                    model_name="attempt",
                    index=models.Index(
                        fields=["tenant", "-started_at", "-id"], name="attempt_newest"
                    ),
                ),
            ],
            database_operations=[migrations.RunPython(build, drop)],
        ),
    ]
