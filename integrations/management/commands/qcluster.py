"""manage.py qcluster: the background workers, which hand their work over when they are stopped."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from integrations.queue.cluster import DrainingCluster


class Command(BaseCommand):
    help = "Starts the background workers. SIGTERM lets them finish the calls they have begun."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--run-once", action="store_true", help="start, then stop")

    def handle(self, *args: Any, **options: Any) -> None:
        cluster = DrainingCluster()
        cluster.start()
        if options["run_once"]:
            cluster.stop()
