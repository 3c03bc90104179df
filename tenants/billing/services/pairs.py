"""Pairs that go live and pairs that are removed: what an owner sees before, and what is billed.

Pausing a pair is no event here: it goes on being billed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from tenants import scope
from tenants.billing.arithmetic.charging import Charge
from tenants.billing.arithmetic.money import ZERO, shown
from tenants.billing.arithmetic.places import free_place
from tenants.billing.arithmetic.taxes import tax_on
from tenants.billing.arithmetic.terms import Term, local_date, term_at
from tenants.billing.models import BilledPair, BillingDetails, Invoice, Plan, Subscription
from tenants.billing.services import access, pricing, subscribing, tax_table
from tenants.billing.services.issuing import Item, issue
from tenants.billing.services.problems import CurrencyMismatch, PriceChanged
from tenants.billing.services.renewing import as_place, catch_up
from tenants.billing.services.subscribing import Terms
from tenants.models import Tenant, User
from tenants.services import audit


@dataclass(frozen=True)
class Agreed:
    """What the page showed and an owner agreed to: due now with tax, and a whole term."""

    total: Decimal
    a_term: Decimal
    currency: str


@dataclass(frozen=True)
class AfterTrial:
    """What a pair that goes live in a trial costs once it is over, as things stand: the first term,
    which begins on `term.starts_on`. Whoever cancels before is billed nothing."""

    plan: Plan
    term: Term
    charge: Charge
    tax_name: str
    tax: Decimal

    @property
    def total(self) -> Decimal:
        return self.charge.net + self.tax


@dataclass(frozen=True)
class Quote:
    """What a pair that goes live today costs: `total` now, `a_term` before tax at each renewal.

    With `takes_place` it is free until the renewal: the place of a removed pair is paid for. With
    `after_trial` it is free until the trial ends, and what comes then is said there.
    """

    terms: Terms
    a_term: Decimal
    charge: Charge | None
    tax_name: str
    tax: Decimal
    takes_place: bool
    after_trial: AfterTrial | None = None

    @property
    def total(self) -> Decimal:
        return (self.charge.net if self.charge else ZERO) + self.tax

    @property
    def agreed(self) -> Agreed:
        """To be sent along with the confirmation."""
        return Agreed(self.total, self.a_term, self.terms.currency)


def quote(*, now: datetime) -> Quote:
    """What the next pair costs, if it goes live now. Brings the account's renewals up to date."""
    _hold_account()
    subscription = subscribing.locked()
    if subscription is not None:
        catch_up(subscription, now=now)
    return _quote(subscription, subscribing.terms(subscription, now), now)


def went_live(
    *, pair_id: UUID, pair_name: str, agreed: Agreed, actor: User | None, now: datetime
) -> Invoice | None:
    """Bills a production pair from today on; None where a paid place was free or it is billed
    already, so a second call does nothing.

    Call in the transaction that makes the pair live. Raises NotAllowed, PriceChanged when it costs
    more than was agreed to (less is no reason to ask again), CurrencyMismatch.
    """
    access.by_owner(actor)
    _hold_account()
    subscription = subscribing.locked()
    if subscription is not None:
        catch_up(subscription, now=now)
        if BilledPair.objects.filter(pair_id=pair_id, ends_on=None).exists():
            return None
    terms = subscribing.terms(subscription, now)
    found = _quote(subscription, terms, now)
    _check(found, agreed)
    if subscription is None or not subscription.is_running:
        subscription = subscribing.begin(subscription, terms)
        _audit(subscription, "subscription.began", actor, {"renews_on": subscription.renews_on})
    if found.takes_place:
        _take_place(subscription)
    pair = BilledPair.objects.create(
        pair_id=pair_id,
        pair_name=pair_name,
        starts_on=terms.today,
        paid_until=terms.term.ends_on,
        agreed_a_term=found.a_term if terms.is_trial else None,
    )
    after = {"name": pair_name, "pair": str(pair_id), "from": terms.today}
    _audit(subscription, "pair.billed", actor, after)
    if found.charge is None:
        return None
    item = Item(
        f"{terms.plan.name}: {pair_name}",
        pair_id,
        terms.today,
        terms.term.ends_on,
        found.a_term,
        found.charge,
    )
    return issue(
        subscription, plan=terms.plan, cause=f"live {pair.pk}", items=[item], now=now, actor=actor
    )


