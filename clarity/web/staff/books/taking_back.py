"""Money that finance put in the wrong place: taken off the invoice, or off the account."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from clarity.web.once_more import once_more
from clarity.web.staff.books.asking import Deed, Done, asked
from clarity.web.staff.books.forms import DeedForm, ReleaseForm
from clarity.web.staff.books.frame import context_of
from clarity.web.staff.gate import staff_page
from tenants.billing.arithmetic.money import shown
from tenants.billing.models import Receivable, UnmatchedPayment
from tenants.billing.services import across, taking_back
from tenants.billing.services.problems import BillingProblem
from tenants.models import Tenant, User
from tenants.services import staff
from tenants.services.staff import May

_asks_first = require_http_methods(["GET", "HEAD", "POST"])


@staff_page
@_asks_first
@once_more
def unbook(request: HttpRequest, person: User, slug: str, unmatched_id: UUID) -> HttpResponse:
    """Takes it off its invoice by a counter entry; it waits for finance then."""

    def making(_tenant: Tenant, now: datetime) -> Deed:
        row = UnmatchedPayment.objects.filter(pk=unmatched_id).first()
        if row is None:
            raise Http404

        def does(form: DeedForm) -> Done:
            counter = taking_back.unbook(
                unmatched_id=row.pk, actor=person, reason=form.cleaned_data["reason"], now=now
            )
            left = Receivable.objects.select_related("invoice").get(invoice_id=counter.invoice_id)
            number, open_now = left.invoice.number, shown(left.open, row.currency)
            return Done(
                [
                    f"A counter entry over {row.said} is added to {number}; what was booked stays"
                    " beside it.",
                    f"{open_now} is open of it then, and it is reminded of again.",
                    "The money waits among the unmatched payments. There it is booked elsewhere, or"
                    " taken off this account.",
                    "Nobody is mailed. Write to the account: it was told that this is paid.",
                ],
                f"{row.said} is off {number} and waits.",
            )

        back = reverse("admin:books-unmatched")
        return Deed(
            f"Take {row.said} off its invoice", "Take it off", back, DeedForm, does, row.payment_id
        )

    return asked(request, person, slug, making)


@staff_page
@_asks_first
def release(request: HttpRequest, person: User, unmatched_id: UUID) -> HttpResponse:
    """Asks whether it is not this account's money; then it waits as nobody's."""
    staff.refuse_unless(person, May.KEEP_BOOKS)
    row = across.unmatched_one(person, unmatched_id)
    if row is None or row.tenant is None:
        raise Http404
    form = ReleaseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            why = staff.said_why(form.cleaned_data["reason"])
            taking_back.release(unmatched_id=row.pk, actor=person, reason=why)
        except (BillingProblem, staff.ReasonNeeded) as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"{row.said} is not of {row.tenant.name} any more.")
            return redirect("admin:books-unmatched")
    context = {**context_of(person, "unmatched"), "row": row, "form": form}
    status = 422 if form.errors else 200
    return render(request, "staff/books/release.html", context, status=status)
