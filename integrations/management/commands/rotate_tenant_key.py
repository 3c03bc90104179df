"""manage.py rotate_tenant_key: a new data key for one tenant or for all of them."""

from __future__ import annotations

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from integrations.services import connections

_HELP = """\
Gives a tenant a new data key and seals its credentials again under it.
Stored payloads are not touched: they stay readable under the key that sealed them until
their retention ends. Syncing goes on meanwhile.

With --prune, old data keys that seal nothing any more are removed as well; a key stays for
an hour after it was retired. Once a key is removed, database backups in which payloads or
credentials are sealed under it can no longer be read.

Rotate yearly, and whenever a data key may have been seen. It may be interrupted and
repeated. It ends with 0 when every credential is under the new key, and with 1 otherwise.
"""


class Command(BaseCommand):
    help = _HELP
    # A leaked key has to be renewed even while some other check fails.
    requires_system_checks = ()

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        return super().create_parser(
            prog_name, subcommand, formatter_class=argparse.RawDescriptionHelpFormatter, **kwargs
        )

    def add_arguments(self, parser: CommandParser) -> None:
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("tenant", nargs="?", help="slug or id of the tenant")
        which.add_argument("--all", action="store_true", help="every tenant")
        what = parser.add_mutually_exclusive_group()
        what.add_argument(
            "--prune", action="store_true", help="also remove old keys that seal nothing"
        )
        what.add_argument(
            "--prune-only", action="store_true", help="remove such keys, and rotate nothing"
        )

    def handle(
        self, *, tenant: str | None, prune: bool, prune_only: bool, **options: object
    ) -> None:
        tenants = unfinished = 0
        try:
            for done in connections.rotate_tenant_keys(
                tenant, rotate=not prune_only, drop_unused=prune or prune_only
            ):
                tenants += 1
                unfinished += bool(done.remaining or done.broken)
                words = []
                if done.version is not None:
                    words.append(f"data key {done.version} is active")
                    words.append(f"{done.resealed} credentials sealed again")
                elif not prune_only and not done.broken:
                    words.append("has no data key yet")
                if prune or prune_only:
                    removed = ", ".join(map(str, done.pruned)) or "none"
                    words.append(f"old data keys removed: {removed}")
                if done.remaining:
                    words.append(f"{done.remaining} credentials are still under an older key")
                said = ([", ".join(words)] if words else []) + done.broken
                self.stdout.write(f"{done.slug}: {'; '.join(said)}")
        except connections.VaultError as error:
            raise CommandError(str(error)) from None
        if unfinished:
            raise CommandError(f"{unfinished} of {tenants} tenants could not be finished.")
        self.stdout.write(f"{tenants} tenants done.")
