"""Writes clarity/postgres/baseline.sql anew, after a migration was added."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from psycopg import sql

from clarity.postgres import baseline, embedded

DATABASE = "clarity_baseline"
MANAGE = Path(__file__).resolve().parents[3] / "manage.py"


class Command(BaseCommand):
    help = (
        "Runs all migrations one by one on an empty database of the local PostgreSQL and writes"
        " down what they made, which `migrate` gives to an empty database from then on."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        chosen = settings.DATABASES["default"].get("CLARITY_EMBEDDED_DIR")
        if not chosen:
            raise CommandError(
                "The baseline is written from the local PostgreSQL: run this without DATABASE_URL."
            )
        directory = Path(str(chosen))
        self._drop(directory)
        try:
            made = subprocess.run(  # noqa: S603 - our own command line
                [sys.executable, str(MANAGE), "migrate", "--one-by-one", "-v", "0"],
                env=os.environ | {"CLARITY_DB_NAME": DATABASE},
                check=False,
            )
            if made.returncode:
                raise CommandError("The migrations do not run on an empty database, see above.")
            applied = self._applied(directory)
            schema = baseline.schema_of(directory, DATABASE)
            baseline.PATH.write_text(baseline.script(schema, applied), "utf-8")
        finally:
            self._drop(directory)
        self.stdout.write(f"{baseline.PATH.name} stands for {len(applied)} migrations.")

    def _drop(self, directory: Path) -> None:
        with embedded.as_superuser(embedded.ensure_running(directory)) as connection:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(DATABASE))
            )

    def _applied(self, directory: Path) -> list[tuple[str, str]]:
        with embedded.as_superuser(embedded.ensure_running(directory), DATABASE) as connection:
            return connection.execute(
                "SELECT app, name FROM public.django_migrations ORDER BY id"
            ).fetchall()
