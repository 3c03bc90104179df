"""manage.py mapping: shows a pair's rules and tables, and changes, tries and publishes them."""

from __future__ import annotations

import argparse
import json as to_json
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from integrations.models import Flow, Pair
from integrations.services import (
    mapping_figures,
    mapping_reading,
    mapping_shadow,
    mapping_tables,
    mapping_trial,
    mapping_versions,
)
from integrations.services.mapping_figures import Said
from integrations.services.pairs import find_pair
from tenants import scope

_ERRORS = (
    mapping_versions.BadRules,
    mapping_versions.CannotChange,
    mapping_versions.CannotPublish,
    mapping_reading.CannotRead,
    mapping_tables.BadTable,
)

_HELP = """
Rules of a pair: what is shipped, what the pair has changed, and its lookup tables.

  mapping list --pair ID
  mapping show --pair ID --entity order [--of draft|preset|N]
  mapping draft set --pair ID --entity order --target note --rule '{"constant": "Web"}'
  mapping draft remove|shipped --pair ID --entity order --target note
  mapping draft check|discard --pair ID --entity order
  mapping try --pair ID --entity order [--item N]
  mapping shadow --pair ID --entity order [--records 500]
  mapping publish --pair ID --entity order [--note WORDS] [--accept-failures]
  mapping rollback --pair ID --entity order --to N
  mapping diff --pair ID --entity order --from preset --to draft
  mapping tables list|unmapped --pair ID
  mapping tables put --pair ID --table payment_type --value paypal --result 7
  mapping tables remove --pair ID --table payment_type --value paypal
"""


class Command(BaseCommand):
    help = _HELP

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        return super().create_parser(
            prog_name, subcommand, formatter_class=argparse.RawDescriptionHelpFormatter, **kwargs
        )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("what", choices=sorted(_DOES))
        parser.add_argument("how", nargs="?", default="", help="for draft and tables")
        parser.add_argument("--pair", required=True, type=UUID, help="id of the pair")
        parser.add_argument("--entity", default="", help="order, customer, inventory, ...")
        parser.add_argument("--direction", default="", help="to_pos or to_store, if both ways")
        parser.add_argument("--of", dest="which", default="", help="draft, preset, a number")
        parser.add_argument("--target", default="", help="field of the target system")
        parser.add_argument("--rule", default="", help="the rule as JSON, without its target")
        parser.add_argument("--item", type=int, help="number of a record")
        parser.add_argument("--records", type=int, default=mapping_shadow.RECORDS)
        parser.add_argument("--note", default="", help="why, for those who look later")
        parser.add_argument("--accept-failures", action="store_true")
        parser.add_argument("--from", dest="before", default=mapping_reading.PRESET)
        parser.add_argument("--to", default="")
        parser.add_argument("--table", default="")
        parser.add_argument("--value", default="")
        parser.add_argument("--result", default="")
        parser.add_argument("--json", action="store_true", help="one JSON document")

    def handle(self, *, what: str, pair: UUID, json: bool, **options: Any) -> None:
        with scope.door("rules were asked for on the command line"):
            found = find_pair(pair)
        if found is None:
            raise CommandError(f"There is no pair {pair}.")
        try:
            said = _DOES[what](found, options)
        except _ERRORS as error:
            raise CommandError(str(error)) from None
        if json:
            self.stdout.write(to_json.dumps(said.data, default=str))
        for line in () if json else said.lines:
            self.stdout.write(line)


def _list(pair: Pair, options: Mapping[str, Any]) -> Said:
    with scope.tenant(pair.tenant_id):
        return mapping_figures.of_pair(mapping_versions.overview(pair=pair))


def _show(pair: Pair, options: Mapping[str, Any]) -> Said:
    with scope.tenant(pair.tenant_id):
        flow = _flow(pair, options)
        which = options["which"] or (flow.mapping_version.number if flow.mapping_version else 0)
        version = mapping_reading.find(flow, which)
        rules = mapping_reading.rules_of(flow, version)
        return mapping_figures.of_rules(rules, version)


def _draft(pair: Pair, options: Mapping[str, Any]) -> Said:
    with scope.tenant(pair.tenant_id):
        flow, how = _flow(pair, options), options["how"]
        if how == "discard":
            mapping_versions.discard_draft(flow=flow, actor=None)
            return Said({"discarded": True}, ["The draft is gone."])
        if how in ("set", "remove", "shipped"):
            mapping_versions.change(
                flow=flow, changes=[_change(how, options)], actor=None, now=timezone.now()
            )
        elif how != "check":
            raise CommandError(
                "Say what to do with the draft: set, remove, shipped, check, discard."
            )
        draft = mapping_versions.draft_of(flow)
        return mapping_figures.of_draft(draft, mapping_versions.problems(flow=flow))


