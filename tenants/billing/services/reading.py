"""Whether an account whose subscription ended may still be read."""

from __future__ import annotations

from datetime import date, datetime

from tenants.billing.arithmetic.terms import local_date
from tenants.billing.models import Subscription, SubscriptionState


def closed_since(*, now: datetime) -> date | None:
    """The last day on which the records of the account in scope could be read, once it is over; None
    as long as they can. Nothing is deleted by it."""
    ended: Subscription | None = Subscription.objects.filter(
        state=SubscriptionState.ENDED, readable_until__isnull=False
    ).first()
    if ended is None or ended.readable_until is None:
        return None
    is_over = local_date(now, ended.time_zone) > ended.readable_until
    return ended.readable_until if is_over else None
