"""What finance does with one invoice: enters a payment, notes money paid back, writes a credit note."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from functools import partial
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from clarity.web.billing import documents
from clarity.web.once_more import once_more
from clarity.web.staff.books.asking import Deed, Done, Stale, asked
from clarity.web.staff.books.forms import CreditForm, DeedForm, PaidBackForm, PaymentForm
from clarity.web.staff.gate import staff_page
from tenants.billing.arithmetic.money import ZERO, rounded, shown
from tenants.billing.arithmetic.terms import local_date
from tenants.billing.models import Invoice, InvoiceKind, Method, Payment, Receivable
from tenants.billing.services import crediting, paying
from tenants.billing.services.problems import BillingProblem
from tenants.models import Tenant, User

_asks_first = require_http_methods(["GET", "HEAD", "POST"])


@staff_page
@_asks_first
@once_more
def pay(request: HttpRequest, person: User, slug: str, invoice_id: UUID) -> HttpResponse:
    """Money that came for an invoice; where we owe some, money that was paid back."""

    def making(tenant: Tenant, now: datetime) -> Deed:
        invoice, row = _invoice(invoice_id)
        open_now = rounded(row.open, invoice.currency)
        owed = shown(-open_now, invoice.currency)
        is_back = open_now < 0
        return Deed(
            title=f"Enter {'money paid back' if is_back else 'a payment'} for {invoice.number}",
            button="Enter it",
            back=_page(tenant, invoice_id),
            form=partial(PaidBackForm if is_back else PaymentForm, currency=invoice.currency),
            does=lambda form: _pay(form, invoice, person, now, sign=-1 if is_back else 1),
            quiet=f"We owe {owed}." if is_back else f"{shown(open_now, invoice.currency)} is open.",
            initial={
                "amount": abs(open_now) or None,
                "received_on": local_date(now, invoice.seller.time_zone),
                "seen": open_now,
            },
        )

    return asked(request, person, slug, making)


@staff_page
@_asks_first
@once_more
def credit(request: HttpRequest, person: User, slug: str, invoice_id: UUID) -> HttpResponse:
    """A credit note over amounts of its lines."""

    def making(tenant: Tenant, now: datetime) -> Deed:
        invoice, _ = _invoice(invoice_id)
        left = crediting.left_to_credit(invoice)
        lines = [
            (line.number, line.text, shown(left[line.number], invoice.currency))
            for line in invoice.lines.order_by("number")
            if left[line.number] > 0
        ]
        return Deed(
            title=f"Write a credit note on {invoice.number}",
            button="Write it",
            back=_page(tenant, invoice_id),
            form=partial(CreditForm, lines=lines),
            does=lambda form: _credit(form, invoice, person, now),
            quiet="Enter what is credited of each line before tax; tax follows by itself."
            if lines
            else "Nothing is left of this invoice to credit.",
            initial={"seen": sum(left.values(), ZERO)},
        )

    return asked(request, person, slug, making)


def _pay(form: DeedForm, invoice: Invoice, person: User, now: datetime, *, sign: int) -> Done:
    said = form.cleaned_data
    amount, reference, day = said["amount"], said["reference"], said["received_on"]
    if amount <= 0:
        raise BillingProblem("Enter an amount above zero.", field="amount")
    _check_day(day, invoice, now)
    _check_seen(said["seen"], paying.locked(invoice.pk), reference)
    payment = paying.record_payment(
        invoice_id=invoice.pk,
        amount=sign * amount,
        currency=invoice.currency,
        reference=reference,
        received_on=day,
        actor=person,
        now=now,
    )
    figure = shown(abs(payment.amount), invoice.currency)
    left = Receivable.objects.get(invoice=invoice).open
    what = "paid back" if sign < 0 else "received"
    return Done(
        will=[
            f"{figure}, {what} on {day:%-d %b %Y} with the reference {reference}, is entered for"
            f" {invoice.number}.",
            _afterwards(left, invoice.currency),
            "A payment that was entered is never changed or taken away.",
        ],
        said=f"{figure} is entered for {invoice.number}. {_afterwards(left, invoice.currency)}",
    )


def _credit(form: DeedForm, invoice: Invoice, person: User, now: datetime) -> Done:
    if not isinstance(form, CreditForm):
        raise TypeError(form)
    key = str(form.cleaned_data["form_id"])
    is_known = Invoice.objects.filter(cause=f"credit {key}").exists()
    paying.locked(invoice.pk)
    left = sum(crediting.left_to_credit(invoice).values(), ZERO)
    if not is_known and form.cleaned_data["seen"] != str(left):
        raise Stale(
            f"Meanwhile something else of {invoice.number} was credited: look at it again. Nothing"
            " was written."
        )
    if not form.amounts():
        raise BillingProblem("Enter an amount for at least one line.", field="")
    note = crediting.credit(
        invoice_id=invoice.pk,
        amounts=form.amounts(),
        reason=form.cleaned_data["reason"],
        key=key,
        actor=person,
        now=now,
    )
    row = Receivable.objects.get(invoice=invoice)
    total = shown(-note.total, note.currency)
    taxed = f", {shown(-note.tax, note.currency)} of it tax" if note.tax else ""
    return Done(
        will=[
            f"A credit note over {total}{taxed} is written on {invoice.number}.",
            _afterwards(row.open, invoice.currency),
            "A credit note is never changed or taken away.",
        ],
        said=f"Credit note {note.number} over {total} is written."
        f" {_afterwards(row.open, invoice.currency)}",
    )


def _invoice(invoice_id: UUID) -> tuple[Invoice, Receivable]:
    """An invoice, and no credit note. Raises Http404."""
    invoice = documents.found(invoice_id)
    if invoice.kind != InvoiceKind.INVOICE:
        raise Http404
    row: Receivable = Receivable.objects.get(invoice=invoice)
    return invoice, row


def _check_seen(seen: str, row: Receivable, reference: str) -> None:
    """Two of finance at once, and one click twice: what was seen must still be so, but for the
    payment that this very click entered."""
    mine = " ".join(reference.split())
    if Payment.objects.filter(method=Method.MANUAL, reference=mine, invoice=row.invoice).exists():
        return
    currency = row.invoice.currency
    if seen != str(rounded(row.open, currency)):
        raise Stale(
            f"Somebody entered something for {row.invoice.number} since you opened this page:"
            f" {shown(row.open, currency)} is open now. Nothing was entered; look at it again."
        )


def _check_day(day: date, invoice: Invoice, now: datetime) -> None:
    if day > local_date(now, invoice.seller.time_zone):
        raise BillingProblem(f"{day:%-d %b %Y} is still to come.", field="received_on")


def _afterwards(left: Decimal, currency: str) -> str:
    if left > 0:
        return f"{shown(left, currency)} is open then."
    return f"We owe {shown(-left, currency)} then." if left < 0 else "Nothing is open then."


def _page(tenant: Tenant, invoice_id: UUID) -> str:
    return reverse("admin:account-invoice", kwargs={"slug": tenant.slug, "invoice_id": invoice_id})
