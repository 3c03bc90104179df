"""Billing at a glance: how the account stands, what is charged next, its pairs, its latest bills."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from clarity.web.access import ADMINS, member_required
from clarity.web.billing import documents, frame, plans, prices, words
from clarity.web.fragments import whole_page
from integrations.models import Pair
from integrations.services import billed, usage
from tenants import scope
from tenants.billing.models import BilledPair, BillingDetails, Subscription
from tenants.billing.services import cancelling, trials
from tenants.billing.services import pairs as billed_pairs
from tenants.billing.services import standing as standings
from tenants.billing.services.cancelling import NextCharge
from tenants.billing.services.problems import BillingProblem
from tenants.models import Membership

LATEST = 5


@dataclass(frozen=True)
class Place:
    """One pair that is billed, or the place of a removed one. `pair`: none when it was deleted."""

    row: BilledPair
    pair: Pair | None

    @property
    def last_paid_day(self) -> date:
        return self.row.paid_until - timedelta(days=1)


@require_safe
@member_required(*ADMINS)
def overview(request: HttpRequest, membership: Membership) -> HttpResponse:
    """Everything about money on one page."""
    now = timezone.now()
    with scope.tenant(membership.tenant_id):
        price, problem = _price_of_another(now)
        subscription = _subscription()
        context = {
            **frame.context(membership),
            "is_billing": settings.CLARITY_BILLING,
            "subscription": subscription,
            "verdict": words.verdict(standings.standing(now=now), subscription),
            "trial": trials.trial_of(now=now),
            "charge": _next_charge(subscription),
            "places": _places(subscription),
            "use": usage.fair_use_now(now=now),
            "waiting": billed.waiting_for_a_price(),
            "free": _free(subscription),
            "rows": documents.rows(limit=LATEST, now=now),
            "details": BillingDetails.objects.first(),
            "price": price,
            "price_problem": problem,
            "has_plans": bool(subscription and plans.others(subscription)),
        }
    return whole_page(request, "billing/overview.html", context)


def _subscription() -> Subscription | None:
    rows = Subscription.objects.select_related("plan", "next_plan")
    found: Subscription | None = rows.first()
    return found


def _price_of_another(now: datetime) -> tuple[prices.Price | None, str]:
    """What one more pair would cost today. It brings renewals up to date, so it is asked first."""
    try:
        return prices.of_quote(billed_pairs.quote(now=now)), ""
    except BillingProblem as error:
        return None, str(error)


def _next_charge(subscription: Subscription | None) -> NextCharge | None:
    try:
        return cancelling.next_charge(subscription) if subscription else None
    except BillingProblem:
        # The sentence stands where the price of another pair would be.
        return None


def _places(subscription: Subscription | None) -> list[Place]:
    if subscription is None or not subscription.is_running:
        return []
    return _with_pairs(list(BilledPair.objects.filter(ends_on=None).order_by("starts_on", "pk")))


def _free(subscription: Subscription | None) -> list[Place]:
    """Places of removed pairs that the next one may take."""
    if subscription is None or not subscription.is_running or subscription.is_trial:
        return []
    left = BilledPair.objects.filter(
        ends_on__isnull=False, is_taken=False, paid_until__gte=subscription.renews_on
    )
    return _with_pairs(list(left.order_by("starts_on", "pk")))


def _with_pairs(rows: list[BilledPair]) -> list[Place]:
    known: dict[Any, Pair] = Pair.objects.in_bulk([row.pair_id for row in rows])
    return [Place(row, known.get(row.pair_id)) for row in rows]
