"""manage.py mapping_functions: the page of the functions that mapping rules may call."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from mappings.engine.function_page import page

PAGE = "docs/mapping-functions.md"


class Command(BaseCommand):
    help = "Shows the page of all functions that expressions of mapping rules may call."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--write", action="store_true", help=f"write {PAGE}")
        parser.add_argument(
            "--check", action="store_true", help="end with 1 when it is not current"
        )

    def handle(self, *, write: bool, check: bool, **options: Any) -> None:
        file, made = Path(settings.BASE_DIR) / PAGE, page()
        if write:
            file.write_text(made, "utf-8")
        elif check:
            if not file.exists() or file.read_text("utf-8") != made:
                raise CommandError(f"{PAGE} is not current: run mapping_functions --write")
        else:
            self.stdout.write(made)
