"""Renewals: on the day, late, or twice. Facts decide what is billed, not when the job runs.

Whoever changes a subscription brings it up to date first (`catch_up`), so events that come while
the job is late meet the term they belong to.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID

from tenants import scope
from tenants.billing.arithmetic.places import Place, renewed
from tenants.billing.arithmetic.terms import Term, local_date, term_at
from tenants.billing.models import BilledPair, Invoice, Plan, Subscription, SubscriptionState
from tenants.billing.services import letters, pricing, subscribing
from tenants.billing.services.issuing import Item, issue
from tenants.services import audit

log = logging.getLogger(__name__)

REASON = "renew subscriptions"
# The sun rises first there: a day has begun somewhere this long before it does in UTC.
_EAST = timedelta(hours=14)
# Runs one piece so that its failure stops no other; answers whether it went well.
Surviving = Callable[[str, Callable[[], None]], bool]


def run_due(now: datetime, *, survives: Surviving) -> int:
    """Renews every account whose day has come, each in a transaction of its own; answers how many
    were looked at. May run twice, at once, or late. Call outside any scope.

    Raises RuntimeError at the end when some failed, so that the chore is known to have failed.
    """
    with scope.door(REASON):
        due = Subscription.objects.filter(
            state__in=(SubscriptionState.ACTIVE, SubscriptionState.CANCELLED),
            renews_on__lte=(now + _EAST).date(),
            tenant__erasing_since=None,
        )
        tenant_ids = list(due.order_by("renews_on", "pk").values_list("tenant_id", flat=True))
    failed = 0
    for tenant_id in tenant_ids:
        failed += not survives(f"renewal of {tenant_id}", _one(tenant_id, now))
    if failed:
        raise RuntimeError(f"{failed} of {len(tenant_ids)} renewals failed; the log says which")
    return len(tenant_ids)


def _one(tenant_id: UUID, now: datetime) -> Callable[[], None]:
    def renew() -> None:
        with scope.tenant(tenant_id):
            subscription = subscribing.locked()
            if subscription is not None:
                catch_up(subscription, now=now)

    return renew


def catch_up(subscription: Subscription, *, now: datetime) -> list[Invoice]:
    """Every renewal that is due by now, in order. Call with the subscription locked."""
    issued = []
    today = local_date(now, subscription.time_zone)
    while subscription.is_running and subscription.renews_on <= today:
        invoice = _renew(subscription, now=now)
        if invoice is not None:
            issued.append(invoice)
    return issued


def _renew(subscription: Subscription, *, now: datetime) -> Invoice | None:
    if subscription.state == SubscriptionState.CANCELLED:
        _end(subscription, now=now)
        return None
    first_day = subscription.renews_on
    pairs = renewing_pairs(subscription)
    if not pairs:
        subscription.state, subscription.is_trial = SubscriptionState.RESTING, False
        subscription.save(update_fields=["state", "is_trial"])
        _audit(subscription, "subscription.rests", after={"since": first_day})
        return None
    plan, anchor, term = next_term(subscription)
    invoice = issue(
        subscription,
        plan=plan,
        cause=f"renewal {first_day}",
        items=[renewal_item(pair, plan, subscription, term) for pair in pairs],
        now=now,
    )
    subscription.plan, subscription.next_plan, subscription.anchor_on = plan, None, anchor
    subscription.term_starts_on, subscription.renews_on = term.starts_on, term.ends_on
    subscription.is_trial = False
    subscription.save()
    BilledPair.objects.filter(pk__in=[pair.pk for pair in pairs]).update(
        paid_until=term.ends_on, agreed_a_term=None
    )
    return invoice


def next_term(subscription: Subscription) -> tuple[Plan, date, Term]:
    """The plan, anchor and term from the renewal on. Another length of terms counts from there, and
    so does the first term after a trial."""
    plan = subscription.next_plan or subscription.plan
    goes_on = plan.months == subscription.plan.months and not subscription.is_trial
    anchor = subscription.anchor_on if goes_on else subscription.renews_on
    return plan, anchor, term_at(anchor, subscription.renews_on, plan.months)


def renewing_pairs(subscription: Subscription) -> list[BilledPair]:
    """The pairs that the next term is billed for, as things stand."""
    rows = {row.pk: row for row in BilledPair.objects.all()}
    places = [replace(as_place(row), pair_id=row.pk) for row in rows.values()]
    return [rows[place.pair_id] for place in renewed(places, subscription.renews_on)]


def renewal_item(pair: BilledPair, plan: Plan, subscription: Subscription, term: Term) -> Item:
    """The line of one pair for a whole term; after a trial at no more than was agreed to in it."""
    whole, charge = pricing.price(
        plan,
        currency=subscription.currency,
        term=term,
        first_day=term.starts_on,
        most=pair.agreed_a_term if plan.pk == subscription.plan_id else None,
    )
    return Item(
        f"{plan.name}: {pair.pair_name}", pair.pair_id, term.starts_on, term.ends_on, whole, charge
    )


def as_place(row: BilledPair) -> Place:
    """The row as the arithmetic knows it."""
    return Place(row.pair_id, row.starts_on, row.paid_until, row.ends_on, row.is_taken)


def _end(subscription: Subscription, *, now: datetime) -> None:
    last = subscription.renews_on
    subscription.state, subscription.is_trial = SubscriptionState.ENDED, False
    subscription.ended_on = last
    subscription.readable_until = last + timedelta(days=subscription.plan.readable_days)
    subscription.save()
    BilledPair.objects.filter(ends_on=None).update(ends_on=last)
    letters.ended(on=last, now=now)
    _audit(
        subscription,
        "subscription.ended",
        after={"on": last, "readable_until": subscription.readable_until},
    )


def _audit(subscription: Subscription, action: str, *, after: dict[str, object]) -> None:
    audit.record(action=action, object_type="Subscription", object_id=subscription.pk, after=after)
