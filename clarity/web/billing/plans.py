"""Another plan from the renewal on."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.formats import date_format
from django.views.decorators.http import require_http_methods

from clarity.web.access import OWNERS, member_required, signed_in
from clarity.web.billing import frame
from clarity.web.fragments import whole_page
from tenants import scope
from tenants.billing.models import Plan, Subscription
from tenants.billing.services import cancelling, pricing
from tenants.billing.services.problems import BillingProblem
from tenants.models import Membership


@dataclass(frozen=True)
class Choice:
    """A plan that can be had in the account's currency. `is_next`: it counts from the renewal on."""

    plan: Plan
    a_term: Decimal
    is_next: bool


@require_http_methods(["GET", "HEAD", "POST"])
@member_required(*OWNERS)
def change(request: HttpRequest, membership: Membership) -> HttpResponse:
    """What the plans cost from the renewal on; the one that is chosen counts from then."""
    error = ""
    if request.method == "POST":
        try:
            with scope.tenant(membership.tenant_id):
                on = cancelling.change_plan(
                    code=request.POST.get("plan", "").replace("\x00", ""),
                    actor=signed_in(request),
                    now=timezone.now(),
                )
        except BillingProblem as problem:
            error = str(problem)
        else:
            messages.success(
                request, f"From {date_format(on, 'j M Y')} on it is that plan. Today costs nothing."
            )
            return redirect("billing", slug=membership.tenant.slug)
    with scope.tenant(membership.tenant_id):
        subscription = Subscription.objects.select_related("plan", "next_plan").first()
        if subscription is None or not subscription.is_running:
            return redirect("billing", slug=membership.tenant.slug)
        context = {
            **frame.context(membership),
            "subscription": subscription,
            "choices": choices(subscription),
            "error": error,
        }
    return whole_page(request, "billing/plan.html", context, status=422 if error else 200)


def others(subscription: Subscription) -> list[Choice]:
    """Plans to change to: those that do not count from the renewal on anyway."""
    if not subscription.is_running:
        return []
    return [one for one in choices(subscription) if not one.is_next]


def choices(subscription: Subscription) -> list[Choice]:
    """All plans that are offered in the account's currency, and its own. Call inside the scope."""
    following = subscription.next_plan or subscription.plan
    found = []
    for plan in Plan.objects.order_by("name", "pk"):
        if not plan.is_offered and plan.pk not in (following.pk, subscription.plan_id):
            continue
        try:
            price = pricing.a_term(plan, currency=subscription.currency, on=subscription.renews_on)
        except BillingProblem:
            # It has no price in this currency.
            continue
        found.append(Choice(plan, price, plan.pk == following.pk))
    return found
