"""What an account pays, in a few facts, for its page in the admin. Call inside the account's scope."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tenants.billing.models import BilledPair, Receivable, Subscription
from tenants.billing.services import open_sums, standing, trials
from tenants.billing.services.trials import TrialState


@dataclass(frozen=True)
class Subscribed:
    """`facts`: name and value of each. `is_bad`: money is overdue, or it ended."""

    said: str
    is_bad: bool
    facts: list[tuple[str, str]]


def subscribed(*, now: datetime) -> Subscribed:
    found = standing.standing(now=now)
    facts = []
    subscription: Subscription | None = Subscription.objects.select_related(
        "plan", "next_plan"
    ).first()
    if subscription is not None:
        facts.append(("Plan", subscription.plan.name))
        if subscription.next_plan is not None:
            facts.append(("From the renewal on", subscription.next_plan.name))
        facts.append(("Pairs billed", str(BilledPair.objects.filter(ends_on=None).count())))
        if subscription.is_running:
            facts.append(("Renews on", f"{subscription.renews_on:%-d %b %Y}"))
        if left := open_sums.said(Receivable.objects.filter(open__gt=0)):
            facts.append(("Open", left))
    trial = trials.trial_of(now=now)
    if trial is not None and trial.state != TrialState.OVER:
        is_running = trial.state == TrialState.RUNNING
        left = f"{trial.days_left} days left" if is_running else f"{trial.days} days, not begun"
        facts.append(("Trial", left))
    bad = (standing.State.OVERDUE, standing.State.PAST_GRACE, standing.State.ENDED)
    return Subscribed(found.said, found.state in bad, facts)
