"""Money that came through Stripe and fits nothing that was asked for: finance says whose it is, books
it on an invoice, or says how it was settled elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from clarity.web.once_more import once_more
from clarity.web.staff.books import files
from clarity.web.staff.books.asking import Deed, Done, asked
from clarity.web.staff.books.forms import BookForm, DeedForm, WhoseForm
from clarity.web.staff.books.frame import context_of
from clarity.web.staff.gate import staff_page
from integrations.services import erased_payers
from tenants import scope
from tenants.billing.arithmetic.money import shown
from tenants.billing.models import Receivable, UnmatchedPayment
from tenants.billing.services import across, unmatched
from tenants.billing.services.across import Place
from tenants.billing.services.problems import BillingProblem
from tenants.models import Tenant, User
from tenants.services import staff
from tenants.services.staff import May, ReasonNeeded

ROWS = 50
PIECE = 500
MOST_INVOICES = 200
_asks_first = require_http_methods(["GET", "HEAD", "POST"])


@staff_page
@require_safe
def listing(request: HttpRequest, person: User) -> HttpResponseBase:
    """What waits for finance, the oldest first."""
    staff.refuse_unless(person, May.BILL)
    if "csv" in request.GET:
        told = {"list": "unmatched"}
        return files.kept(person, "unmatched", files.UNMATCHED, _cells(person), told)
    after = Place.parse(request.GET.get("after", ""), UUID)
    found = across.unmatched(person, after=after, limit=ROWS + 1)
    last = found[ROWS - 1] if len(found) > ROWS else None
    keeps = staff.may(person, May.KEEP_BOOKS)
    context = {
        **context_of(person, "unmatched"),
        "rows": found[:ROWS],
        "erased": erased_payers.remaining() if keeps else (),
        "is_first": after is None,
        "next": str(across.place_of(last)) if last else "",
    }
    return render(request, "staff/books/unmatched.html", context)


@staff_page
@_asks_first
def whose(request: HttpRequest, person: User, unmatched_id: UUID) -> HttpResponse:
    """Says whose money it is, or, while nobody knows, how it was settled elsewhere."""
    staff.refuse_unless(person, May.KEEP_BOOKS)
    row = across.unmatched_one(person, unmatched_id)
    if row is None or row.tenant_id is not None:
        raise Http404
    form = WhoseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            said = _settled(form.cleaned_data, row, person)
        except (BillingProblem, ReasonNeeded) as error:
            field = getattr(error, "field", "")
            form.add_error(field if field in form.fields else None, str(error))
        else:
            messages.success(request, said)
            return redirect("admin:books-unmatched")
    context = {**context_of(person, "unmatched"), "row": row, "form": form}
    status = 422 if form.errors else 200
    return render(request, "staff/books/whose.html", context, status=status)


@staff_page
@_asks_first
@once_more
def book(request: HttpRequest, person: User, slug: str, unmatched_id: UUID) -> HttpResponse:
    """Books it on an invoice of its account."""

    def making(tenant: Tenant, now: datetime) -> Deed:
        row = _of_account(unmatched_id)
        open_ones = Receivable.objects.filter(invoice__currency=row.currency)
        rows = open_ones.select_related("invoice").order_by("-open", "-due_on", "-pk")
        choices = [
            (
                str(one.invoice_id),
                f"{one.invoice.number}: {shown(one.open, row.currency)} is open",
            )
            for one in rows[:MOST_INVOICES]
        ]

        def does(form: DeedForm) -> Done:
            payment = unmatched.book(
                unmatched_id=row.pk,
                invoice_id=UUID(form.cleaned_data["invoice"]),
                actor=person,
                note=form.cleaned_data["reason"],
                now=now,
            )
            left = Receivable.objects.select_related("invoice").get(invoice_id=payment.invoice_id)
            number, open_now = left.invoice.number, shown(left.open, row.currency)
            return Done(
                [
                    f"{row.said} is booked as a payment for {number}.",
                    f"{open_now} is open then; below zero is what we owe.",
                    "It can be taken off the invoice again only by a counter entry beside it.",
                ],
                f"{row.said} is booked on {number}.",
            )

        return Deed(
            title=f"Book {row.said} on an invoice",
            button="Book it",
            back=reverse("admin:books-unmatched"),
            form=partial(BookForm, invoices=choices),
            does=does,
            quiet=row.problem,
        )

    return asked(request, person, slug, making)


@staff_page
@_asks_first
@once_more
def dismiss(request: HttpRequest, person: User, slug: str, unmatched_id: UUID) -> HttpResponse:
    """It was settled elsewhere, paid back at Stripe for instance; the reason says how."""

    def making(tenant: Tenant, now: datetime) -> Deed:
        row = _of_account(unmatched_id)

        def does(form: DeedForm) -> Done:
            unmatched.dismiss(
                unmatched_id=row.pk, actor=person, note=form.cleaned_data["reason"], now=now
            )
            return Done(
                ["It leaves the list. Nothing is booked, and nothing is paid back by it."],
                f"{row.said} is settled.",
            )

        back = reverse("admin:books-unmatched")
        return Deed(
            f"{row.said} was settled elsewhere", "It is settled", back, DeedForm, does, row.problem
        )

    return asked(request, person, slug, making)


def _settled(said: dict[str, Any], row: UnmatchedPayment, person: User) -> str:
    """Of a payment without an account. What was done, in a sentence."""
    why = staff.said_why(said["reason"])
    if not said["slug"]:
        with scope.door("settle a payment whose account nobody knows", actor=person):
            unmatched.dismiss(unmatched_id=row.pk, actor=person, note=why, now=timezone.now())
        return f"{row.said} is settled."
    tenant = staff.assigned_tenant(person, said["slug"])
    if tenant is None:
        raise BillingProblem(
            f"You look after no account with the short name {said['slug']}.", field="slug"
        )
    unmatched.assign(unmatched_id=row.pk, tenant_id=tenant.pk, actor=person, reason=why)
    return f"{row.said} belongs to {tenant.name} now. Book it on an invoice next."


def _of_account(unmatched_id: UUID) -> UnmatchedPayment:
    found: UnmatchedPayment | None = UnmatchedPayment.objects.filter(pk=unmatched_id).first()
    if found is None:
        raise Http404
    return found


def _cells(person: User) -> Iterator[tuple[object, ...]]:
    after: Place | None = None
    while True:
        found = across.unmatched(person, after=after, limit=PIECE)
        for row in found:
            account = row.tenant.name if row.tenant else ""
            amount = row.said if row.amount is None else row.amount
            yield (
                row.payment_id, account, amount, row.currency, row.paid_at.isoformat(),
                row.invoice_number, row.problem,
            )  # fmt: skip
        if len(found) < PIECE:
            return
        after = across.place_of(found[-1])
