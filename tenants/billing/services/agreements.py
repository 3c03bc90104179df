"""What finance sets as data: prices, tax rates, contracts and discounts; and an owner's details."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import cast

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from tenants import scope
from tenants.billing.arithmetic import tax_ids
from tenants.billing.arithmetic.countries import COUNTRIES
from tenants.billing.arithmetic.money import is_whole, shown, unit
from tenants.billing.arithmetic.taxes import Buyers
from tenants.billing.arithmetic.terms import shown_day
from tenants.billing.models import (
    BillingDetails,
    Contract,
    Discount,
    LegalEntity,
    Plan,
    Price,
    Subscription,
    TaxRate,
)
from tenants.billing.services import access
from tenants.billing.services.problems import BillingProblem, CurrencyMismatch, Unknown
from tenants.models import User
from tenants.services import audit

# It is printed on invoices.
LONGEST_NAME = 80
LONGEST_ADDRESS = 1000


def set_price(
    plan: Plan,
    *,
    currency: str,
    monthly: Decimal,
    starts_on: date,
    actor: User | None,
    reason: str = "",
) -> Price:
    """A month of one pair from a day on. Running terms keep what they cost. Passes the door.

    A price is added, never edited: the same again is the same row. Raises BillingProblem for another
    one of the same day.
    """
    access.by_finance(actor)
    _check_amount(monthly, currency, field="monthly")
    with scope.door("set a price", actor=actor):
        price, is_new = Price.objects.get_or_create(
            plan=plan, currency=currency, starts_on=starts_on, defaults={"monthly": monthly}
        )
        if not is_new:
            return _same_price(price, monthly)
        audit.record(
            action="price.set", object_type="Price", object_id=price.pk, actor=actor,
            after={"plan": plan.pk, "monthly": monthly, "currency": currency, "from": starts_on},
            reason=reason,
        )  # fmt: skip
    return price


def _same_price(price: Price, monthly: Decimal) -> Price:
    if price.monthly == monthly:
        return price
    raise BillingProblem(
        f"From {shown_day(price.starts_on)} on a month costs {shown(price.monthly, price.currency)} already. A"
        " price is added, never edited: enter another day.",
        field="starts_on",
    )


def set_tax_rate(
    seller: LegalEntity,
    *,
    name: str,
    percent: Decimal,
    country: str,
    starts_on: date,
    actor: User | None,
    region: str = "",
    buyers: Buyers = Buyers.ALL,
    ends_on: date | None = None,
    reason: str = "",
) -> TaxRate:
    """A rate the seller is liable for from a day on. Passes the door."""
    access.by_finance(actor)
    _check_name(name)
    _check_percent(percent)
    _check_days(starts_on, ends_on)
    with scope.door("set a tax rate", actor=actor):
        rate = TaxRate.objects.create(
            seller=seller, name=name, percent=percent, country=country.upper(), region=region,
            buyers=buyers, starts_on=starts_on, ends_on=ends_on,
        )  # fmt: skip
        audit.record(
            action="tax_rate.set", object_type="TaxRate", object_id=rate.pk, actor=actor,
            after={"name": name, "percent": percent, "country": country, "from": starts_on},
            reason=reason,
        )  # fmt: skip
    return rate


def agree_contract(
    *,
    currency: str,
    a_term: Decimal,
    starts_on: date,
    ends_on: date | None,
    note: str,
    actor: User | None,
) -> Contract:
    """A price for this account alone: what a pair costs for a term that begins in those days."""
    access.by_finance(actor)
    _check_amount(a_term, currency, field="a_term")
    _check_days(starts_on, ends_on)
    billed_in = Subscription.objects.values_list("currency", flat=True).first()
    if billed_in not in (None, currency):
        raise CurrencyMismatch(
            f"This account is billed in {billed_in}, and the contract is in {currency}. Agree it in"
            f" {billed_in}.",
            field="currency",
        )
    contract, _ = Contract.objects.update_or_create(
        starts_on=starts_on,
        defaults={"currency": currency, "a_term": a_term, "ends_on": ends_on, "note": note},
    )
    audit.record(
        action="contract.agreed", object_type="Contract", object_id=contract.pk, actor=actor,
        after={"a_term": a_term, "currency": currency, "from": starts_on, "until": ends_on},
    )  # fmt: skip
    return contract  # type: ignore[no-any-return]


def grant_discount(
    *,
    name: str,
    starts_on: date,
    ends_on: date | None,
    actor: User | None,
    percent: Decimal = Decimal(0),
    off_a_term: Decimal = Decimal(0),
    currency: str = "",
) -> Discount:
    """Off everything billed for periods that begin in those days."""
    access.by_finance(actor)
    _check_name(name)
    _check_percent(percent)
    _check_days(starts_on, ends_on)
    if off_a_term:
        _check_amount(off_a_term, currency, field="off_a_term")
    discount: Discount = Discount.objects.create(
        name=name, percent=percent, off_a_term=off_a_term, currency=currency,
        starts_on=starts_on, ends_on=ends_on,
    )  # fmt: skip
    audit.record(
        action="discount.granted", object_type="Discount", object_id=discount.pk, actor=actor,
        after={"name": name, "percent": percent, "off": off_a_term, "from": starts_on,
               "until": ends_on},
    )  # fmt: skip
    return discount


def end_contract(*, contract_id: int, ends_on: date, actor: User | None) -> Contract:
    """The contract holds no more from that day on; what was billed stays. Raises Unknown,
    BillingProblem."""
    access.by_finance(actor)
    row: Contract | None = Contract.objects.select_for_update().filter(pk=contract_id).first()
    _end(row, ends_on, "contract.ended", actor)
    return cast("Contract", row)


def end_discount(*, discount_id: int, ends_on: date, actor: User | None) -> Discount:
    """Nothing is taken off from that day on; what was billed stays. Raises Unknown,
    BillingProblem."""
    access.by_finance(actor)
    row: Discount | None = Discount.objects.select_for_update().filter(pk=discount_id).first()
    _end(row, ends_on, "discount.ended", actor)
    return cast("Discount", row)


def _end(row: Contract | Discount | None, ends_on: date, action: str, actor: User | None) -> None:
    if row is None:
        raise Unknown("There is no such agreement in this account.")
    if row.ends_on == ends_on:
        return
    if ends_on < row.starts_on:
        raise BillingProblem(f"It begins on {shown_day(row.starts_on)} only.", field="ends_on")
    if row.ends_on is not None and row.ends_on < ends_on:
        raise BillingProblem(
            f"It ends on {shown_day(row.ends_on)} already. Agree a new one from that day.",
            field="ends_on",
        )
    before, row.ends_on = row.ends_on, ends_on
    row.save(update_fields=["ends_on"])
    audit.record(
        action=action, object_type=type(row).__name__, object_id=row.pk, actor=actor,
        before={"until": before}, after={"until": ends_on},
    )  # fmt: skip


def save_details(*, said: dict[str, str], actor: User | None) -> BillingDetails:
    """Whom invoices are for from now on; issued ones stay as they are. Raises BillingProblem."""
    access.by_owner(actor)
    clean = {name: value.replace("\x00", "") for name, value in said.items()}
    values = {name: " ".join(clean.get(name, "").split()) for name in _LINES}
    values["address"] = clean.get("address", "").strip()
    country = values["country"] = values["country"].upper()
    problems = list(_wrong(values))
    try:
        values["tax_id"] = _tax_id(country, values["tax_id"])
    except BillingProblem as error:
        problems.append(error)
    if problems:
        first, *others = problems
        first.others = tuple(others)
        raise first
    details, _ = BillingDetails.objects.update_or_create(tenant_id=scope.current(), defaults=values)
    audit.record(
        action="billing_details.saved", object_type="BillingDetails", object_id=details.pk,
        actor=actor, after={"country": country, "region": values["region"]},
    )  # fmt: skip
    return details  # type: ignore[no-any-return]


def _wrong(values: dict[str, str]) -> Iterator[BillingProblem]:
    """What is wrong with each line by itself."""
    country, email = values["country"], values["contact_email"]
    if country and country not in COUNTRIES:
        yield BillingProblem(f"{country} is no country code; DE is one.", field="country")
    try:
        if email:
            validate_email(email)
    except ValidationError:
        yield BillingProblem(f"{email} is no e-mail address.", field="contact_email")
    for name, longest in {**_LINES, "address": LONGEST_ADDRESS}.items():
        if len(values[name]) > longest:
            yield BillingProblem(f"At most {longest} characters are kept.", field=name)


def _tax_id(country: str, text: str) -> str:
    if text and not country:
        raise BillingProblem("Choose the country that gave you this tax id.", field="country")
    try:
        return tax_ids.written(country, text)
    except tax_ids.BadTaxId as error:
        raise BillingProblem(str(error), field="tax_id") from None


_LINES = {
    "name": 200, "country": 2, "region": 40, "tax_id": 60, "contact_name": 200,
    "contact_email": 254,
}  # fmt: skip


def _check_name(name: str) -> None:
    if not name.strip() or len(name) > LONGEST_NAME or "\x00" in name:
        raise BillingProblem(f"Enter a name of 1 to {LONGEST_NAME} characters.", field="name")


def _check_amount(amount: Decimal, currency: str, *, field: str) -> None:
    unit(currency)
    if not is_whole(amount, currency) or amount < 0:
        raise BillingProblem(f"{amount} is not a price in {currency}.", field=field)


def _check_percent(percent: Decimal) -> None:
    if not (percent.is_finite() and 0 <= percent <= 100):
        raise BillingProblem(f"{percent} % is not between 0 and 100.", field="percent")


def _check_days(starts_on: date, ends_on: date | None) -> None:
    if ends_on is not None and ends_on <= starts_on:
        raise BillingProblem("It would end before it begins.", field="ends_on")
