"""manage.py incidents: what is stuck, at one tenant or at all of them."""

from __future__ import annotations

import json as to_json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from integrations.services import desk


class Command(BaseCommand):
    help = "Lists incidents with the number of records that are stuck in each; open ones only."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", default="", help="slug or id; without it, every tenant")
        parser.add_argument("--all", action="store_true", help="closed ones as well")
        parser.add_argument("--json", action="store_true", help="one JSON object a line")

    def handle(self, *, tenant: str, json: bool, **options: Any) -> None:
        try:
            found = desk.incidents(tenant, with_closed=bool(options["all"]))
        except desk.NotFound as error:
            raise CommandError(str(error)) from None
        for row in found:
            self.stdout.write(_line(row) if not json else _json(row))
        if not found and not json:
            self.stdout.write("Nothing is stuck.")


def _line(row: desk.Line) -> str:
    place = " ".join(filter(None, (row.connection, row.entity)))
    stuck = f"{row.stopped} stuck" if row.is_about_records else "alarm"
    replay = f", replay {row.replay}" if row.replay else ""
    return (
        f"{row.id} {row.tenant} {row.state}: {stuck}{f' at {place}' if place else ''}{replay};"
        f" last {row.last_at:%Y-%m-%d %H:%M} UTC: {row.message}"
    )


def _json(row: desk.Line) -> str:
    return to_json.dumps({**row._asdict(), "last_at": row.last_at.isoformat()})
