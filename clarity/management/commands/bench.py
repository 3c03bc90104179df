"""Measures speed. The measurements themselves come with the source, not with the product."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from clarity import supervisor


class Command(BaseCommand):
    help = (
        "Runs benchmarks, each in an installation of its own that is thrown away, and holds the"
        " figures against their targets. Without names it runs all of them."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("names", nargs="*", metavar="NAME")
        parser.add_argument("--runs", type=int, default=3, help="medians of so many runs")
        parser.add_argument("--list", action="store_true", help="only tell which there are")
        parser.add_argument("--json", action="store_true", help="one JSON line at the end")
        parser.add_argument(
            "--write", type=Path, metavar="FILE", help="put the table between the marks of FILE"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            # Loaded by name: the product must not depend on its tests.
            catalogue = import_module("tests.benchmarks.catalogue").BENCHMARKS
        except ModuleNotFoundError as error:
            raise CommandError(
                f"{error}: benchmarks need a checkout of the source with its tests."
            ) from error
        names = options["names"] or list(catalogue)
        for name in names:
            if name not in catalogue:
                known = ", ".join(catalogue)
                raise CommandError(f"There is no benchmark {name}. There are: {known}.")
        if options["runs"] < 1:
            raise CommandError(f"--runs is {options['runs']}; at least 1 is needed.")
        if options["list"]:
            for name in names:
                self.stdout.write(f"{name:<16} {catalogue[name].job}")
            return
        self._measure(names, options)

    def _measure(self, names: list[str], options: dict[str, Any]) -> None:
        runs, report, machine = (
            import_module(f"tests.benchmarks.{name}") for name in ("runs", "report", "machine")
        )
        # Ended by a signal, it still ends what it has started.
        supervisor.interrupt_on_terminate()
        about = machine.describe()
        folder = Path(settings.CLARITY_DATA_DIR) / "bench"
        results = []
        for name in names:
            try:
                result = runs.measure(name, runs=options["runs"], folder=folder)
            except KeyboardInterrupt:
                raise CommandError(f"Stopped in {name}; nothing was written.") from None
            results.append(result)
            for line in report.lines(result):
                (self.stderr if options["json"] else self.stdout).write(line)
        if options["write"]:
            report.write(options["write"], report.table(results, about))
        if options["json"]:
            found = {"machine": about, "benchmarks": [result.as_json() for result in results]}
            self.stdout.write(json.dumps(found))
