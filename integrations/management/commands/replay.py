"""manage.py replay: runs a stopped record, or the records of an incident, again."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from integrations.services import desk
from integrations.services.replay import CannotReplay


class Command(BaseCommand):
    help = (
        "Replays one record, or the records of an incident: one goes first, and the others follow"
        " only when it went through. The workers do it; manage.py incidents shows how far it is."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--incident", type=int, help="number of the incident")
        which.add_argument("--item", type=int, help="number of the record, as in its address")

    def handle(self, *, incident: int | None, item: int | None, **options: Any) -> None:
        now = timezone.now()
        try:
            if incident is not None:
                total = desk.replay_incident(incident, now=now)
                self.stdout.write(f"Incident {incident}: one of {total} records goes first.")
            elif item is not None:
                desk.replay_item(item, now=now)
                self.stdout.write(f"Record {item} runs again.")
        except (CannotReplay, desk.NotFound) as error:
            raise CommandError(str(error)) from None
