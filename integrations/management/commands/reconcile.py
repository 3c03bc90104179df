"""manage.py reconcile: the payments of a day on both sides of a pair."""

from __future__ import annotations

import json as to_json
from datetime import date
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from integrations.models import Pair, Reconciliation
from integrations.services import reconciled, reconciling
from tenants import scope


class Command(BaseCommand):
    help = (
        "Compares the payments of a day (in the zone of the store) on both sides of a pair and"
        " shows the differences. Ends with 1 when there are any, or when a side cannot be asked."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--pair", required=True, type=UUID, help="id of the pair")
        parser.add_argument(
            "--date", required=True, type=date.fromisoformat, help="such as 2026-11-20"
        )
        form = parser.add_mutually_exclusive_group()
        form.add_argument("--json", action="store_true", help="one JSON object")
        form.add_argument("--csv", action="store_true", help="every order as a row")

    def handle(self, *, pair: UUID, json: bool, csv: bool, **options: Any) -> None:
        found = _pair(pair)
        try:
            report = reconciling.reconcile(pair=found, day=options["date"], now=timezone.now())
        except reconciling.CannotReconcile as error:
            raise CommandError(str(error)) from None
        with scope.tenant(found.tenant_id):
            text = reconciled.as_csv(report) if csv else self._said(report, as_json=json)
        self.stdout.write(text, ending="" if csv else None)
        if report.problem or report.differing:
            raise SystemExit(1)

    def _said(self, report: Reconciliation, *, as_json: bool) -> str:
        if as_json:
            return to_json.dumps(reconciled.as_json(report))
        lines = [f"Payments of {report.day} ({report.zone})"]
        if report.problem:
            lines.append(f"They could not be compared: {report.problem}")
        for row in report.totals:
            side = "store" if row["side"] == "store" else "point of sale"
            lines.append(
                f"  {side}, {row['method'] or 'unnamed'}: {row['count']} payments,"
                f" {row['came']} came, {row['went']} went back"
            )
        lines.append(f"{report.orders} orders, {report.differing} differ")
        for order in reconciled.rows_of(report, only_differences=True):
            shown = reconciled.as_row(order)
            lines.append(
                f"  {order.number}: store {shown['store_received'] or 'unknown'}, point of sale"
                f" {shown['point_of_sale_received'] or 'unknown'}: {order.get_verdict_display()}"
            )
        if report.sent_again:
            lines.append(f"{report.sent_again} payments are sent again")
        return "\n".join(lines)


def _pair(pair_id: UUID) -> Pair:
    with scope.door("find the pair of a reconciliation"):
        found: Pair | None = Pair.objects.filter(pk=pair_id).select_related("pos", "store").first()
    if found is None:
        raise CommandError(f"There is no pair {pair_id}.")
    return found
