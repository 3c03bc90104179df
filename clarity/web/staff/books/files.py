"""The lists of the books as table files. That somebody took one is in the log of the installation."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.http import StreamingHttpResponse
from django.utils import timezone

from clarity.web.csv_cells import csv_stream, safe_row
from tenants import scope
from tenants.billing.arithmetic.money import rounded
from tenants.models import User
from tenants.services import audit

INVOICES = (
    "number", "kind", "state", "account", "short name", "issued on", "due on", "currency",
    "net", "tax", "total", "open", "reminders",
)  # fmt: skip
OVERDUE = (
    "number", "account", "short name", "due on", "days overdue", "currency", "open",
    "reminders", "next reminder", "grace ends on",
)  # fmt: skip
RECURRING = (
    "account", "short name", "currency", "pairs", "a month", "a year", "renews on", "cancelled",
)  # fmt: skip
RENEWALS = ("account", "short name", "renews on", "pairs", "currency", "net", "remark")
REVENUE = (
    "account", "short name", "currency", "billed", "credited", "net", "tax", "paid", "open now",
)  # fmt: skip
UNMATCHED = ("payment", "account", "amount", "currency", "paid at", "invoice", "problem")


def kept(
    person: User,
    name: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    told: dict[str, Any],
) -> StreamingHttpResponse:
    """The file, and the entry that says who took which list. Accounts are not told: nothing of theirs
    was opened."""
    with scope.door("note that a list of bills was exported"):
        audit.record(action="books.exported", actor=person, after=told)
    return csv_stream(_lines(columns, rows), name=f"{name}-{timezone.localdate()}.csv")


def invoice_cells(row: Any, state: str) -> tuple[object, ...]:
    currency = row.currency
    return (
        row.number, row.get_kind_display(), state, row.tenant.name, row.tenant.slug,
        row.issued_on, row.due_on, currency, rounded(row.net, currency),
        rounded(row.tax, currency), rounded(row.total, currency),
        "" if row.open is None else rounded(row.open, currency), row.reminders,
    )  # fmt: skip


def overdue_cells(row: Any, days: int) -> tuple[object, ...]:
    currency = row.invoice.currency
    return (
        row.invoice.number, row.tenant.name, row.tenant.slug, row.due_on, days, currency,
        rounded(row.open, currency), row.reminders, row.reminder_on, row.grace_ends_on,
    )  # fmt: skip


def _lines(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(columns)
    for row in rows:
        writer.writerow(safe_row(row))
        yield out.getvalue()
        out.seek(0)
        out.truncate()
    yield out.getvalue()
