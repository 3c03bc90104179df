"""The fair-use figure: shown beside what is used. Nothing is ever stopped or charged by it."""

from __future__ import annotations

from dataclasses import dataclass

from tenants.billing.models import BilledPair, Subscription
from tenants.billing.services import catalogue


@dataclass(frozen=True)
class FairUse:
    """Records this month, and how many are usual for so many pairs; for no pair as for one."""

    used: int
    usual: int

    @property
    def percent(self) -> int:
        """Of the usual number, rounded down; may be over 100."""
        return self.used * 100 // self.usual if self.usual else 0

    @property
    def is_above(self) -> bool:
        return self.used > self.usual


def fair_use(*, used: int) -> FairUse:
    """For the account in scope; `used` is told by whoever counts records."""
    subscription: Subscription | None = Subscription.objects.first()
    plan = subscription.plan if subscription else catalogue.plan()
    pairs = BilledPair.objects.filter(ends_on=None).count()
    return FairUse(used, plan.fair_use_a_month * max(1, pairs))
