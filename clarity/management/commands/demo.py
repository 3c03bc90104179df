"""Runs the whole product on this machine against its own sandboxes."""

from __future__ import annotations

import logging
import os
import sys
import webbrowser
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console

from clarity import local_database
from clarity.demo import pairing
from clarity.demo.run import Disagreement, Wanted, run

STEADY_PER_SECOND = 0.5
UNATTENDED_PER_SECOND = 10.0


class Command(BaseCommand):
    help = (
        "Starts the sandboxes of a till and a store, a web and a worker process, pairs the two, and"
        " lets buyers and cashiers at them. Ends with Ctrl+C, or by itself with --orders N --exit."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        stores = pairing.stores()
        parser.add_argument(
            "--pair",
            choices=stores,
            default=stores[0],
            help=f"the store {pairing.label(pairing.POS)} is paired with (default: {stores[0]})",
        )
        parser.add_argument("--orders", type=int, help="web orders to place (default: no end)")
        parser.add_argument(
            "--exit",
            action="store_true",
            help="wait until both sides agree, print one JSON line, and end; 1 when they differ",
        )
        parser.add_argument("--port", type=int, default=8000, help="of the web pages, when free")
        parser.add_argument("--seed", default="7", help="same seed, same goods and same buyers")
        parser.add_argument("--size", type=int, default=24, help="how many SKUs are sold")
        parser.add_argument("--rate", type=float, help="web orders a second")
        parser.add_argument(
            "--patience",
            type=float,
            default=120.0,
            help="seconds both sides may take to agree after the last order",
        )
        parser.add_argument("--no-browser", action="store_true", help="do not open the live page")

    def handle(self, *args: Any, **options: Any) -> None:
        wanted = self._wanted(options)
        console = Console(stderr=True)
        # Our own log lines would tear the live view apart; warnings still show.
        logging.disable(logging.INFO)
        call_command("migrate", verbosity=0, skip_checks=True)

        def opened(link: str) -> None:
            console.print(f"The live page: {link}", soft_wrap=True, highlight=False)
            if not (wanted.leave or options["no_browser"]) and _has_screen():
                webbrowser.open(link)

        try:
            self.stdout.write(run(wanted, console=console, opened=opened))
        except Disagreement as error:
            self.stdout.write(str(error))
            sys.exit(1)
        except KeyboardInterrupt:
            console.print("Stopped.")
        finally:
            local_database.leave()

    def _wanted(self, options: dict[str, Any]) -> Wanted:
        orders, leave = options["orders"], options["exit"]
        if leave and orders is None:
            raise CommandError("--exit needs --orders N: how many orders to place before it ends.")
        for name in ("orders", "rate", "size"):
            if options[name] is not None and options[name] <= 0:
                raise CommandError(f"--{name} is {options[name]}; it must be more than 0.")
        return Wanted(
            store=options["pair"],
            orders=orders,
            leave=leave,
            port=options["port"],
            seed=options["seed"],
            size=options["size"],
            per_second=options["rate"] or (UNATTENDED_PER_SECOND if leave else STEADY_PER_SECOND),
            patience=options["patience"],
        )


def _has_screen() -> bool:
    """Whether a browser could be shown to somebody."""
    return sys.platform == "darwin" or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )
