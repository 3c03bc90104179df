"""manage.py rotate_master_key: every data key under the first configured master key."""

from __future__ import annotations

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from integrations.services import connections, sign_in_secrets

_HELP = """\
Wraps every tenant's data key, and what people's second steps of signing in rest on, under the
first master key of CLARITY_MASTER_KEYS. Nothing else that is stored has to be encrypted again, and syncing goes on meanwhile.

How to change the master key without an interruption:
  1. Make a key (openssl rand -base64 32) and add it as id:key at the END of
     CLARITY_MASTER_KEYS, or of master.keys in the data folder. Restart every process:
     now each of them can read what the new key wraps.
  2. Move the new entry to the FRONT and restart again.
  3. Run this command, then again with --check.
  4. When --check finds nothing left, remove the old entry and restart.
     Keep the old key for as long as you keep database backups made with it.

It may be interrupted and repeated. It ends with 0 when every data key is under the first
master key, and with 1 when some are left.
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
        parser.add_argument(
            "--check", action="store_true", help="only count data keys by master key"
        )

    def handle(self, *, check: bool, **options: object) -> None:
        try:
            done = connections.rotate_master_key(check=check, progress=self._progress)
            people = sign_in_secrets.rotate(check=check)
        except connections.VaultError as error:
            raise CommandError(str(error)) from None
        for id, count in sorted(done.data_keys.items()):
            words = ["active" if id == done.active_id else "older"]
            words += ["NOT CONFIGURED"] if id in done.missing_ids else []
            self.stdout.write(f"master key {id} ({', '.join(words)}): {count} data keys")
        if not check:
            self.stdout.write(f"{done.rewrapped} data keys wrapped anew")
            if people.rewrapped:
                self.stdout.write(f"second steps of {people.rewrapped} people sealed anew")
        if done.remaining:
            raise CommandError(
                "\n".join(
                    [f"{done.remaining} data keys are not under {done.active_id}.", *done.broken]
                )
            )
        if people.remaining:
            raise CommandError(
                f"Second steps of {people.remaining} people are not under {done.active_id}."
            )
        self.stdout.write(f"Every data key is under {done.active_id}.")

    def _progress(self, done: int, total: int) -> None:
        self.stdout.write(f"{done} of {total}")
