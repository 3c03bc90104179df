"""Checks the installation and says what to mend."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand

from clarity import local_database
from clarity.doctor import examine


class Command(BaseCommand):
    help = "Checks the installation and says what to mend. Ends with 1 when something is wrong."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        wrong = 0
        for finding in examine():
            mark = self.style.ERROR("wrong") if finding.advice else self.style.SUCCESS("ok   ")
            self.stdout.write(f"{mark} {finding.what}: {finding.found}")
            if finding.advice:
                wrong += 1
                self.stdout.write(f"      What to do: {finding.advice}")
        local_database.leave()
        if wrong:
            self.stdout.write(f"{wrong} to mend.")
            sys.exit(1)
        self.stdout.write("Everything is in order.")
