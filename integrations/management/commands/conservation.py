"""manage.py conservation: is everything that was received accounted for?"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from integrations.services.conservation import Line, Report, as_json, report
from integrations.services.tally import PARTS
from tenants import scope
from tenants.models import Tenant

_WORDS = {"filtered": "left out", "dead": "given up", "in_flight": "on its way"}
_WIDTH = 40
_REASONS = 10


class Command(BaseCommand):
    help = (
        "Shows for every tenant, connection and flow that what was received is delivered, "
        "unchanged, merged, left out, held, given up or on its way, and that the books of every "
        "record agree. May run at any time. Ends with 1 when something is off."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", metavar="SLUG", help="one tenant; otherwise all of them")
        parser.add_argument("--since", metavar="TIME", help="only what was received from then on")
        parser.add_argument("--json", action="store_true", help="for machines")

    def handle(
        self, *, tenant: str | None, since: str | None, json: bool, **options: object
    ) -> None:
        after, is_right = _moment(since), True
        reports = []
        for found in _tenants(tenant):
            told = report(found.pk, now=timezone.now(), since=after)
            is_right = is_right and told.is_right
            if json:
                reports.append({"tenant": found.slug, **as_json(told)})
            else:
                self._tell(found, told)
        if json:
            self.stdout.write(_dump({"is_right": is_right, "tenants": reports}))
        elif is_right:
            self.stdout.write(self.style.SUCCESS("Every record is accounted for."))
        else:
            self.stdout.write(self.style.ERROR("The books do not agree; see the lines marked !"))
        if not is_right:
            sys.exit(1)

    def _tell(self, tenant: Tenant, told: Report) -> None:
        heads = [_WORDS.get(part, part) for part in PARTS]
        self.stdout.write(
            f"{tenant.name:<{_WIDTH}}" + "".join(f"{head:>12}" for head in ("received", *heads))
        )
        for account in told.accounts:
            for line in account.lines:
                self._tell_line(line)
            for reason, number in list(account.left_out.items())[:_REASONS]:
                self.stdout.write(f"    {number:,} left out: {reason}")
        self.stdout.write("")

    def _tell_line(self, line: Line) -> None:
        name = line.name if line.flow_id is None else f"  {line.name}"
        numbers = (line.sum.received, *line.sum.parts.values())
        text = f"{name[:_WIDTH]:<{_WIDTH}}" + "".join(f"{number:>12,}" for number in numbers)
        self.stdout.write(text)
        if line.sum.missing:
            said = f"  ! The parts differ from what was received by {line.sum.missing:,}."
            self.stdout.write(self.style.ERROR(said))
        for found in line.imbalances:
            examples = ", ".join(map(str, found.examples))
            self.stdout.write(self.style.ERROR(f"  ! {found.sentence} Records: {examples}"))


def _tenants(slug: str | None) -> Iterator[Tenant]:
    with scope.door("conservation command"):
        rows = Tenant.objects.order_by("name", "pk")
        found = list(rows.filter(slug=slug) if slug else rows)
    if slug and not found:
        raise CommandError(f"There is no tenant {slug}.")
    yield from found


def _moment(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        day, moment = parse_date(text), parse_datetime(text)
    except ValueError:
        day = moment = None
    if moment is None and day is not None:
        moment = datetime(day.year, day.month, day.day, tzinfo=timezone.get_default_timezone())
    if moment is None:
        raise CommandError(f"--since {text} is no time; give one like 2026-03-02T15:00:00Z.")
    return moment if timezone.is_aware(moment) else timezone.make_aware(moment)


def _dump(value: Any) -> str:
    return json.dumps(value, indent=2)
