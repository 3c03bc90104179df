"""`migrate`, run as the owner of the tables, with roles before it, and partitions and a check after it.

An empty database is given its tables by the baseline first.
"""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.core.management.commands import migrate
from django.db import connections
from django.utils import timezone

from clarity.postgres import baseline
from clarity.postgres.base import as_owner
from clarity.postgres.roles import ensure_roles
from integrations.services.partitions import prepare_days
from tenants.rls import verify_policies


class Command(migrate.Command):
    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--one-by-one",
            action="store_true",
            help="run every migration on an empty database instead of loading the baseline",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        using = options["database"]
        only_reads = options["plan"] or options["check_unapplied"]
        with as_owner(using):
            if only_reads:
                super().handle(*args, **options)
                return
            ensure_roles(connections[using])
            if _wants_all(options):
                baseline.load(connections[using], timezone.now())
            super().handle(*args, **options)
            ensure_roles(connections[using])
            prepare_days(timezone.now())
            problems = verify_policies(connections[using])
        if problems:
            raise CommandError("Tenants are not kept apart:\n" + "\n".join(problems))


def _wants_all(options: dict[str, Any]) -> bool:
    """Whether the newest state is asked for, and nothing is to be left out on the way there."""
    partly = ("app_label", "migration_name", "one_by_one", "fake", "fake_initial", "prune")
    return not any(options.get(name) for name in partly)
