"""`migrate`, run as the owner of the tables, with roles before it, and partitions and a check after it."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import connections
from django.utils import timezone

from clarity.postgres.base import as_owner
from clarity.postgres.roles import ensure_roles
from integrations.services.partitions import prepare_days
from tenants.rls import verify_policies


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        using = options["database"]
        only_reads = options["plan"] or options["check_unapplied"]
        with as_owner(using):
            if only_reads:
                super().handle(*args, **options)
                return
            ensure_roles(connections[using])
            super().handle(*args, **options)
            ensure_roles(connections[using])
            prepare_days(timezone.now())
            problems = verify_policies(connections[using])
        if problems:
            raise CommandError("Tenants are not kept apart:\n" + "\n".join(problems))
