"""The card that the owner lets us charge: what is kept of it, Stripe's portal, and an end to it."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from clarity.web.access import OWNERS, member_required, signed_in
from clarity.web.billing import frame
from clarity.web.fragments import whole_page
from tenants import scope
from tenants.billing.services import cards, how_to_pay, tries
from tenants.billing.services.problems import BillingProblem
from tenants.billing.stripe import customers
from tenants.billing.stripe.problems import Away, Refused
from tenants.models import Membership


@require_safe
@member_required(*OWNERS)
def show(request: HttpRequest, membership: Membership) -> HttpResponse:
    """What is kept, and what it is charged for."""
    with scope.tenant(membership.tenant_id):
        context = {
            **frame.context(membership),
            "kept": cards.kept(),
            "takes_cards": how_to_pay.takes_cards(),
            "refused": tries.refused_charges(),
        }
        return whole_page(request, "payments/card.html", context)


@require_safe
@member_required(*OWNERS)
def portal(request: HttpRequest, membership: Membership) -> HttpResponse:
    """To Stripe's portal, where the card is changed. A link leads here, since a form could not lead
    on to another site."""
    actor = signed_in(request)
    if actor is None:
        raise Http404
    back = reverse("billing-card-back", kwargs={"slug": membership.tenant.slug})
    try:
        address = customers.portal(
            membership.tenant_id, actor=actor, back=request.build_absolute_uri(back)
        )
    except BillingProblem as problem:
        messages.error(request, str(problem))
        return redirect("billing-card", slug=membership.tenant.slug)
    return redirect(address)


@require_safe
@member_required(*OWNERS)
def back(request: HttpRequest, membership: Membership) -> HttpResponse:
    """The way back from the portal: what is kept there is read anew."""
    try:
        customers.look(membership.tenant_id, now=timezone.now())
    except (Away, Refused):
        messages.warning(
            request, "Stripe does not answer just now. This page shows a change in a few minutes."
        )
    return redirect("billing-card", slug=membership.tenant.slug)


@require_http_methods(["GET", "HEAD", "POST"])
@member_required(*OWNERS)
def stop(request: HttpRequest, membership: Membership) -> HttpResponse:
    """Asks, then charges the card no more."""
    with scope.tenant(membership.tenant_id):
        kept = cards.kept()
    if request.method != "POST":
        if kept is None:
            return redirect("billing-card", slug=membership.tenant.slug)
        context = {**frame.context(membership), "kept": kept}
        return whole_page(request, "payments/stop.html", context)
    try:
        customers.stop(membership.tenant_id, actor=signed_in(request), now=timezone.now())
    except Away:
        # It is charged no more all the same; only Stripe has not forgotten it yet.
        messages.warning(
            request, "We charge the card no more. Stripe could not be told; remove it there too."
        )
    else:
        messages.success(request, "We charge nothing by ourselves any more.")
    return redirect("billing-card", slug=membership.tenant.slug)
