"""Lets go what is old: payloads, finished records, names of notices; prepares the coming days."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError
from django.utils import timezone

from integrations.services import retention
from integrations.services.retention import Report, Step

NAMES = {
    "integrations_inboxitem": "inbox items",
    "integrations_delivery": "deliveries",
    "integrations_attempt": "attempts",
    "integrations_payload": "payloads",
}


class Command(BaseCommand):
    help = "Lets go what is older than it has to be kept. Meant to run once a day, or more often."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only say what would be done")
        parser.add_argument("--json", action="store_true", help="one line of JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            report = retention.run(timezone.now(), is_dry=options["dry_run"])
        except OperationalError as error:
            raise CommandError(
                f"Not everything could be done: {str(error).strip()}. Run it again later."
            ) from error
        if options["json"]:
            self.stdout.write(json.dumps(asdict(report)))
            return
        for line in _said(report):
            self.stdout.write(line)


def _said(report: Report) -> Iterator[str]:
    if report.is_dry:
        yield "Nothing was changed. A run now would do this:"
    if report.made:
        yield f"Made {len(report.made)} partitions for the coming days."
    for step in report.steps:
        yield _sentence(step, is_dry=report.is_dry)
    if report.forgotten:
        verb = "Would forget" if report.is_dry else "Forgot"
        yield f"{verb} {report.forgotten} names of notices that will not come again."
    if not (report.steps or report.forgotten):
        yield "Nothing was old enough to go."
    yield f"It took {report.seconds:.1f} s."


def _sentence(step: Step, *, is_dry: bool) -> str:
    verb = "Would drop" if is_dry else "Dropped"
    said = f"{verb} {step.gone} {NAMES[step.table]} from before {step.until} (UTC)"
    if not step.kept:
        return f"{said}."
    why = "are still open or kept longer" if step.way == "thinned" else "are still open"
    return f"{said}; {step.kept} stay, because they {why}."