def removed(*, pair_id: UUID, actor: User | None, now: datetime) -> date | None:
    """The pair is billed no more: it is left out at the renewal, and its place is free until then.

    Answers the day to which its place is paid; None when it is not billed. Open invoices stay. May
    be called again.
    """
    subscription = subscribing.locked()
    if subscription is None:
        return None
    catch_up(subscription, now=now)
    pair = BilledPair.objects.filter(pair_id=pair_id, ends_on=None).first()
    if pair is None:
        return None
    pair.ends_on = max(subscribing.today(subscription, now), pair.starts_on)
    pair.save(update_fields=["ends_on"])
    after = {
        "name": pair.pair_name,
        "pair": str(pair_id),
        "on": pair.ends_on,
        "paid_until": pair.paid_until,
    }
    _audit(subscription, "pair.billed_no_more", actor, after)
    paid_until: date = pair.paid_until
    return paid_until


def is_billed(pair_id: UUID) -> bool:
    """Whether the pair is billed now; then it goes live again without a price."""
    return bool(BilledPair.objects.filter(pair_id=pair_id, ends_on=None).exists())


def has_ended(pair_id: UUID) -> bool:
    """Whether the pair was billed once and is not any more, so that it may not just go on."""
    mine = BilledPair.objects.filter(pair_id=pair_id)
    return mine.exists() and not mine.filter(ends_on=None).exists()


def _quote(subscription: Subscription | None, terms: Terms, now: datetime) -> Quote:
    if terms.is_trial:
        return _quote_in_trial(subscription, terms)
    whole, charge = pricing.price(
        terms.plan, currency=terms.currency, term=terms.term, first_day=terms.today
    )
    if subscription is not None and _free(subscription) is not None:
        return Quote(terms, whole, None, "", ZERO, takes_place=True)
    buyer = tax_table.buyer(BillingDetails.objects.first())
    rate = tax_table.rate(terms.seller, buyer, local_date(now, terms.seller.time_zone))
    tax = tax_on(charge.net, rate.percent, terms.currency)
    return Quote(terms, whole, charge, rate.name, tax, takes_place=False)


def _quote_in_trial(subscription: Subscription | None, terms: Terms) -> Quote:
    plan = (subscription.next_plan if subscription else None) or terms.plan
    day = terms.term.ends_on
    first = term_at(day, day, plan.months)
    whole, charge = pricing.price(plan, currency=terms.currency, term=first, first_day=day)
    rate = tax_table.rate(terms.seller, tax_table.buyer(BillingDetails.objects.first()), day)
    tax = tax_on(charge.net, rate.percent, terms.currency)
    after = AfterTrial(plan, first, charge, rate.name, tax)
    return Quote(terms, whole, None, "", ZERO, takes_place=False, after_trial=after)


def _free(subscription: Subscription) -> BilledPair | None:
    if not subscription.is_running:
        return None
    rows = BilledPair.objects.exclude(ends_on=None)
    by_place = {as_place(row): row for row in rows}
    place = free_place(by_place, subscription.renews_on)
    return by_place[place] if place else None


def _take_place(subscription: Subscription) -> None:
    row = _free(subscription)
    if row is not None:
        row.is_taken = True
        row.save(update_fields=["is_taken"])


def _check(found: Quote, agreed: Agreed) -> None:
    currency = found.terms.currency
    if agreed.currency != currency:
        raise CurrencyMismatch(
            f"The price was shown in {agreed.currency}, and this account is billed in {currency}."
            " Look at the price again and confirm it."
        )
    if found.total > agreed.total or found.a_term > agreed.a_term:
        raise PriceChanged(
            f"The price changed since you looked: it is {shown(found.total, currency)} now and"
            f" {shown(found.a_term, currency)} for a whole term, not"
            f" {shown(agreed.total, currency)} and {shown(agreed.a_term, currency)}."
            " Nothing was billed. Look at it again and confirm it."
        )


def _hold_account() -> None:
    """One at a time: of two first pairs at once, the second finds the subscription of the first."""
    Tenant.objects.select_for_update(no_key=True).get(pk=scope.current())


def _audit(
    subscription: Subscription, action: str, actor: User | None, after: dict[str, object]
) -> None:
    audit.record(
        action=action,
        object_type="Subscription",
        object_id=subscription.pk,
        actor=actor,
        after=after,
    )
