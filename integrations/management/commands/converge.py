"""manage.py converge: compares both systems of a pair exactly, and mends what differs on request."""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from integrations.management.pair_argument import find
from integrations.services import converge
from integrations.services.converge import CannotConverge, Found
from integrations.services.stock_differences import Difference, in_words
from integrations.services.stock_sides import CannotAsk
from mappings.canonical.record import Entity

_HELP = """\
Reads both systems of a pair once, page after page, and lists every article whose number in the
shop is not what it ought to be: different, missing in the shop, only in the shop, or blocked.
What differs is asked for once more before it is listed, since both go on selling meanwhile.

--repair sends the right numbers through the pair's own flow, waits until they have arrived and
asks again. Workers must be running for that. Without it nothing is changed.

It ends with 0 when nothing differs (any more), and with 1 otherwise.
"""
LOOK_SECONDS = 0.5


class Command(BaseCommand):
    help = _HELP

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        return super().create_parser(
            prog_name, subcommand, formatter_class=argparse.RawDescriptionHelpFormatter, **kwargs
        )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--pair", required=True, help="id or name of the pair")
        parser.add_argument("--entity", default="inventory", help="inventory, the only one so far")
        parser.add_argument("--repair", action="store_true", help="send the right numbers")
        parser.add_argument("--wait", type=int, default=300, help="seconds a repair may take")
        parser.add_argument("--json", action="store_true", help="one JSON document at the end")

    def handle(self, *, pair: str, entity: str, **options: Any) -> None:
        if entity != Entity.INVENTORY:
            raise CommandError(
                f"Only inventory can be compared so far, not {entity}: a customer's addresses are"
                " read one by one at the till, and old orders are not carried, so neither can be"
                " compared in one paged read of each side."
            )
        began = time.monotonic()
        try:
            found = converge.compare(find(pair))
            left, repaired = list(found.differences), None
            if options["repair"]:
                repaired, left = self._repaired(found, patience=options["wait"])
        except (CannotConverge, CannotAsk) as error:
            raise CommandError(str(error)) from None
        seconds = round(time.monotonic() - began, 1)
        if options["json"]:
            told = as_json(found, repaired=repaired, left=left, seconds=seconds)
            self.stdout.write(json.dumps(told, default=_number))
        else:
            self._tell(found, repaired=repaired, left=left, seconds=seconds)
        if left or (found.on_the_way and repaired is None):
            sys.exit(1)

    def _repaired(self, found: Found, *, patience: int) -> tuple[int, list[Difference]]:
        sent = converge.repair(found, now=timezone.now())
        until = time.monotonic() + patience
        while sent and converge.is_under_way(found):
            if time.monotonic() > until:
                raise CannotConverge(
                    f"{sent} articles were sent, but not all arrived within {patience} s."
                    " Are workers running? Compare again later."
                )
            time.sleep(LOOK_SECONDS)
        return sent, converge.confirm(found)

    def _tell(
        self, found: Found, *, repaired: int | None, left: list[Difference], seconds: float
    ) -> None:
        for one in found.differences:
            self.stdout.write(in_words(one) + ("" if one.is_sure else " [seen once]"))
        for one in found.on_the_way:
            self.stdout.write(f"{in_words(one)} [its number is on its way]")
        counts = ", ".join(f"{count} {kind}" for kind, count in found.counts.items())
        calls = sum(found.calls.values())
        self.stdout.write(
            f"{found.compared:,} articles compared: {counts}; {calls:,} calls to read both sides"
            f" and {sum(found.again.values())} to look again, in {seconds} s."
        )
        if repaired is not None:
            self.stdout.write(f"{repaired} articles were sent again; {len(left)} still differ.")


def as_json(
    found: Found, *, repaired: int | None, left: list[Difference], seconds: float
) -> dict[str, Any]:
    """Everything, for a program to read."""
    return {
        "pair": str(found.pair.pk),
        "entity": Entity.INVENTORY.value,
        "compared": found.compared,
        "counts": found.counts,
        "differences": [asdict(one) for one in found.differences],
        "on_the_way": [asdict(one) for one in found.on_the_way],
        "calls": dict(found.calls),
        "calls_to_look_again": dict(found.again),
        "repaired": repaired,
        "left": len(left),
        "seconds": seconds,
    }


def _number(value: object) -> object:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else str(value)
    return str(value)
