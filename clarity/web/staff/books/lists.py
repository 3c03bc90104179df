"""Bills over all accounts one looks after: invoices, and those that are overdue; as pages and files.

Nothing here opens an account: lists are read in the scope of the person (docs/admin.md).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from clarity.web.billing.words import CREDITED, NOTE, NOTHING, OPEN, OVERDUE, PAID, Badge
from clarity.web.staff.books import files
from clarity.web.staff.books.frame import context_of
from clarity.web.staff.gate import staff_page
from tenants.billing.arithmetic.terms import local_date
from tenants.billing.models import InvoiceKind
from tenants.billing.services import across, catalogue
from tenants.billing.services.across import Place, Which
from tenants.models import User
from tenants.services import staff
from tenants.services.staff import May

ROWS = 50
# Of a file, read at once.
PIECE = 500
WORDS = {
    Which.ALL: "All",
    Which.OPEN: "Open",
    Which.OVERDUE: "Overdue",
    Which.PAID: "Paid or credited",
    Which.CREDIT: "Credit notes",
}


@dataclass(frozen=True)
class Line:
    """One invoice of the list."""

    invoice: Any
    badge: Badge


@dataclass(frozen=True)
class Late:
    """One invoice that is overdue. `days` since it was due."""

    row: Any
    days: int
    is_past_grace: bool


@staff_page
@require_safe
def invoices(request: HttpRequest, person: User) -> HttpResponseBase:
    """The newest first, by state and number."""
    staff.refuse_unless(person, May.BILL)
    which, number = _which(request.GET.get("which", "")), _number(request.GET.get("q", ""))
    today = seller_day()
    if "csv" in request.GET:
        told = {"list": "invoices", "which": which.value, "number": number}
        return files.kept(
            person, "invoices", files.INVOICES, _invoice_rows(person, which, number, today), told
        )
    after = Place.parse(request.GET.get("after", ""), UUID)
    found = across.invoices(
        person, which=which, number=number, today=today, after=after, limit=ROWS + 1
    )
    context = {
        **context_of(person, "invoices"),
        "lines": [Line(one, badge(one, today)) for one in found[:ROWS]],
        "next": _place(found[ROWS - 1]) if len(found) > ROWS else "",
        "is_first": after is None,
        "which": which.value,
        "choices": [(one.value, word) for one, word in WORDS.items()],
        "number": number,
        "sums": across.open_sums(person, today=today),
    }
    return render(request, "staff/books/invoices.html", context)


@staff_page
@require_safe
def overdue(request: HttpRequest, person: User) -> HttpResponseBase:
    """What is open past its day, the longest first, with the reminders that went out."""
    staff.refuse_unless(person, May.BILL)
    today = seller_day()
    if "csv" in request.GET:
        return files.kept(
            person, "overdue", files.OVERDUE, _overdue_rows(person, today), {"list": "overdue"}
        )
    after = Place.parse(request.GET.get("after", ""), int)
    found = across.overdue(person, today=today, after=after, limit=ROWS + 1)
    last = found[ROWS - 1] if len(found) > ROWS else None
    context = {
        **context_of(person, "overdue"),
        "lines": [late(row, today) for row in found[:ROWS]],
        "next": str(Place(last.due_on, str(last.pk))) if last else "",
        "is_first": after is None,
        "sums": across.open_sums(person, today=today),
        "today": today,
    }
    return render(request, "staff/books/overdue.html", context)


def seller_day() -> date:
    """Today where the usual seller is: the day that invoices are written and overdue by."""
    return local_date(timezone.now(), catalogue.seller().time_zone)


def badge(row: Any, today: date) -> Badge:
    """How an invoice of a list stands."""
    if row.kind == InvoiceKind.CREDIT or row.open is None:
        return NOTE
    if row.open > 0:
        return OVERDUE if row.due_on < today else OPEN
    if row.total == 0:
        return NOTHING
    return PAID if row.is_paid else CREDITED


def late(row: Any, today: date) -> Late:
    return Late(row, (today - row.due_on).days, today >= row.grace_ends_on)


def _invoice_rows(
    person: User, which: Which, number: str, today: date
) -> Iterator[tuple[object, ...]]:
    after: Place | None = None
    while True:
        found = across.invoices(
            person, which=which, number=number, today=today, after=after, limit=PIECE
        )
        for row in found:
            yield files.invoice_cells(row, badge(row, today).word)
        if len(found) < PIECE:
            return
        after = Place(found[-1].issued_on, str(found[-1].pk))


def _overdue_rows(person: User, today: date) -> Iterator[tuple[object, ...]]:
    after: Place | None = None
    while True:
        found = across.overdue(person, today=today, after=after, limit=PIECE)
        for row in found:
            yield files.overdue_cells(row, late(row, today).days)
        if len(found) < PIECE:
            return
        after = Place(found[-1].due_on, str(found[-1].pk))


def _place(row: Any) -> str:
    return str(Place(row.issued_on, str(row.pk)))


def _which(text: str) -> Which:
    return Which(text) if text in set(Which) else Which.ALL


def _number(text: str) -> str:
    return text.replace("\x00", "").strip().upper()[:40]
