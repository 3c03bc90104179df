"""What comes in again and again, over all accounts that one of our people looks after: the monthly
recurring revenue, and what the coming renewals will bill.

The same rules as `pricing` and `renewing` go by, on rows that were read at once: a list of a thousand
accounts asks five questions, not five thousand. A test holds the two against each other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from uuid import UUID

from tenants.billing.arithmetic.charging import Reduction, charge
from tenants.billing.arithmetic.money import ZERO, rounded
from tenants.billing.arithmetic.places import renewed
from tenants.billing.arithmetic.terms import Term, shown_day, term_at
from tenants.billing.models import (
    BilledPair,
    Contract,
    Discount,
    Plan,
    Price,
    Subscription,
    SubscriptionState,
)
from tenants.billing.services import across
from tenants.billing.services.renewing import as_place, next_term
from tenants.models import Tenant, User

MONTHS = 12


@dataclass(frozen=True)
class Recurring:
    """Of one account: pairs that are billed today, and what they bring a month before tax."""

    tenant: Tenant
    currency: str
    pairs: int
    monthly: Decimal
    yearly: Decimal
    renews_on: date
    is_cancelled: bool


@dataclass(frozen=True)
class Renewal:
    """What an account's renewal will bill before tax as things stand; `net` is None where it ends
    then or has no pair left, and where the plan has no price any more (`problem` says so)."""

    tenant: Tenant
    currency: str
    on: date
    pairs: int
    net: Decimal | None
    said: str = ""
    problem: str = ""


@dataclass
class _Agreed:
    """What was agreed with one account, and the prices of all plans."""

    prices: Sequence[Price]
    contracts: list[Contract] = field(default_factory=list)
    discounts: list[Discount] = field(default_factory=list)

    def net(
        self, plan: Plan, *, currency: str, term: Term, on: date, most: Decimal | None = None
    ) -> Decimal | None:
        """A whole term of one pair at the price of that day, less the best discount; None without
        a price."""
        whole = self._a_term(plan, currency, on)
        if whole is None:
            return None
        if most is not None:
            whole = min(whole, most)
        reductions = [
            Reduction(one.name, one.percent, one.off_a_term if one.currency == currency else ZERO)
            for one in self.discounts
            if _holds(one, on)
        ]
        return charge(
            a_term=whole,
            term=term,
            first_day=term.starts_on,
            currency=currency,
            reductions=reductions,
        ).net

    def _a_term(self, plan: Plan, currency: str, on: date) -> Decimal | None:
        held = [one for one in self.contracts if _holds(one, on)]
        if held:
            contract = max(held, key=lambda one: (one.starts_on, one.pk))
            if contract.currency == currency:
                agreed: Decimal = contract.a_term
                return agreed
        listed = [
            one
            for one in self.prices
            if (one.plan_id, one.currency) == (plan.pk, currency) and one.starts_on <= on
        ]
        if not listed:
            return None
        latest = max(listed, key=lambda one: (one.starts_on, one.pk))
        return rounded(latest.monthly * plan.months, currency)


def recurring(person: User, *, today: date) -> list[Recurring]:
    """Accounts with a subscription that runs and bills, by name.

    A pair counts from the day it went live to the day it was removed, at what a whole term of it
    costs today: the contract, else the plan's price, less the best discount, before tax, divided by
    the months of a term. One that was cancelled counts until it ends. Sandbox pairs, trials and
    accounts that rest bring nothing. The year is twelve such months, rounded once.
    """
    found = []
    running, pairs, agreed = _read(person)
    for row in running:
        mine = [one for one in pairs[row.tenant_id] if one.ends_on is None]
        term = term_at(row.anchor_on, max(today, row.anchor_on), row.plan.months)
        net = agreed[row.tenant_id].net(row.plan, currency=row.currency, term=term, on=today)
        if not mine or net is None or row.is_trial:
            continue
        a_month = net * len(mine) / row.plan.months
        found.append(
            Recurring(
                row.tenant,
                row.currency,
                len(mine),
                rounded(a_month, row.currency),
                rounded(net * len(mine) * MONTHS / row.plan.months, row.currency),
                row.renews_on,
                row.state == SubscriptionState.CANCELLED,
            )
        )
    return found


def renewals(person: User, *, since: date, until: date) -> list[Renewal]:
    """Renewals from `since` to the day before `until`, by day, then name. Each account is there at
    its next renewal only: what follows depends on what is agreed until then."""
    found = []
    running, pairs, agreed = _read(person)
    for row in sorted(running, key=lambda one: (one.renews_on, one.tenant.name, str(one.pk))):
        if since <= row.renews_on < until:
            found.append(_renewal(row, pairs[row.tenant_id], agreed[row.tenant_id]))
    return found


def by_currency(rows: Iterable[Recurring]) -> dict[str, tuple[int, int, Decimal, Decimal]]:
    """Accounts, pairs, a month and a year of each currency. Currencies are never added up."""
    sums: dict[str, tuple[int, int, Decimal, Decimal]] = {}
    for row in rows:
        accounts, pairs, monthly, yearly = sums.get(row.currency, (0, 0, ZERO, ZERO))
        sums[row.currency] = (
            accounts + 1,
            pairs + row.pairs,
            monthly + row.monthly,
            yearly + row.yearly,
        )
    return dict(sorted(sums.items()))


def _renewal(row: Subscription, pairs: Sequence[BilledPair], agreed: _Agreed) -> Renewal:
    if row.state == SubscriptionState.CANCELLED:
        return Renewal(row.tenant, row.currency, row.renews_on, 0, None, "It ends: cancelled.")
    rows = {one.pk: one for one in pairs}
    places = [replace(as_place(one), pair_id=one.pk) for one in pairs]
    left = [rows[place.pair_id] for place in renewed(places, row.renews_on)]
    if not left:
        return Renewal(
            row.tenant, row.currency, row.renews_on, 0, None, "It rests: no pair is left."
        )
    plan, _, term = next_term(row)
    nets = [
        agreed.net(
            plan,
            currency=row.currency,
            term=term,
            on=term.starts_on,
            most=_promised(one, row, plan),
        )
        for one in left
    ]
    if any(net is None for net in nets):
        problem = f"Plan {plan.name} has no price in {row.currency} on {shown_day(term.starts_on)}. Add one."
        return Renewal(row.tenant, row.currency, row.renews_on, len(left), None, problem=problem)
    said = "The first term after the trial." if row.is_trial else ""
    total = sum((net for net in nets if net is not None), ZERO)
    return Renewal(row.tenant, row.currency, row.renews_on, len(left), total, said)


def _promised(pair: BilledPair, row: Subscription, plan: Plan) -> Decimal | None:
    """What was agreed to in a trial for the term after it, at most."""
    return pair.agreed_a_term if plan.pk == row.plan_id else None


def _read(
    person: User,
) -> tuple[list[Subscription], Mapping[UUID, list[BilledPair]], Mapping[UUID, _Agreed]]:
    """Running subscriptions by name of the account, and of each account its pairs and agreements."""
    with across.books_of(person):
        running = list(
            across.assigned(Subscription, person)
            .filter(state__in=(SubscriptionState.ACTIVE, SubscriptionState.CANCELLED))
            .select_related("tenant", "plan", "next_plan")
            .order_by("tenant__name", "pk")
        )
        prices = list(Price.objects.order_by("pk"))
        pairs: dict[UUID, list[BilledPair]] = defaultdict(list)
        for pair in across.assigned(BilledPair, person).order_by("pk"):
            pairs[pair.tenant_id].append(pair)
        agreed: dict[UUID, _Agreed] = defaultdict(lambda: _Agreed(prices))
        for contract in across.assigned(Contract, person).order_by("pk"):
            agreed[contract.tenant_id].contracts.append(contract)
        for discount in across.assigned(Discount, person).order_by("pk"):
            agreed[discount.tenant_id].discounts.append(discount)
    return running, pairs, agreed


def _holds(row: Contract | Discount, day: date) -> bool:
    return row.starts_on <= day and (row.ends_on is None or row.ends_on > day)
