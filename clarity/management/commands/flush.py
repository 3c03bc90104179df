"""`flush`, run as the owner of the tables: only an owner may truncate them."""

from __future__ import annotations

from typing import Any

from django.core.management.commands import flush

from clarity.postgres.base import as_owner


class Command(flush.Command):
    def handle(self, **options: Any) -> None:
        with as_owner(options["database"]):
            super().handle(**options)