def _change(how: str, options: Mapping[str, Any]) -> dict[str, Any]:
    target = options["target"]
    if not target:
        raise CommandError("Name the field of the target system with --target.")
    if how != "set":
        return {"target": target, "removed" if how == "remove" else "shipped": True}
    try:
        rule = to_json.loads(options["rule"] or "null")
    except ValueError as error:
        raise CommandError(f"--rule is not JSON: {error}") from None
    if not isinstance(rule, dict):
        raise CommandError('Give the rule as JSON, for example --rule \'{"source": "note"}\'.')
    return {"target": target, "rule": rule}


def _try(pair: Pair, options: Mapping[str, Any]) -> Said:
    with scope.tenant(pair.tenant_id):
        flow = _flow(pair, options)
        return mapping_figures.of_trial(mapping_trial.try_on(flow=flow, item_id=options["item"]))


def _shadow(pair: Pair, options: Mapping[str, Any]) -> Said:
    """Runs to the end here, with whatever worker takes a part of it."""
    with scope.tenant(pair.tenant_id):
        flow = _flow(pair, options)
        run = mapping_shadow.start(
            flow=flow, actor=None, now=timezone.now(), records=options["records"]
        )
    mapping_shadow.run_to_the_end(tenant_id=pair.tenant_id, run_id=run.pk)
    with scope.tenant(pair.tenant_id):
        run.refresh_from_db()
        return mapping_figures.of_shadow(mapping_shadow.report(run=run))


def _publish(pair: Pair, options: Mapping[str, Any]) -> Said:
    with scope.tenant(pair.tenant_id):
        row = mapping_versions.publish(
            flow=_flow(pair, options),
            actor=None,
            now=timezone.now(),
            note=options["note"],
            accept_failures=options["accept_failures"],
        )
        return mapping_figures.of_publish(row)


def _rollback(pair: Pair, options: Mapping[str, Any]) -> Said:
    if not options["to"].isdecimal():
        raise CommandError("Say with --to which version is to be published again; 0 is as shipped.")
    with scope.tenant(pair.tenant_id):
        row = mapping_versions.rollback(
            flow=_flow(pair, options),
            to=int(options["to"]),
            actor=None,
            now=timezone.now(),
            note=options["note"],
        )
        return mapping_figures.of_publish(row)


def _diff(pair: Pair, options: Mapping[str, Any]) -> Said:
    with scope.tenant(pair.tenant_id):
        flow, after = _flow(pair, options), options["to"] or mapping_reading.DRAFT
        found = mapping_reading.difference(flow=flow, before=options["before"], after=after)
        return mapping_figures.of_difference(found)


def _tables(pair: Pair, options: Mapping[str, Any]) -> Said:
    how, table, value, now = options["how"], options["table"], options["value"], timezone.now()
    with scope.tenant(pair.tenant_id):
        if how in ("", "list"):
            return mapping_figures.of_tables(mapping_tables.tables(pair=pair))
        if how == "unmapped":
            met = mapping_tables.unmapped_values(pair=pair, table=table)
            return mapping_figures.of_unmapped(met)
        if how == "put":
            rows = {value: options["result"]}
            done = mapping_tables.put(pair=pair, table=table, rows=rows, actor=None, now=now)
        elif how == "remove":
            done = mapping_tables.remove(
                pair=pair, table=table, values=[value], actor=None, now=now
            )
        else:
            raise CommandError("Say what to do with tables: list, unmapped, put, remove.")
        return mapping_figures.of_put(done)


def _flow(pair: Pair, options: Mapping[str, Any]) -> Flow:
    if not options["entity"]:
        raise CommandError("Name the kind of record with --entity, for example --entity order.")
    return mapping_versions.flow_of(
        pair=pair, entity=options["entity"], direction=options["direction"]
    )


_DOES: Mapping[str, Callable[[Pair, Mapping[str, Any]], Said]] = {
    "diff": _diff,
    "draft": _draft,
    "list": _list,
    "publish": _publish,
    "rollback": _rollback,
    "shadow": _shadow,
    "show": _show,
    "tables": _tables,
    "try": _try,
}
