"""Proves the ledger: every sum counted again from the rows that cannot change."""

from __future__ import annotations

from decimal import Decimal

from django.db.models import Count, Max, Sum

from tenants import scope
from tenants.billing.arithmetic.money import ZERO
from tenants.billing.models import Invoice, InvoiceKind, NumberSeries, Receivable
from tenants.models import User


def problems() -> list[str]:
    """What does not add up in the account in scope, one sentence each; [] is good."""
    found = []
    for invoice in Invoice.objects.prefetch_related("lines").order_by("pk"):
        lines = list(invoice.lines.all())
        numbers = sorted(line.number for line in lines)
        if numbers != list(range(1, invoice.line_count + 1)):
            found.append(f"{invoice.number}: it has the lines {numbers}, not {invoice.line_count}")
        sums = (sum((one.net for one in lines), ZERO), sum((one.tax for one in lines), ZERO))
        if sums != (invoice.net, invoice.tax):
            found.append(f"{invoice.number}: its lines come to {sums[0]} and {sums[1]} tax")
    led = Receivable.objects.values("invoice_id")
    for number in (
        Invoice.objects.filter(kind=InvoiceKind.INVOICE)
        .exclude(pk__in=led)
        .order_by("pk")
        .values_list("number", flat=True)
    ):
        found.append(f"{number}: nothing is noted of what is open")
    for row in Receivable.objects.select_related("invoice").order_by("pk"):
        open_now = _open(row.invoice)
        if open_now != row.open:
            found.append(f"{row.invoice.number}: {row.open} is noted as open, it is {open_now}")
    return found


def number_problems(*, reason: str, actor: User | None = None) -> list[str]:
    """Gaps in the numbers of all sellers; passes the door."""
    found = []
    with scope.door(reason, actor=actor):
        given = {
            (row["seller"], row["kind"], row["year"]): (row["count"], row["last"])
            for row in Invoice.objects.values("seller", "kind", "year")
            .annotate(count=Count("pk"), last=Max("sequence"))
            .order_by("seller", "kind", "year")
        }
    for series in NumberSeries.objects.order_by("pk"):
        counted = given.get((series.seller_id, series.kind, series.year), (0, 0))
        if counted != (series.last, series.last):
            found.append(f"{series}: {counted[0]} rows up to number {counted[1]}")
    return found


def _open(invoice: Invoice) -> Decimal:
    notes = Invoice.objects.filter(corrects=invoice, kind=InvoiceKind.CREDIT)
    credited = notes.aggregate(sum=Sum("total"))["sum"] or ZERO
    paid = invoice.payments.aggregate(sum=Sum("amount"))["sum"] or ZERO
    found: Decimal = invoice.total + credited - paid
    return found
