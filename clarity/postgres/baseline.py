"""The baseline: what all migrations make of an empty database, written down as one SQL script.

Migrations are the truth. Running them one by one takes Django half a minute, most of it spent on
drawing models anew; the script takes a second. It may be older than the newest migration: `migrate`
applies the rest afterwards. `manage.py baseline` writes it anew, and a test compares both ways.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from clarity.postgres import embedded
from clarity.postgres.site import EmbeddedError, binaries, run_as, settle
from integrations.services.partitions import TABLES, first_id, utc_day

PATH = Path(__file__).with_name("baseline.sql")
WRITTEN_BY = 18
"""The major version of PostgreSQL. An older one may not understand the script."""
DUMP_SECONDS = 120

# The attic reaches to the day on which a database is made.
_ATTIC = re.compile(r"FROM \(MINVALUE\) TO \('\d+'\)")
_ATTIC_TODAY = "FROM (MINVALUE) TO (:today)"
# `prepare_days` moves the sequences on to the day's first id.
_START = re.compile(r"START WITH \d+")
_TITLE = re.compile(r"^--\n-- (?:Name|PostgreSQL database dump).*\n--\n", re.MULTILINE)
_SESSION = re.compile(r"^(?:SET \w+ = .*;|SELECT pg_catalog\.set_config\(.*\);)\n", re.MULTILINE)
_REMARK = re.compile(r"^(?:\\(?:un)?restrict .*|-- Dumped .*)\n", re.MULTILINE)


def load(connection: BaseDatabaseWrapper, now: datetime) -> bool:
    """Makes all tables, in one transaction, and answers whether it did: only in an empty database,
    of a server that understands the script. Run as the owner."""
    script = PATH.read_text("utf-8").replace(":today", str(first_id(utc_day(now))))
    with transaction.atomic(connection.alias), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('clarity.baseline'))")
        if not _fits(connection):
            return False
        # A function may name a table that is made after it.
        cursor.execute("SET LOCAL check_function_bodies = false")
        cursor.execute(script)
    return True


def _fits(connection: BaseDatabaseWrapper) -> bool:
    """Whether the database holds no table yet, and its server understands the script."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT current_schema() = 'public'
                AND current_setting('server_version_num')::int / 10000 >= %s
                AND NOT EXISTS (
                    SELECT 1 FROM pg_class c
                    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
                )
            """,
            [WRITTEN_BY],
        )
        return bool(cursor.fetchone()[0])


def schema_of(directory: Path, database: str) -> str:
    """The tables of a database of the local server as SQL, in a form that does not depend on the
    day, on roles or on the moment. Raises EmbeddedError with what pg_dump said."""
    address = embedded.ensure_running(directory)
    site = settle(directory)
    days = [f"--exclude-table=public.{table.name}_[0-9]*" for table in TABLES]
    done = run_as(
        site.account,
        [
            str(binaries(site) / "pg_dump"),
            *("--schema-only", "--no-owner", "--no-privileges", "--no-comments"),
            *("--schema=public", *days),
            *("-h", address.host, "-p", str(address.port), "-U", embedded.SUPERUSER, database),
        ],
        DUMP_SECONDS,
    )
    if done.returncode:
        raise EmbeddedError(f"pg_dump failed: {done.stderr.strip()}")
    said = _TITLE.sub("", _REMARK.sub("", _SESSION.sub("", done.stdout)))
    said = _START.sub("START WITH 1", _ATTIC.sub(_ATTIC_TODAY, said))
    said = said.replace("CREATE SCHEMA public;\n", "")
    return re.sub(r"\n{3,}", "\n\n", said).strip() + "\n"


def script(schema: str, applied: Sequence[tuple[str, str]]) -> str:
    """The text of the baseline: the tables, and the migrations (app, name) they stand for."""
    rows = ",\n".join(f"    ('{app}', '{name}', now())" for app, name in applied)
    return (
        "-- What all migrations make. Written by `manage.py baseline`, never by hand.\n\n"
        f"{schema}\n"
        f"INSERT INTO public.django_migrations (app, name, applied) VALUES\n{rows};\n"
    )
