"""Invoices and credit notes: the list, and one of them, made to be printed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from clarity.web.access import ADMINS, member_required
from clarity.web.billing import frame, words
from clarity.web.billing.words import Badge
from clarity.web.fragments import whole_page
from tenants import scope
from tenants.billing.documents.tax_sums import tax_sums
from tenants.billing.models import Invoice, InvoiceKind, Receivable
from tenants.billing.services import letters
from tenants.models import Membership

ROWS = 50


@dataclass(frozen=True)
class Row:
    """One document of the list."""

    invoice: Invoice
    badge: Badge


@require_safe
@member_required(*ADMINS)
def listing(request: HttpRequest, membership: Membership) -> HttpResponse:
    """Newest first; the last one of a page leads to older ones."""
    before = _cursor(request.GET.get("before", ""))
    with scope.tenant(membership.tenant_id):
        found = rows(limit=ROWS + 1, before=before, now=timezone.now())
    page = found[:ROWS]
    last = page[-1].invoice if len(found) > ROWS else None
    context = {
        **frame.context(membership),
        "rows": page,
        "older": f"{last.issued_on}_{last.pk}" if last else "",
        "is_newest": before is None,
    }
    return whole_page(request, "billing/invoices.html", context)


@require_safe
@member_required(*ADMINS)
def one(request: HttpRequest, membership: Membership, invoice_id: UUID) -> HttpResponse:
    """One of them, whole."""
    with scope.tenant(membership.tenant_id):
        document = found(invoice_id)
        context = {**frame.context(membership), **shown(document, now=timezone.now())}
        return whole_page(request, "billing/invoice.html", context)


def found(invoice_id: UUID) -> Invoice:
    """The document, within the scope. Raises Http404."""
    document: Invoice | None = (
        Invoice.objects.select_related("seller", "corrects").filter(pk=invoice_id).first()
    )
    if document is None:
        raise Http404
    return document


def rows(*, limit: int, now: datetime, before: tuple[date, UUID] | None = None) -> list[Row]:
    """The newest documents of the account in scope, or those before one."""
    asked = Invoice.objects.select_related("seller", "receivable")
    if before is not None:
        day, pk = before
        asked = asked.filter(Q(issued_on__lt=day) | Q(issued_on=day, pk__lt=pk))
    documents = asked.order_by("-issued_on", "-pk")[:limit]
    return [Row(each, words.badge(each, receivable(each), now=now)) for each in documents]


def shown(document: Invoice, *, now: datetime) -> dict[str, Any]:
    """What the page of a document says. Call inside the scope."""
    lines = list(document.lines.order_by("number"))
    open_row = receivable(document)
    payments = list(document.payments.order_by("received_on", "created_at", "pk"))
    notes = Invoice.objects.filter(corrects=document, kind=InvoiceKind.CREDIT)
    return {
        "invoice": document,
        "receivable": open_row,
        "badge": words.badge(document, open_row, now=now),
        "lines": lines,
        "taxes": tax_sums(lines),
        "payments": payments,
        "credit_notes": list(notes.order_by("issued_on", "sequence")),
        "owed": -open_row.open if open_row is not None and open_row.open < 0 else None,
        "letters": letters.of_invoice(document),
        "has_discount": any(line.discount for line in lines),
    }


def receivable(document: Invoice) -> Receivable | None:
    """What is open of it; a credit note has none."""
    return getattr(document, "receivable", None)


def _cursor(text: str) -> tuple[date, UUID] | None:
    """Where a page of the list begins; nonsense is the first page."""
    day, _, pk = text.partition("_")
    try:
        return date.fromisoformat(day), UUID(pk)
    except ValueError:
        return None
