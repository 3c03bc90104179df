"""Ends a subscription at its renewal, takes that back, and changes the plan at the renewal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from tenants.billing.arithmetic.money import ZERO
from tenants.billing.arithmetic.taxes import tax_on
from tenants.billing.models import BillingDetails, Subscription, SubscriptionState
from tenants.billing.services import (
    access,
    catalogue,
    letters,
    pricing,
    subscribing,
    tax_table,
)
from tenants.billing.services.problems import BillingProblem, Unknown
from tenants.billing.services.renewing import catch_up, next_term, renewal_item, renewing_pairs
from tenants.models import User
from tenants.services import audit


@dataclass(frozen=True)
class NextCharge:
    """What the renewal will cost as things stand now."""

    on: date
    pairs: int
    net: Decimal
    tax: Decimal
    currency: str

    @property
    def total(self) -> Decimal:
        return self.net + self.tax


def cancel(*, reason: str, actor: User | None, now: datetime) -> date:
    """No renewal any more; everything runs until then. Answers the last day's morrow.

    A second call changes nothing. Raises NotAllowed, and BillingProblem without a reason or without
    a subscription.
    """
    access.by_owner_or_finance(actor)
    said = " ".join(reason.replace("\x00", "").split())
    if not said:
        raise BillingProblem("Say why you cancel; a word is enough.", field="reason")
    subscription = _running(now)
    if subscription.state == SubscriptionState.ACTIVE:
        subscription.state = SubscriptionState.CANCELLED
        subscription.cancelled_at, subscription.cancel_reason = now, said
        subscription.save(update_fields=["state", "cancelled_at", "cancel_reason"])
        letters.cancelled(at=now, now=now)
        _audit(subscription, "subscription.cancelled", actor, reason=said)
    return subscription.renews_on


def go_on(*, actor: User | None, now: datetime) -> date:
    """Takes a cancellation back, as long as the term lasts; answers the day of renewal."""
    access.by_owner_or_finance(actor)
    subscription = _running(now)
    if subscription.state == SubscriptionState.CANCELLED:
        subscription.state = SubscriptionState.ACTIVE
        subscription.cancelled_at, subscription.cancel_reason = None, ""
        subscription.save(update_fields=["state", "cancelled_at", "cancel_reason"])
        _audit(subscription, "subscription.goes_on", actor)
    return subscription.renews_on


def change_plan(*, code: str, actor: User | None, now: datetime) -> date:
    """Another plan from the renewal on; the term that is paid runs on the one of today.

    Raises NotAllowed, Unknown when the plan is not offered or has no price in the currency.
    """
    access.by_owner_or_finance(actor)
    subscription, plan = _running(now), catalogue.plan(code)
    if not plan.is_offered:
        raise Unknown(f"Plan {plan.name} is not offered any more.", field="plan")
    pricing.a_term(plan, currency=subscription.currency, on=subscription.renews_on)
    before = subscription.next_plan or subscription.plan
    if before.pk != plan.pk:
        subscription.next_plan = None if plan.pk == subscription.plan_id else plan
        subscription.save(update_fields=["next_plan"])
        audit.record(
            action="subscription.plan_changed",
            object_type="Subscription",
            object_id=subscription.pk,
            actor=actor,
            before={"plan": before.pk},
            after={"plan": plan.pk, "from": subscription.renews_on},
        )
    return subscription.renews_on


def next_charge(subscription: Subscription) -> NextCharge | None:
    """None when nothing will be charged: cancelled, ended, or no pair left."""
    if subscription.state != SubscriptionState.ACTIVE:
        return None
    pairs = renewing_pairs(subscription)
    if not pairs:
        return None
    plan, _, term = next_term(subscription)
    currency = subscription.currency
    rate = tax_table.rate(
        subscription.seller, tax_table.buyer(BillingDetails.objects.first()), term.starts_on
    )
    nets = [renewal_item(pair, plan, subscription, term).charge.net for pair in pairs]
    tax = sum((tax_on(net, rate.percent, currency) for net in nets), ZERO)
    return NextCharge(term.starts_on, len(pairs), sum(nets, ZERO), tax, currency)


def _running(now: datetime) -> Subscription:
    subscription = subscribing.locked()
    if subscription is not None:
        catch_up(subscription, now=now)
    if subscription is None or not subscription.is_running:
        raise BillingProblem("This account has no subscription that runs; there is nothing to do.")
    return subscription


def _audit(
    subscription: Subscription, action: str, actor: User | None, *, reason: str = ""
) -> None:
    audit.record(
        action=action,
        object_type="Subscription",
        object_id=subscription.pk,
        actor=actor,
        after={"renews_on": subscription.renews_on},
        reason=reason,
    )
