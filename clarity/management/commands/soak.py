"""Minutes of traffic under faults, with a closing line that says what was lost."""

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

from clarity import local_database, supervisor
from clarity.faults.ground import FULL
from clarity.faults.own_database import INSIDE, run_inside
from clarity.soak.run import Plan, run

_NUMBERS = ("minutes", "pairs", "rate", "fault_every", "seed")


class Command(BaseCommand):
    help = (
        "Lets several merchants trade for some minutes while faults come and processes are killed,"
        " on sandboxes and a database of its own. Exit code 1 when the two sides differ at the end."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--minutes", type=float, default=10.0)
        parser.add_argument("--pairs", type=int, default=4, help="merchants")
        parser.add_argument("--rate", type=float, default=3.0, help="events a second, of all")
        parser.add_argument(
            "--fault-every", type=float, default=10.0, help="seconds between faults; 0: none"
        )
        parser.add_argument("--seed", type=int, default=7)
        parser.add_argument("--json", action="store_true", help="only the closing line")
        parser.add_argument(INSIDE, action="store_true", help="for its own use")

    def handle(self, *args: Any, **options: Any) -> None:
        for name in ("minutes", "pairs", "rate"):
            if options[name] <= 0:
                raise CommandError(f"--{name} is {options[name]}; it must be more than 0.")
        if options["inside"]:
            self._inside(options)
            return
        command = ["soak", *["--json"] * options["json"]]
        command += [f"--{name.replace('_', '-')}={options[name]}" for name in _NUMBERS]
        sys.exit(run_inside(command, name="soak", environment=FULL.environment()))

    def _inside(self, options: dict[str, Any]) -> None:
        logging.disable(logging.WARNING)
        supervisor.interrupt_on_terminate()
        call_command("migrate", verbosity=0, skip_checks=True)
        plan = Plan(
            minutes=options["minutes"],
            pairs=options["pairs"],
            per_second=options["rate"],
            fault_every=options["fault_every"],
            seed=options["seed"],
        )

        def say(line: str) -> None:
            if not options["json"]:
                self.stderr.write(line)

        folder = Path(settings.CLARITY_DATA_DIR) / "logs"
        try:
            closing = run(plan, scale=FULL, folder=folder, say=say)
        finally:
            local_database.leave()
        self.stdout.write(json.dumps(asdict(closing)))
        if not closing.is_good:
            sys.exit(1)
