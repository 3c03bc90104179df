"""manage.py preflight: what in both accounts of a pair would stop records."""

from __future__ import annotations

import json
import sys
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from integrations.models import Pair, Preflight, PreflightState
from integrations.services import preflight
from tenants import scope


class Command(BaseCommand):
    help = (
        "Looks both accounts of a pair over and lists what would stop records, with what to do."
        " Writes to neither account. Exit code 1 when something stands in the way."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--pair", required=True, type=UUID, help="id of the pair")
        parser.add_argument("--json", action="store_true", help="print one JSON line")

    def handle(self, *, pair: UUID, json: bool, **_: Any) -> None:
        with scope.door("find the pair whose preflight is run"):
            found: Pair | None = Pair.objects.filter(pk=pair).first()
        if found is None:
            raise CommandError(f"There is no pair {pair}.")
        try:
            row = preflight.run_now(pair=found, actor=None, now=timezone.now())
        except preflight.CannotLook as error:
            raise CommandError(str(error)) from None
        if json:
            self._print_json(row)
        else:
            self._print(row)
        if row.state != PreflightState.DONE or row.blockers:
            sys.exit(1)

    def _print_json(self, row: Preflight) -> None:
        said = {
            "state": row.state,
            "problem": row.problem,
            "articles": row.articles,
            "blockers": row.blockers,
            "findings": row.findings,
            "fields": row.fields,
        }
        self.stdout.write(json.dumps(said))

    def _print(self, row: Preflight) -> None:
        if row.problem:
            self.stdout.write(row.problem)
        for finding in row.findings:
            examples = f" ({', '.join(finding['examples'])})" if finding["examples"] else ""
            self.stdout.write(
                f"{finding['weight']}: {finding['where']}: {finding['said']}{examples}"
            )
            self.stdout.write(f"    {finding['fix']}")
        for field in row.fields:
            need = ", required" if field["is_required"] else ""
            self.stdout.write(
                f"field: {field['where']}: {field['title']} ({field['entity']} {field['path']},"
                f" {field['use']}{need})"
            )
        if row.state == PreflightState.DONE and not row.findings:
            self.stdout.write("Nothing stands in the way.")
