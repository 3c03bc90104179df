"""manage.py qcluster: the background workers, which hand their work over when they are stopped."""

from __future__ import annotations

import gc
from importlib import import_module
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from integrations.connector_kit import registry
from integrations.queue.cluster import DrainingCluster


class Command(BaseCommand):
    help = "Starts the background workers. SIGTERM lets them finish the calls they have begun."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--run-once", action="store_true", help="start, then stop")

    def handle(self, *args: Any, **options: Any) -> None:
        _load_what_is_shared()
        cluster = DrainingCluster()
        cluster.start()
        if options["run_once"]:
            cluster.stop()


def _load_what_is_shared() -> None:
    """Loads what every worker needs before they are forked, so that they share its memory.

    Frozen, since a collection would write to each object and so give every process its own copy.
    """
    import_module("integrations.tasks")
    registry.connectors()
    gc.collect()
    gc.freeze()
