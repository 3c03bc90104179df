"""Mails that a day brings and no event: a trial, and the reading of an ended account, end soon."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q

from tenants import scope
from tenants.billing.arithmetic.terms import local_date
from tenants.billing.models import Subscription, SubscriptionState
from tenants.billing.services import letters
from tenants.billing.services.renewing import Surviving

REASON = "tell of trials and reading times that end"
# So many days before, or half of the time there is when that is less.
TRIAL_DAYS = 7
READING_DAYS = 14
_EAST = timedelta(hours=14)


def write_due(now: datetime, *, survives: Surviving) -> None:
    """Writes what the day asks for; again writes nothing. Call outside any scope."""
    day = (now + _EAST).date()
    trials = Q(
        is_trial=True,
        state=SubscriptionState.ACTIVE,
        renews_on__lte=day + timedelta(days=TRIAL_DAYS),
    )
    reading = Q(
        state=SubscriptionState.ENDED,
        readable_until__lte=day + timedelta(days=READING_DAYS),
        readable_until__gte=(now - _EAST).date(),
    )
    with scope.door(REASON):
        rows = Subscription.objects.filter(trials | reading, tenant__erasing_since=None)
        tenant_ids = list(rows.order_by("pk").values_list("tenant_id", flat=True))
    for tenant_id in tenant_ids:
        survives(f"letters of {tenant_id}", _one(tenant_id, now))


def _one(tenant_id: UUID, now: datetime) -> Callable[[], None]:
    def write() -> None:
        with scope.tenant(tenant_id):
            subscription: Subscription | None = Subscription.objects.select_related("plan").first()
            if subscription is not None:
                _write(subscription, now)

    return write


def _write(subscription: Subscription, now: datetime) -> None:
    today = local_date(now, subscription.time_zone)
    if subscription.is_trial and subscription.state == SubscriptionState.ACTIVE:
        whole = (subscription.renews_on - subscription.term_starts_on).days
        before = max(1, min(TRIAL_DAYS, whole // 2))
        if 0 < (subscription.renews_on - today).days <= before:
            letters.trial_ending(ends_on=subscription.renews_on, now=now)
    if subscription.state == SubscriptionState.ENDED and subscription.readable_until:
        before = min(READING_DAYS, subscription.plan.readable_days // 2)
        if 0 <= (subscription.readable_until - today).days <= before:
            letters.reading_ending(until=subscription.readable_until, now=now)
