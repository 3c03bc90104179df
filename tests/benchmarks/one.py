"""Runs one benchmark once, on the database of the environment: python -m tests.benchmarks.one NAME

Prints its figures as one JSON line.
"""

from __future__ import annotations

import importlib
import json
import os
import sys

import django


def main() -> None:
    from tests.benchmarks.catalogue import BENCHMARKS

    # The settings of the product with the connectors of the benchmarks; it finds them by itself.
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clarity.settings")
    django.setup()
    from django.core.management import call_command

    from clarity import local_database

    call_command("migrate", verbosity=0, skip_checks=True)
    chosen = BENCHMARKS[sys.argv[1]]
    module, _, name = chosen.function.partition(":")
    try:
        found = getattr(importlib.import_module(module), name)(**chosen.arguments)
    finally:
        local_database.leave()
    sys.stdout.write(json.dumps(found, default=str) + "\n")


if __name__ == "__main__":
    main()
