"""Cancels the subscription, and takes that back."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.formats import date_format
from django.views.decorators.http import require_http_methods, require_POST

from clarity.web.access import OWNERS, member_required, signed_in
from clarity.web.billing import frame
from clarity.web.fragments import whole_page
from tenants import scope
from tenants.billing.models import BilledPair, Subscription, SubscriptionState
from tenants.billing.services import cancelling
from tenants.billing.services.problems import BillingProblem
from tenants.models import Membership


@require_http_methods(["GET", "HEAD", "POST"])
@member_required(*OWNERS)
def cancel(request: HttpRequest, membership: Membership) -> HttpResponse:
    """Says what happens then, and asks why."""
    if request.method != "POST":
        return _ask(request, membership)
    try:
        with scope.tenant(membership.tenant_id):
            ends_on = cancelling.cancel(
                reason=request.POST.get("reason", ""),
                actor=signed_in(request),
                now=timezone.now(),
            )
    except BillingProblem as error:
        if error.field == "reason":
            return _ask(request, membership, error=str(error))
        messages.warning(request, str(error))
    else:
        messages.success(
            request, f"Cancelled. Everything runs on until {_day(ends_on - timedelta(days=1))}."
        )
    return _back(membership)


@require_POST
@member_required(*OWNERS)
def go_on(request: HttpRequest, membership: Membership) -> HttpResponse:
    """As if it had not been cancelled."""
    try:
        with scope.tenant(membership.tenant_id):
            renews_on = cancelling.go_on(actor=signed_in(request), now=timezone.now())
    except BillingProblem as error:
        messages.warning(request, str(error))
    else:
        messages.success(request, f"It goes on, and renews on {_day(renews_on)}.")
    return _back(membership)


def _ask(request: HttpRequest, membership: Membership, *, error: str = "") -> HttpResponse:
    with scope.tenant(membership.tenant_id):
        subscription = Subscription.objects.select_related("plan").first()
        if subscription is None or subscription.state != SubscriptionState.ACTIVE:
            return _back(membership)
        context = {
            **frame.context(membership),
            "subscription": subscription,
            "last_day": subscription.renews_on - timedelta(days=1),
            "readable_until": subscription.renews_on
            + timedelta(days=subscription.plan.readable_days),
            "pairs": list(BilledPair.objects.filter(ends_on=None).order_by("starts_on", "pk")),
            "error": error,
            "typed": request.POST.get("reason", ""),
        }
    return whole_page(request, "billing/cancel.html", context, status=422 if error else 200)


def _day(day: object) -> str:
    return date_format(day, "j M Y")  # type: ignore[arg-type]


def _back(membership: Membership) -> HttpResponse:
    answer: HttpResponse = redirect("billing", slug=membership.tenant.slug)
    return answer
