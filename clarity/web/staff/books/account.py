"""What one account is billed: its subscription, pairs, invoices, payments and agreements."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from clarity.web.billing import documents
from clarity.web.billing.pdf import file_of
from clarity.web.billing.words import Badge
from clarity.web.staff.frame import account_page
from clarity.web.staff.gate import staff_page
from tenants.billing.arithmetic.terms import local_date
from tenants.billing.models import (
    BilledPair,
    BillingDetails,
    Contract,
    Discount,
    InvoiceKind,
    Payment,
    Subscription,
)
from tenants.billing.services import letters, standing, taking_back, trials
from tenants.billing.services.across import Place
from tenants.billing.services.cancelling import NextCharge, next_charge
from tenants.billing.services.problems import BillingProblem
from tenants.billing.services.standing import State
from tenants.models import User
from tenants.services import staff, staff_door
from tenants.services.staff import May

TAB = "account-billing"
ROWS = 25
PAIRS = 100
PAYMENTS = 10
BADGES = {
    State.NONE: Badge("Not billed", "muted", "minus"),
    State.GOOD: Badge("Active", "green", "check"),
    State.CANCELLED: Badge("Cancelled", "orange", "clock"),
    State.OVERDUE: Badge("Overdue", "red", "alert"),
    State.PAST_GRACE: Badge("Past grace", "red", "alert"),
    State.ENDED: Badge("Ended", "muted", "cross"),
}


@staff_page
@require_safe
def billing(request: HttpRequest, person: User, slug: str) -> HttpResponse:
    """All of it on one page; `before` leads to older invoices."""
    now = timezone.now()
    place = Place.parse(request.GET.get("before", ""), UUID)
    before = (place.on, UUID(place.pk)) if place else None
    with staff_door.looking(person, slug, at="what it is billed", needs=May.BILL) as tenant:
        found = documents.rows(limit=ROWS + 1, before=before, now=now)
        last = found[ROWS - 1].invoice if len(found) > ROWS else None
        context: dict[str, Any] = {
            **_subscription(now),
            "rows": found[:ROWS],
            "older": f"{last.issued_on}_{last.pk}" if last else "",
            "is_newest": before is None,
            "pairs": list(BilledPair.objects.order_by("-starts_on", "pk")[: PAIRS + 1]),
            "most_pairs": PAIRS,
            "payments": list(
                Payment.objects.select_related("invoice").order_by("-created_at", "-pk")[:PAYMENTS]
            ),
            "contracts": list(Contract.objects.order_by("-starts_on", "-pk")),
            "discounts": list(Discount.objects.order_by("-starts_on", "-pk")),
            "trial": trials.trial_of(now=now),
            "details": BillingDetails.objects.first(),
            "not_sent": letters.not_sent(limit=10),
            "may_keep": staff.may(person, May.KEEP_BOOKS),
        }
    return account_page(
        request, person, "staff/books/account.html", tenant=tenant, tab=TAB, context=context
    )


@staff_page
@require_safe
def invoice(request: HttpRequest, person: User, slug: str, invoice_id: UUID) -> HttpResponse:
    """One invoice or credit note, with what can be done about it."""
    with staff_door.looking(person, slug, at="an invoice", needs=May.BILL) as tenant:
        document = documents.found(invoice_id)
        context = {
            **documents.shown(document, now=timezone.now()),
            "is_invoice": document.kind == InvoiceKind.INVOICE,
            "bookings": taking_back.on_invoice(document),
            "may_keep": staff.may(person, May.KEEP_BOOKS),
        }
    return account_page(
        request, person, "staff/books/invoice.html", tenant=tenant, tab=TAB, context=context
    )


@staff_page
@require_safe
def pdf(request: HttpRequest, person: User, slug: str, invoice_id: UUID) -> HttpResponse:
    """The file that the account gets, with what was paid until now."""
    with staff_door.looking(person, slug, at="an invoice as a file", needs=May.BILL):
        return file_of(invoice_id)


def _subscription(now: datetime) -> dict[str, Any]:
    row: Subscription | None = Subscription.objects.select_related(
        "plan", "next_plan", "seller"
    ).first()
    found = standing.standing(now=now)
    charge, problem = _next_charge(row)
    return {
        "subscription": row,
        "standing": found,
        "badge": BADGES[found.state],
        "charge": charge,
        "charge_problem": problem,
        "today": local_date(now, row.time_zone if row is not None else "UTC"),
    }


def _next_charge(row: Subscription | None) -> tuple[NextCharge | None, str]:
    """What the renewal will bill, or why that cannot be said."""
    try:
        return (next_charge(row) if row is not None else None), ""
    except BillingProblem as problem:
        return None, str(problem)
