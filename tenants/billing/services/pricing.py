"""What a pair costs this account: the contract of the day, else the plan, less the best discount."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.db.models import Q

from tenants.billing.arithmetic.charging import Charge, Reduction, charge
from tenants.billing.arithmetic.terms import Term
from tenants.billing.models import Contract, Discount, Plan
from tenants.billing.services import catalogue


def contract_on(day: date) -> Contract | None:
    """The contract that holds on a day; the latest one where two do."""
    holds = Contract.objects.filter(Q(ends_on=None) | Q(ends_on__gt=day), starts_on__lte=day)
    found: Contract | None = holds.order_by("-starts_on", "-pk").first()
    return found


def a_term(plan: Plan, *, currency: str, on: date) -> Decimal:
    """A whole term of one pair that begins, or goes live, on that day, before discounts."""
    contract = contract_on(on)
    if contract is not None and contract.currency == currency:
        agreed: Decimal = contract.a_term
        return agreed
    return catalogue.a_term(plan, currency=currency, on=on)


def price(
    plan: Plan, *, currency: str, term: Term, first_day: date, most: Decimal | None = None
) -> tuple[Decimal, Charge]:
    """A whole term of one pair, and what of it is charged from `first_day`. `most`: the whole term
    as it was agreed to before, which it does not go above."""
    whole = a_term(plan, currency=currency, on=first_day)
    whole = whole if most is None else min(whole, most)
    found = charge(
        a_term=whole,
        term=term,
        first_day=first_day,
        currency=currency,
        reductions=_reductions(currency, first_day),
    )
    return whole, found


def _reductions(currency: str, on: date) -> list[Reduction]:
    holds = Discount.objects.filter(Q(ends_on=None) | Q(ends_on__gt=on), starts_on__lte=on)
    return [
        Reduction(row.name, row.percent, row.off_a_term if row.currency == currency else Decimal(0))
        for row in holds.order_by("pk")
    ]
