"""Whether an account whose subscription ended may still be read."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

from tenants import scope
from tenants.billing.arithmetic.terms import local_date
from tenants.billing.models import Subscription, SubscriptionState

# Asked with every page, so that an account that is open is asked about again only after this time.
# What is counted in days may end that much late.
_REMEMBERED = timedelta(minutes=1)
_MOST = 10_000
_open_until: dict[UUID, datetime] = {}


def closed_since(tenant_id: UUID, *, now: datetime) -> date | None:
    """The last day on which the account's records could be read, once it is over; None as long as
    they can. Nothing is deleted by it. Call outside any scope."""
    if _open_until.get(tenant_id, now) > now:
        return None
    with scope.tenant(tenant_id):
        last_day = _last_day(now)
    if last_day is None:
        if len(_open_until) >= _MOST:
            _open_until.clear()
        _open_until[tenant_id] = now + _REMEMBERED
    return last_day


def forget() -> None:
    """Asks anew for every account."""
    _open_until.clear()


def _last_day(now: datetime) -> date | None:
    ended: Subscription | None = Subscription.objects.filter(
        state=SubscriptionState.ENDED, readable_until__isnull=False
    ).first()
    if ended is None or ended.readable_until is None:
        return None
    is_over = local_date(now, ended.time_zone) > ended.readable_until
    return ended.readable_until if is_over else None
