"""Paying an invoice: what it costs is said here, the card is entered at Stripe.

A form may not lead to another site (`form-action`), so it leads to a page of ours that goes on to
Stripe's by itself.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from clarity.web.access import OWNERS, member_required, signed_in
from clarity.web.billing import documents, frame
from clarity.web.fragments import whole_page
from tenants import scope
from tenants.billing.arithmetic.money import ZERO, is_whole
from tenants.billing.models import Invoice, PaymentTry, TryState
from tenants.billing.services import cards, tries, unmatched
from tenants.billing.services.how_to_pay import HowToPay, how_to_pay
from tenants.billing.services.problems import BillingProblem
from tenants.billing.stripe import checkout, settling
from tenants.billing.stripe.problems import Away, Refused
from tenants.models import Membership, User

_ENDED = {
    TryState.PAID: "Thank you. Invoice {number} is paid.",
    TryState.PROCESSING: "Your bank is at it. Invoice {number} shows as paid as soon as the money is"
    " on its way; there is nothing more to do.",
    TryState.FAILED: "The payment of invoice {number} did not go through. Nothing was charged.",
    TryState.OVER: "Stripe's page for invoice {number} is over and nothing was charged on it.",
    TryState.OPEN: "Invoice {number} was not paid. You can pay it at any time.",
    TryState.ASKED: "Invoice {number} was not paid. You can pay it at any time.",
}
_STRANGE = (
    "Your payment came, and does not fit what invoice {number} asked for. We look at it; you need not"
    " pay again."
)


@require_http_methods(["GET", "HEAD", "POST"])
@member_required(*OWNERS)
def pay(request: HttpRequest, membership: Membership, invoice_id: UUID) -> HttpResponse:
    """What will be charged, and whether the card is kept; then on to Stripe."""
    with scope.tenant(membership.tenant_id):
        invoice = documents.found(invoice_id)
        how = how_to_pay(invoice)
    if request.method == "POST":
        return _begin(request, membership, invoice)
    return _page(request, membership, invoice, how)


def _page(
    request: HttpRequest,
    membership: Membership,
    invoice: Invoice,
    how: HowToPay,
    *,
    problem: str = "",
) -> HttpResponse:
    with scope.tenant(membership.tenant_id):
        kept = cards.kept()
        context = {
            **frame.context(membership),
            "invoice": invoice,
            "how": how,
            "kept": kept,
            "refusal": tries.last_refusal(invoice),
            "waits": tries.being_paid(invoice),
            "problem": problem,
        }
    return whole_page(request, "payments/pay.html", context, status=400 if problem else 200)


def _begin(request: HttpRequest, membership: Membership, invoice: Invoice) -> HttpResponse:
    try:
        try_id = checkout.begin(
            tenant_id=membership.tenant_id,
            invoice_id=invoice.pk,
            looked_at=_looked_at(request, invoice),
            keeps_card=request.POST.get("keep") == "yes",
            back=_back_address(request, membership),
            actor=_person(request),
            now=timezone.now(),
        )
    except BillingProblem as problem:
        with scope.tenant(membership.tenant_id):
            how = how_to_pay(invoice)
        return _page(request, membership, invoice, how, problem=str(problem))
    return redirect("billing-pay-go-on", slug=membership.tenant.slug, try_id=try_id)


def _looked_at(request: HttpRequest, invoice: Invoice) -> Decimal:
    """What the page showed as open; 0 for nonsense, which is never open."""
    try:
        said = Decimal(request.POST.get("open", ""))
    except InvalidOperation:
        return ZERO
    return said if is_whole(said, invoice.currency) else ZERO


@require_safe
@member_required(*OWNERS)
def go_on(request: HttpRequest, membership: Membership, try_id: UUID) -> HttpResponse:
    """On to Stripe's page; back to the invoice when that is over."""
    one = _found(membership, try_id)
    try:
        address = checkout.address(membership.tenant_id, try_id, now=timezone.now())
    except (Away, Refused) as problem:
        messages.error(request, str(problem))
        return _to_invoice(membership, one)
    if not address:
        return _told(request, membership, one)
    context = {**frame.context(membership), "invoice": one.invoice, "address": address}
    response = whole_page(request, "payments/go_on.html", context)
    response["Refresh"] = f"0; url={address}"
    return response


@require_safe
@member_required(*OWNERS)
def back(request: HttpRequest, membership: Membership, try_id: UUID) -> HttpResponse:
    """The way back from Stripe. What the address says proves nothing: Stripe is asked."""
    one = _found(membership, try_id)
    try:
        settling.look(membership.tenant_id, try_id, now=timezone.now())
    except (Away, Refused):
        messages.warning(
            request,
            f"Stripe does not say yet how the payment of invoice {one.invoice.number} ended. This"
            " page shows it as soon as it does; do not pay a second time.",
        )
        return _to_invoice(membership, one)
    return _told(request, membership, one)


def _told(request: HttpRequest, membership: Membership, one: PaymentTry) -> HttpResponse:
    with scope.tenant(membership.tenant_id):
        state = TryState(PaymentTry.objects.values_list("state", flat=True).get(pk=one.pk))
        is_strange = state == TryState.PAID and unmatched.waits_for(one.invoice.number)
    said = _ENDED[state].format(number=one.invoice.number)
    if is_strange:
        messages.warning(request, _STRANGE.format(number=one.invoice.number))
    elif state == TryState.PAID:
        messages.success(request, said)
    else:
        messages.info(request, said)
    return _to_invoice(membership, one)


def _to_invoice(membership: Membership, one: PaymentTry) -> HttpResponse:
    return redirect("billing-invoice", slug=membership.tenant.slug, invoice_id=one.invoice_id)


def _found(membership: Membership, try_id: UUID) -> PaymentTry:
    with scope.tenant(membership.tenant_id):
        rows = PaymentTry.objects.select_related("invoice")
        one: PaymentTry | None = rows.filter(pk=try_id).first()
    if one is None:
        raise Http404
    return one


def _back_address(request: HttpRequest, membership: Membership) -> str:
    """Where Stripe sends people, with {try} in it."""
    nobody = UUID(int=0)
    path = reverse("billing-pay-back", kwargs={"slug": membership.tenant.slug, "try_id": nobody})
    return request.build_absolute_uri(path).replace(str(nobody), "{try}")


def _person(request: HttpRequest) -> User:
    user = signed_in(request)
    if user is None:
        raise Http404
    return user
