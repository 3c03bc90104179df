"""What a compared day says, for a page, a table file and a machine."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from integrations.models import Pair, ReconciledOrder, Reconciliation, Verdict
from integrations.services import csv_cells

COLUMNS = (
    "order",
    "verdict",
    "store_day",
    "store_methods",
    "store_received",
    "store_state",
    "point_of_sale_day",
    "point_of_sale_methods",
    "point_of_sale_received",
    "point_of_sale_state",
    "difference",
)


def of_day(pair: Pair, day: date) -> Reconciliation | None:
    """The day as it was last compared. Call inside the tenant's scope."""
    found: Reconciliation | None = Reconciliation.objects.filter(pair=pair, day=day).first()
    return found


def rows_of(report: Reconciliation, *, only_differences: bool = False) -> QuerySet[ReconciledOrder]:
    """Its orders, differences first."""
    rows = ReconciledOrder.objects.filter(reconciliation=report).order_by("place")
    return rows.exclude(verdict=Verdict.AGREES) if only_differences else rows


def difference(row: ReconciledOrder) -> Decimal:
    """What the store has received beyond what the point of sale knows of."""
    return (row.store_received or Decimal(0)) - (row.pos_received or Decimal(0))


def as_row(row: ReconciledOrder) -> dict[str, str]:
    """One order under the names of COLUMNS; amounts to the cent, "" where a side lacks the order."""
    return dict(
        zip(
            COLUMNS,
            (
                row.number,
                row.verdict,
                _text(row.store_day),
                row.store_methods,
                _text(row.store_received),
                row.store_state,
                _text(row.pos_day),
                row.pos_methods,
                _text(row.pos_received),
                row.pos_state,
                _text(difference(row)),
            ),
            strict=True,
        )
    )


def as_csv(report: Reconciliation, *, only_differences: bool = False) -> str:
    """All its orders as a table file."""
    rows = rows_of(report, only_differences=only_differences)
    return csv_cells.as_csv(COLUMNS, (as_row(row).values() for row in rows))


def as_json(report: Reconciliation) -> dict[str, Any]:
    """The day as a machine reads it; amounts are text."""
    return {
        "pair": str(report.pair_id),
        "day": report.day.isoformat(),
        "zone": report.zone,
        "compared_at": report.compared_at.isoformat(),
        "problem": report.problem,
        "orders": report.orders,
        "differing": report.differing,
        "sent_again": report.sent_again,
        "totals": report.totals,
        "differences": list(_differences(report)),
    }


def _differences(report: Reconciliation) -> Iterator[dict[str, str]]:
    return map(as_row, rows_of(report, only_differences=True))


def _text(value: Decimal | None) -> str:
    if value is None:
        return ""
    cents = value.quantize(Decimal("0.01"))
    return str(cents if cents == value else value.normalize())
