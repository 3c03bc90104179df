"""Stops the local PostgreSQL of this checkout."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from clarity.postgres import embedded


class Command(BaseCommand):
    help = "Stops the local PostgreSQL. With --remove its data is deleted as well."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--remove", action="store_true", help="delete the data, too")

    def handle(self, *args: Any, **options: Any) -> None:
        chosen = settings.DATABASES["default"].get("CLARITY_EMBEDDED_DIR")
        if not chosen:
            self.stdout.write("The database is not run by Clarity Connect: nothing to stop.")
            return
        directory = Path(str(chosen))
        stopped = embedded.stop(directory)
        self.stdout.write("PostgreSQL stopped." if stopped else "PostgreSQL was not running.")
        if embedded.in_use(directory):
            said = (
                "Other processes of this checkout are still running; "
                "they start PostgreSQL again when they need it."
            )
            if options["remove"]:
                raise CommandError(f"{said} Nothing was deleted: end them first.")
            self.stderr.write(said)
        elif options["remove"]:
            embedded.remove(directory)
            self.stdout.write("Its data is deleted.")
