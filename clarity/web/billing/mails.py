"""Asks for a mail about a bill once more."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from clarity.web.access import OWNERS, member_required
from tenants import scope
from tenants.billing.services import letters
from tenants.billing.services.problems import BillingProblem, Unknown
from tenants.models import Membership


@require_POST
@member_required(*OWNERS)
def again(request: HttpRequest, membership: Membership, letter_id: UUID) -> HttpResponse:
    """It goes out with the next turn of the chore; pressed twice, once."""
    with scope.tenant(membership.tenant_id):
        try:
            letter = letters.send_again(
                letter_id=letter_id, actor=membership.user, now=timezone.now()
            )
        except Unknown:
            raise Http404 from None
        except BillingProblem as problem:
            messages.error(request, str(problem))
            return redirect("billing-invoices", slug=membership.tenant.slug)
        invoice_id = letter.invoice_id
    messages.success(request, "It goes out again in a minute.")
    if invoice_id is None:
        return redirect("billing", slug=membership.tenant.slug)
    return redirect("billing-invoice", slug=membership.tenant.slug, invoice_id=invoice_id)
