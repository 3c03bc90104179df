"""manage.py backfill: plans a backfill, starts it, and shows how far it is."""

from __future__ import annotations

import argparse
import json
import time
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from integrations.models import Backfill, BackfillState, Direction, Flow
from integrations.services import backfills
from integrations.services.backfill_progress import Progress, progress
from integrations.services.backfills import CannotBackfill
from integrations.services.pairs import find_pair
from tenants import scope

_HELP = """\
Carries everything one side of a pair holds of an entity to the other side.

It counts first and shows what it will take; --plan ends there. Otherwise the backfill is
started, or taken up where it was paused or stopped, and shown until it ends. Workers do
the work: interrupting this command ends the showing and not the backfill.

It ends with 0 when the backfill is done, and with 1 otherwise.
"""
LOOK_SECONDS = 2.0
_ENDED = (BackfillState.DONE, BackfillState.CANCELLED, BackfillState.FAILED, BackfillState.PAUSED)


class Command(BaseCommand):
    help = _HELP

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        return super().create_parser(
            prog_name, subcommand, formatter_class=argparse.RawDescriptionHelpFormatter, **kwargs
        )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--pair", required=True, type=UUID, help="id of the pair")
        parser.add_argument("--entity", required=True, help="inventory, customer or product")
        parser.add_argument(
            "--direction", default="", choices=Direction.values, help="of an entity with two ways"
        )
        parser.add_argument("--plan", action="store_true", help="show the plan and change nothing")
        parser.add_argument("--json", action="store_true", help="one JSON line at the end")

    def handle(self, *, pair: UUID, entity: str, plan: bool, **options: Any) -> None:
        try:
            flow = _flow(pair, entity, options["direction"])
            row = _taken_up(flow) if not plan else None
            row = row or backfills.plan(flow=flow, now=timezone.now())
            if plan:
                self._say_plan(row, as_json=options["json"])
                with scope.tenant(row.tenant_id):
                    row.delete()
                return
            if not options["json"]:
                self._say_plan(row, as_json=False)
            if row.state != BackfillState.RUNNING:
                with scope.tenant(row.tenant_id):
                    backfills.start(row, by=None, now=timezone.now())
        except CannotBackfill as error:
            raise CommandError(str(error)) from None
        self._show(row, as_json=options["json"])

    def _say_plan(self, row: Backfill, *, as_json: bool) -> None:
        figures = plan_figures(row)
        if as_json:
            self.stdout.write(json.dumps(figures))
            return
        known = row.records if row.records is not None else "an unknown number of"
        self.stdout.write(
            f"{known} records; calls: {row.list_calls} to list articles, {row.read_calls} to read,"
            f" {row.write_calls} to write; about {row.planned_seconds} s at the permitted rates."
        )

    def _show(self, row: Backfill, *, as_json: bool) -> None:
        while True:
            found = _look(row)
            if not as_json:
                self.stdout.write(_line(found))
            if found.row.state in _ENDED:
                break
            time.sleep(LOOK_SECONDS)
        if as_json:
            self.stdout.write(json.dumps(plan_figures(found.row) | figures(found)))
        if found.row.state != BackfillState.DONE:
            raise CommandError(
                f"The backfill is {found.row.get_state_display().lower()}. {found.row.problem}"
            )


def plan_figures(row: Backfill) -> dict[str, Any]:
    """What it will take, for a program to read."""
    return {
        "backfill": row.pk,
        "records": row.records,
        "articles_there": row.listed_there,
        "list_calls": row.list_calls,
        "read_calls": row.read_calls,
        "write_calls": row.write_calls,
        "planned_seconds": row.planned_seconds,
    }


def figures(found: Progress) -> dict[str, Any]:
    """How far it is, for a program to read."""
    row = found.row
    end = row.finished_at or timezone.now()
    return {
        "state": row.state,
        "read": row.read,
        "settled": found.settled,
        "outcomes": dict(found.counts),
        "only_there": found.only_there,
        "calls_to_list_and_read": row.calls,
        "per_second": round(found.per_second, 1) if found.per_second else None,
        "permitted_per_second": round(found.permitted, 1) if found.permitted else None,
        "seconds": round((end - row.started_at).total_seconds(), 1) if row.started_at else None,
    }


def _flow(pair_id: UUID, entity: str, direction: str) -> Flow:
    with scope.door("a backfill was asked for on the command line"):
        pair = find_pair(pair_id)
    if pair is None:
        raise CannotBackfill(f"There is no pair {pair_id}.")
    with scope.tenant(pair.tenant_id):
        return backfills.find_flow(pair.pk, entity, direction)


def _taken_up(flow: Flow) -> Backfill | None:
    """The run that is under way, paused or stopped; None when a new one is to be planned."""
    with scope.tenant(flow.tenant_id):
        row = backfills.latest_of(flow)
    return row if row is not None and row.state in backfills.RESUMABLE else None


def _look(row: Backfill) -> Progress:
    with scope.tenant(row.tenant_id):
        return progress(backfills.get(row.pk), now=timezone.now())


def _line(found: Progress) -> str:
    rate = f"{found.per_second:.0f}/s" if found.per_second else "-"
    left = f", ends about {found.ends_at:%H:%M:%S} UTC" if found.ends_at else ""
    what = ", ".join(f"{count} {state}" for state, count in sorted(found.counts.items()))
    state = found.row.get_state_display()
    return f"{state}: {found.percent} %, {rate}{left}; {what or 'nothing yet'} {found.waits_for}"
