"""The plan, price and seller an installation begins with, and what is offered now."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from tenants.billing.arithmetic.money import rounded
from tenants.billing.models import LegalEntity, Plan, Price
from tenants.billing.services.problems import Unknown

CONNECT = "connect"
# Before anybody could have bought anything.
_ALWAYS = date(2000, 1, 1)


def ensure() -> None:
    """Makes the plan, price and seller that are missing; what was changed is left alone."""
    if Plan.objects.filter(pk=CONNECT).exists() and _seller() is not None:
        return
    LegalEntity.objects.bulk_create(
        [
            LegalEntity(
                code="main", name="Clarity Connect", country="US", prefix="CC", is_usual=True
            )
        ],
        ignore_conflicts=True,
    )
    Plan.objects.bulk_create([Plan(code=CONNECT, name="Connect")], ignore_conflicts=True)
    Price.objects.bulk_create(
        [Price(plan_id=CONNECT, currency="USD", monthly=Decimal(595), starts_on=_ALWAYS)],
        ignore_conflicts=True,
    )


def seller() -> LegalEntity:
    """Who sells to new accounts."""
    ensure()
    found = _seller()
    if found is None:
        raise Unknown("No legal entity is marked as the usual seller. Mark one.")
    return found


def plan(code: str = CONNECT) -> Plan:
    """The plan of that code. Raises Unknown."""
    ensure()
    found = Plan.objects.filter(pk=code).first()
    if found is None:
        raise Unknown(f"There is no plan {code}.", field="plan")
    return found


def a_term(of: Plan, *, currency: str, on: date) -> Decimal:
    """What a pair costs for one term of the plan on that day. Raises Unknown without a price."""
    prices = Price.objects.filter(plan=of, currency=currency, starts_on__lte=on)
    latest = prices.order_by("-starts_on", "-pk").first()
    if latest is None:
        raise Unknown(
            f"Plan {of.name} has no price in {currency} on {on}. Add one, then try again.",
            field="currency",
        )
    return rounded(latest.monthly * of.months, currency)


def _seller() -> LegalEntity | None:
    return LegalEntity.objects.filter(is_usual=True).first()
