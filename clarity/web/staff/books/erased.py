"""Customers at Stripe whose account was erased here: finance deletes there what a machine could not."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from clarity.web.staff.books.forms import GoneForm
from clarity.web.staff.books.frame import context_of
from clarity.web.staff.gate import staff_page
from integrations.services import erased_payers
from tenants.models import User
from tenants.services import staff
from tenants.services.staff import May


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def gone(request: HttpRequest, person: User, erasure_id: UUID) -> HttpResponse:
    """Asks whether it was deleted there, and how; then it leaves the list."""
    staff.refuse_unless(person, May.KEEP_BOOKS)
    one = next((row for row in erased_payers.remaining() if row.erasure.pk == erasure_id), None)
    if one is None:
        raise Http404
    form = GoneForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        why = staff.said_why(form.cleaned_data["reason"])
        erased_payers.gone(erasure_id, actor=person, reason=why)
        messages.success(request, f"{one.customer_id} is gone from Stripe.")
        return redirect("admin:books-unmatched")
    context = {**context_of(person, "unmatched"), "one": one, "form": form}
    status = 422 if form.errors else 200
    return render(request, "staff/books/erased.html", context, status=status)
