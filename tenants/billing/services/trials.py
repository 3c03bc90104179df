"""The trial of an account: whether one is to come, runs or is over.

It begins with the pair that goes live first and lasts whole days of the account's zone. On the day
it ends on, the renewal chore bills the pairs that are live for a term that begins that day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from tenants.billing.arithmetic.terms import Term, local_date
from tenants.billing.models import Plan, Subscription, SubscriptionState, Trial
from tenants.billing.services import catalogue


class TrialState(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    OVER = "over"


@dataclass(frozen=True)
class TrialView:
    """An account's trial. `ends_on` is the first day that is billed, `days_left` counts today; both
    are None and `days` while it waits for the first pair. `granted_by_id`: None for the plan's own.
    `is_billed_after`: not cancelled, so that the live pairs are billed when it ends."""

    state: TrialState
    days: int
    reason: str = ""
    granted_by_id: UUID | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    days_left: int = 0
    is_billed_after: bool = False


def trial_of(*, now: datetime) -> TrialView | None:
    """The trial of the account in scope that waits, runs, or ran last; None when it has none."""
    subscription: Subscription | None = Subscription.objects.first()
    row = _waiting() or Trial.objects.order_by("-starts_on", "-pk").first()
    if row is None:
        plan = catalogue.plan()
        is_to_come = subscription is None and plan.trial_days > 0
        return TrialView(TrialState.WAITING, plan.trial_days) if is_to_come else None
    told = (row.days, row.reason, row.granted_by_id, row.starts_on, row.ends_on)
    if row.starts_on is None or row.ends_on is None:
        return TrialView(TrialState.WAITING, *told, days_left=row.days)
    if subscription is None or not (subscription.is_running and subscription.is_trial):
        return TrialView(TrialState.OVER, *told)
    left = (row.ends_on - local_date(now, subscription.time_zone)).days
    if left <= 0:
        return TrialView(TrialState.OVER, *told)
    goes_on = subscription.state == SubscriptionState.ACTIVE
    return TrialView(TrialState.RUNNING, *told, min(left, row.days), goes_on)


def days_to_come(subscription: Subscription | None, plan: Plan) -> int:
    """How many days cost nothing when a run of terms begins now; 0 for none.

    What was granted goes before the plan's own, which only an account's very first pair begins.
    """
    row = _waiting()
    if row is not None:
        return row.days
    is_first = subscription is None and not Trial.objects.exists()
    return plan.trial_days if is_first else 0


def begin(term: Term) -> None:
    """Writes down that the trial begins, the one that waited or the plan's own."""
    row = _waiting() or Trial(days=term.days)
    row.starts_on, row.ends_on = term.starts_on, term.ends_on
    row.save()


def _waiting() -> Trial | None:
    found: Trial | None = Trial.objects.filter(starts_on=None).first()
    return found
