"""Runs the product in production: web and workers of one host under one command."""

from __future__ import annotations

import os
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from clarity import local_database, running, sandbox_hosting, supervisor
from clarity.running import Refusal
from clarity.supervisor import Supervisor


class Command(BaseCommand):
    help = (
        "Runs web and workers in production until SIGTERM, which lets them finish what they hold."
        " Refuses settings that are not safe. Exit codes: docs/deployment.md."
    )
    # `handle` runs them all, those of a deployment as well, and says what is wrong in words.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--web", type=int, default=2, help="web processes; 0: none on this host"
        )
        parser.add_argument(
            "--workers",
            type=int,
            default=settings.Q_CLUSTER["workers"],
            help="worker processes; 0: none on this host",
        )
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--host", default="127.0.0.1", help="0.0.0.0 listens on every address")
        parser.add_argument(
            "--sandboxes",
            action="store_true",
            help="start our sandboxes on this host; for an installation of one host",
        )
        parser.add_argument(
            "--no-migrate",
            action="store_true",
            help="refuse to start when migrations are missing, instead of applying them",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["web"] < 0 or options["workers"] < 0:
            raise CommandError("--web and --workers are numbers of processes, 0 or more.")
        if not options["web"] and not options["workers"]:
            raise CommandError("With --web 0 and --workers 0 there is nothing to run.")
        try:
            self._prepare(options)
            self._run(options)
        except Refusal as refusal:
            raise CommandError(refusal.said, returncode=refusal.code) from refusal
        finally:
            local_database.leave()

    def _prepare(self, options: dict[str, Any]) -> None:
        for warning in running.warnings_of_settings():
            self.stderr.write(warning)
        if not settings.CLARITY_BEHIND_PROXY:
            raise Refusal(
                "CLARITY_BEHIND_PROXY is off. This command speaks plain HTTP to a proxy that ends"
                " TLS, and without the setting every page would redirect to itself. Set"
                " CLARITY_BEHIND_PROXY=true and let the proxy set X-Forwarded-Proto itself.",
                running.UNSAFE_SETTINGS,
            )
        if options["web"]:
            running.look_for_static_files()
            running.look_at_port(options["host"], options["port"])
        running.bring_up_to_date(may_migrate=not options["no_migrate"])

    def _run(self, options: dict[str, Any]) -> None:
        supervisor.interrupt_on_terminate()
        parts = Supervisor(None)
        try:
            known = sandbox_hosting.host(parts) if options["sandboxes"] else {}
            if options["workers"]:
                part = supervisor.workers(options["workers"])
                part.environment.update(known)
                parts.add(part)
            if options["web"]:
                host, port = options["host"], options["port"]
                part = supervisor.web(host=host, port=port, workers=options["web"])
                part.environment.update(known)
                parts.add(part)
                running.wait_until_ready(host, port, meanwhile=parts.watch)
                self._say(f"Ready on http://{host}:{port}")
            self._say(f"Running as process {os.getpid()}; SIGTERM ends it")
            running.tell_service_manager("READY=1")
            parts.run()
        except KeyboardInterrupt:
            self._say("Stopping: what has begun is finished first")
        finally:
            # Told once more, it would leave its children behind; they have a time limit anyway.
            supervisor.heed_no_more_signals()
            running.tell_service_manager("STOPPING=1")
            parts.stop()

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        sys.stdout.flush()
