"""What owners and admins have to know of their bills, said where they look every day."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils import timezone

from clarity.web.access import may_administer
from clarity.web.billing import words
from tenants.billing.models import Subscription
from tenants.billing.services import standing as standings
from tenants.billing.services.standing import State
from tenants.models import Membership

# The rest is no news.
_TOLD = (State.OVERDUE, State.PAST_GRACE, State.CANCELLED, State.ENDED)


def context(membership: Membership) -> dict[str, Any]:
    """For the dashboard. Call inside the scope."""
    if not (settings.CLARITY_BILLING and may_administer(membership)):
        return {}
    found = standings.standing(now=timezone.now())
    if found.state not in _TOLD:
        return {}
    subscription = Subscription.objects.select_related("plan").first()
    return {"billing_verdict": words.verdict(found, subscription)}
