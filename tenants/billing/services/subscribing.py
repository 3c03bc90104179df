"""The subscription of an account: found and locked, or begun."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from tenants import scope
from tenants.billing.arithmetic.terms import Term, local_date, term_at, trial_term
from tenants.billing.models import LegalEntity, Plan, Subscription, SubscriptionState
from tenants.billing.services import catalogue, pricing, trials
from tenants.models import Tenant


@dataclass(frozen=True)
class Terms:
    """On what terms a pair goes live today: those of the subscription, or those it would begin on.

    With `is_trial` the term costs nothing, and the first that is billed begins on its `ends_on`.
    """

    plan: Plan
    seller: LegalEntity
    currency: str
    time_zone: str
    today: date
    term: Term
    is_trial: bool = False


def locked() -> Subscription | None:
    """The account's subscription, held until the transaction ends."""
    rows = Subscription.objects.select_for_update(of=("self",)).select_related("plan", "seller")
    found: Subscription | None = rows.first()
    return found


def today(subscription: Subscription, now: datetime) -> date:
    """The account's day. Never before its term: a clock that was set back bills no day twice."""
    return max(local_date(now, subscription.time_zone), subscription.term_starts_on)


def terms(subscription: Subscription | None, now: datetime) -> Terms:
    """Call when renewals are up to date."""
    if subscription is not None and subscription.is_running:
        return Terms(
            subscription.plan,
            subscription.seller,
            subscription.currency,
            subscription.time_zone,
            today(subscription, now),
            Term(subscription.term_starts_on, subscription.renews_on),
            subscription.is_trial,
        )
    zone = Tenant.objects.get(pk=scope.current()).time_zone
    day = local_date(now, zone)
    if subscription is not None:
        # As far as days are billed already, whatever the clock says.
        day = max(day, subscription.renews_on)
    plan, seller = catalogue.plan(), catalogue.seller()
    free_days = trials.days_to_come(subscription, plan)
    term = trial_term(day, free_days) if free_days else term_at(day, day, plan.months)
    contract = pricing.contract_on(term.ends_on if free_days else day)
    currency = contract.currency if contract else seller.currency
    return Terms(plan, seller, currency, zone, day, term, is_trial=free_days > 0)


def begin(subscription: Subscription | None, on: Terms) -> Subscription:
    """Begins a run of terms today: the first one, or anew after a rest or an end."""
    if on.is_trial:
        trials.begin(on.term)
    values = {
        "plan": on.plan,
        "next_plan": None,
        "seller": on.seller,
        "currency": on.currency,
        "time_zone": on.time_zone,
        "state": SubscriptionState.ACTIVE,
        "anchor_on": on.term.starts_on,
        "term_starts_on": on.term.starts_on,
        "renews_on": on.term.ends_on,
        "is_trial": on.is_trial,
        "cancelled_at": None,
        "cancel_reason": "",
        "ended_on": None,
        "readable_until": None,
    }
    if subscription is None:
        made: Subscription = Subscription.objects.create(**values)
        return made
    for name, value in values.items():
        setattr(subscription, name, value)
    subscription.save()
    return subscription
