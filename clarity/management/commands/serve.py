"""Serves the product on one machine: web and workers under one command."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser
from watchfiles import PythonFilter, watch

from clarity import local_database, sandbox_hosting, supervisor
from clarity.supervisor import Supervisor

WATCHED = ("clarity", "integrations", "mappings", "tenants")


class Command(BaseCommand):
    help = "Starts web, workers and sandboxes, and keeps them running until Ctrl+C."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="of the web pages, when free")
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--web-workers", type=int, default=1)
        parser.add_argument(
            "--reload", action="store_true", help="start anew whenever a Python file changes"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("migrate", verbosity=0)
        port = supervisor.free_port(options["port"], host=options["host"])
        parts = Supervisor(Path(settings.CLARITY_DATA_DIR) / "logs")
        supervisor.interrupt_on_terminate()
        try:
            known = sandbox_hosting.host(parts) | sandbox_hosting.own_address(
                host=options["host"], port=port
            )
            for part in (
                supervisor.web(port=port, host=options["host"], workers=options["web_workers"]),
                supervisor.workers(),
            ):
                part.environment.update(known)
                parts.add(part)
            self.stdout.write(f"Serving on http://{options['host']}:{port} (Ctrl+C ends it)")
            if options["reload"]:
                self._reload(parts)
            else:
                parts.run()
        except KeyboardInterrupt:
            self.stdout.write("Stopping.")
        finally:
            parts.stop()
            local_database.leave()

    def _reload(self, parts: Supervisor) -> None:
        folders = [settings.BASE_DIR / name for name in WATCHED]
        for changes in watch(
            *folders, watch_filter=PythonFilter(), yield_on_timeout=True, rust_timeout=1000
        ):
            if changes:
                names = sorted({Path(file).name for _, file in changes})
                self.stdout.write(f"Changed: {', '.join(names[:5])}. Starting anew.")
                parts.restart(("web", "workers"))
            parts.watch()
