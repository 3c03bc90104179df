"""Breaks the product in every way we know, and shows that nothing is lost or doubled."""

from __future__ import annotations

import json
import logging
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from clarity import local_database, supervisor
from clarity.demo import pairing
from clarity.faults import run as trials
from clarity.faults import table
from clarity.faults.ground import FULL, QUICK
from clarity.faults.own_database import INSIDE, run_inside
from clarity.faults.results import Result


class Command(BaseCommand):
    help = (
        "Tries faults on sandboxes and processes of its own, with a database of its own. Exit code"
        " 1 when a record was lost or doubled, or the two sides differ."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("names", nargs="*", metavar="NAME", help="faults to try; all without")
        parser.add_argument(
            "--pair",
            action="append",
            choices=pairing.stores(),
            help="a store to try with the till, may be given again; all of them without",
        )
        parser.add_argument("--list", action="store_true", help="list the names and end")
        parser.add_argument("--json", action="store_true", help="one JSON line for each fault")
        parser.add_argument("--quick", action="store_true", help="shorter storms and leases")
        parser.add_argument(
            "--by-turns",
            action="store_true",
            help="try each fault of accounts with one store, the next one with the next",
        )
        parser.add_argument(
            "--write", type=Path, metavar="FILE", help="put the table between the marks in FILE"
        )
        parser.add_argument(INSIDE, action="store_true", help="for its own use")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["list"]:
            self.stdout.write("\n".join(trials.NAMES))
            return
        unknown = sorted(set(options["names"]) - set(trials.NAMES))
        if unknown:
            known = ", ".join(trials.NAMES)
            raise CommandError(f"There is no fault {unknown[0]}. Known are: {known}.")
        if options["inside"]:
            self._inside(options)
            return
        scale = QUICK if options["quick"] else FULL
        command = ["faults", *options["names"]]
        command += [f"--pair={store}" for store in options["pair"] or ()]
        command += ["--json"] * options["json"] + ["--quick"] * options["quick"]
        command += ["--by-turns"] * options["by_turns"]
        command += ["--write", str(options["write"].resolve())] if options["write"] else []
        sys.exit(run_inside(command, name="faults", environment=scale.environment()))

    def _inside(self, options: dict[str, Any]) -> None:
        logging.disable(logging.WARNING)
        supervisor.interrupt_on_terminate()
        scale = QUICK if options["quick"] else FULL
        call_command("migrate", verbosity=0, skip_checks=True)
        results = []
        try:
            for one in trials.run(
                options["names"],
                scale=scale,
                folder=Path(settings.CLARITY_DATA_DIR) / "logs",
                stores=options["pair"] or pairing.stores(),
                by_turns=options["by_turns"],
            ):
                results.append(one)
                self._tell(one, as_json=options["json"])
        finally:
            local_database.leave()
        if options["write"]:
            try:
                table.write(options["write"], self._table(results, options))
            except (table.NoPlace, OSError) as error:
                raise CommandError(str(error)) from None
        if not all(one.is_good for one in results):
            sys.exit(1)

    def _table(self, results: list[Result], options: dict[str, Any]) -> str:
        scale = QUICK if options["quick"] else FULL
        words = ["manage.py faults", *options["names"], *["--quick"] * options["quick"]]
        words += ["--by-turns"] * options["by_turns"]
        command = " ".join([*words, *(f"--pair {store}" for store in options["pair"] or ())])
        return table.markdown(results, scale=scale, now=timezone.now(), command=command)

    def _tell(self, one: Result, *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps({**asdict(one), "good": one.is_good}))
            return
        state = "good" if one.is_good else f"BAD: {one.problem}"
        self.stdout.write(
            f"{one.fault}, {one.store}: {one.events} events, recovered in {one.recovery_seconds:.1f} s, {state}"
        )
