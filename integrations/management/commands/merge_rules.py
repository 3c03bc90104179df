"""manage.py merge_rules: shows and sets who wins where both sides changed a field."""

from __future__ import annotations

import argparse
import json
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from integrations.models import Pair
from integrations.services import merging
from integrations.services.merging import BadMergeRule
from integrations.services.pairs import find_pair
from mappings.canonical.record import Entity
from tenants import scope

_HELP = """\
Shows the merge rule of each field of a record that goes both ways, and sets them.

  --set last_name=pos    the point of sale owns the last name
  --set '*=newest'       for every field without a rule of its own
  --set last_name=       back to what holds for all others

Rules: newest, pos, store, fill_blanks, hold. They count for records that come from then on; a record
that was held is replayed by hand.
"""


class Command(BaseCommand):
    help = _HELP

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        return super().create_parser(
            prog_name, subcommand, formatter_class=argparse.RawDescriptionHelpFormatter, **kwargs
        )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--pair", required=True, type=UUID, help="id of the pair")
        parser.add_argument("--entity", default=Entity.CUSTOMER.value, help="customer or gift_card")
        parser.add_argument(
            "--set", action="append", default=[], metavar="FIELD=RULE", help="may be repeated"
        )
        parser.add_argument("--json", action="store_true", help="one JSON line")

    def handle(self, *, pair: UUID, entity: str, **options: Any) -> None:
        with scope.door("merge rules of a pair"):
            found = find_pair(pair)
        if found is None:
            raise CommandError(f"There is no pair {pair}")
        with scope.tenant(found.tenant_id):
            try:
                for text in options["set"]:
                    field, equals, rule = text.partition("=")
                    if not equals:
                        raise CommandError(f"{text}: write FIELD=RULE, such as last_name=pos")
                    found = merging.choose(
                        pair_id=pair, entity=entity, field=field.strip(), rule=rule.strip()
                    )
                self._show(found, entity, as_json=options["json"])
            except BadMergeRule as error:
                raise CommandError(str(error)) from None

    def _show(self, pair: Pair, entity: str, *, as_json: bool) -> None:
        rows = merging.shown(pair, entity)
        if as_json:
            self.stdout.write(json.dumps({row.field: row.rule.value for row in rows}))
            return
        if entity not in merging.going_both_ways(pair):
            self.stdout.write(f"The pair does not carry {entity} records both ways.")
        for row in rows:
            own = "" if row.is_own else " (not chosen)"
            self.stdout.write(f"{row.field}: {row.rule}{own} - {merging.MEANING[row.rule]}")
