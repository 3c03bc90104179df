"""manage.py safety_stock: units that a pair never offers online."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from integrations.management.pair_argument import find
from integrations.services import safety_stock
from integrations.services.safety_stock import BadSafetyStock, Row
from mappings.engine.stock import plain
from tenants import scope


class Command(BaseCommand):
    help = (
        "Shows the safety stock of a pair, and changes it: --set SKU=2 keeps 2 units of an article"
        ' back, "*=1" 1 of every article, SKU@LOCATION=5 5 of it at one location; SKU= takes the'
        " row away. The numbers are worked out again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--pair", required=True, help="id or name of the pair")
        parser.add_argument("--set", action="append", default=[], metavar="SKU[@LOCATION]=UNITS")
        parser.add_argument("--file", type=Path, help="CSV with the columns sku, location, units")
        parser.add_argument("--json", action="store_true", help="for machines")

    def handle(self, *, pair: str, **options: Any) -> None:
        found = find(pair)
        try:
            wanted = [_row(text) for text in options["set"]]
            if options["file"]:
                wanted += safety_stock.read_csv(_text(options["file"]))
            with scope.tenant(found.tenant_id):
                if wanted:
                    safety_stock.put(found, wanted, actor=None, now=timezone.now())
                rows = safety_stock.rows(found)
        except BadSafetyStock as error:
            raise CommandError(str(error)) from None
        if options["json"]:
            told = [{"sku": r.sku, "location": r.location, "units": plain(r.units)} for r in rows]
            self.stdout.write(json.dumps(told))
            return
        for row in rows:
            article = "every article" if row.sku == "*" else row.sku
            place = f" at location {row.location}" if row.location else ""
            self.stdout.write(f"{article}{place}: {plain(row.units)}")
        if not rows:
            self.stdout.write("No safety stock is kept for this pair.")


def _row(text: str) -> Row:
    name, sign, units = text.partition("=")
    if not sign:
        raise BadSafetyStock(f"{text!r} is not of the form SKU=UNITS or SKU@LOCATION=UNITS.")
    sku, _, location = name.partition("@")
    return safety_stock.parse(sku, location, units)


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{file} cannot be read: {error}") from None
