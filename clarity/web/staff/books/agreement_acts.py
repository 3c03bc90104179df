"""What finance agrees with one account: contracts, discounts, a trial; each from day to day."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from clarity.web.once_more import once_more
from clarity.web.staff.books.asking import Deed, Done, Stale, asked
from clarity.web.staff.books.forms import (
    ContractForm,
    DeedForm,
    DiscountForm,
    EndForm,
    TrialForm,
)
from clarity.web.staff.gate import staff_page
from tenants.billing.arithmetic.money import shown
from tenants.billing.arithmetic.terms import local_date
from tenants.billing.models import Contract, Discount, Subscription
from tenants.billing.services import agreements, catalogue, trial_granting
from tenants.models import Tenant, User

_asks_first = require_http_methods(["GET", "HEAD", "POST"])
_BILLED_STAYS = "What was billed stays as it is; it counts for pairs that go live and at renewals."


@staff_page
@_asks_first
@once_more
def contract(request: HttpRequest, person: User, slug: str) -> HttpResponse:
    """A price for this account alone."""

    def making(tenant: Tenant, now: datetime) -> Deed:
        return Deed(
            title="Agree a price with this account",
            button="Agree it",
            back=_back(tenant),
            form=ContractForm,
            does=lambda form: _contract(form, tenant, person),
            initial=_from_today(now),
        )

    return asked(request, person, slug, making)


@staff_page
@_asks_first
@once_more
def discount(request: HttpRequest, person: User, slug: str) -> HttpResponse:
    """Something off what this account is billed."""

    def making(tenant: Tenant, now: datetime) -> Deed:
        return Deed(
            title="Grant a discount",
            button="Grant it",
            back=_back(tenant),
            form=DiscountForm,
            does=lambda form: _discount(form, tenant, person),
            quiet="Where several hold, the best one is taken.",
            initial=_from_today(now),
        )

    return asked(request, person, slug, making)


@staff_page
@_asks_first
@once_more
def end_contract(request: HttpRequest, person: User, slug: str, agreement_id: int) -> HttpResponse:
    """A contract holds no more from a day on."""

    def making(tenant: Tenant, now: datetime) -> Deed:
        row = _one(Contract, agreement_id)
        what = f"{shown(row.a_term, row.currency)} a pair and term"

        def does(form: DeedForm) -> Done:
            day = form.cleaned_data["ends_on"]
            agreements.end_contract(contract_id=row.pk, ends_on=day, actor=person)
            return _ended(f"The contract over {what}", day)

        return Deed(
            "End a contract", "End it", _back(tenant), EndForm, does, what, _until_today(now)
        )

    return asked(request, person, slug, making)


@staff_page
@_asks_first
@once_more
def end_discount(request: HttpRequest, person: User, slug: str, agreement_id: int) -> HttpResponse:
    """Nothing is taken off from a day on."""

    def making(tenant: Tenant, now: datetime) -> Deed:
        row = _one(Discount, agreement_id)

        def does(form: DeedForm) -> Done:
            day = form.cleaned_data["ends_on"]
            agreements.end_discount(discount_id=row.pk, ends_on=day, actor=person)
            return _ended(f"The discount {row.name}", day)

        return Deed(
            "End a discount", "End it", _back(tenant), EndForm, does, row.name, _until_today(now)
        )

    return asked(request, person, slug, making)


@staff_page
@_asks_first
@once_more
def trial(request: HttpRequest, person: User, slug: str) -> HttpResponse:
    """Days in which production pairs cost nothing."""

    def making(tenant: Tenant, now: datetime) -> Deed:
        return Deed(
            title="Grant a trial",
            button="Grant it",
            back=_back(tenant),
            form=TrialForm,
            does=lambda form: _trial(form, person, now),
            quiet="It begins with the first pair that goes live. While one runs, the days are"
            " counted from its first day and can only make it longer.",
        )

    return asked(request, person, slug, making)


@staff_page
@_asks_first
@once_more
def withdraw_trial(request: HttpRequest, person: User, slug: str) -> HttpResponse:
    """Takes back a trial that has not begun."""

    def making(tenant: Tenant, now: datetime) -> Deed:
        def does(form: DeedForm) -> Done:
            reason = form.cleaned_data["reason"]
            was_there = trial_granting.withdraw_trial(reason=reason, actor=person, now=now)
            said = "The trial is taken back." if was_there else "No trial waits any more."
            return Done(["The next pair that goes live is billed from its first day."], said)

        return Deed("Take the trial back", "Take it back", _back(tenant), DeedForm, does)

    return asked(request, person, slug, making)


def _contract(form: DeedForm, tenant: Tenant, person: User) -> Done:
    said = form.cleaned_data
    _one_at_a_time(tenant)
    values = {
        "a_term": said["a_term"],
        "currency": said["currency"],
        "ends_on": said["ends_on"],
        "note": said["note"],
    }
    same_day: Contract | None = Contract.objects.filter(starts_on=said["starts_on"]).first()
    if same_day is not None and any(getattr(same_day, name) != values[name] for name in values):
        raise Stale(
            f"From {_day(said['starts_on'])} on a contract over"
            f" {shown(same_day.a_term, same_day.currency)} is agreed already. End it, or let the new"
            " one begin on another day. Nothing was written."
        )
    row = same_day or agreements.agree_contract(starts_on=said["starts_on"], actor=person, **values)
    what = shown(row.a_term, row.currency)
    return Done(
        [f"A pair costs {what} for a term, {_days(row)}.", _BILLED_STAYS],
        f"The contract over {what} is agreed.",
    )


def _discount(form: DeedForm, tenant: Tenant, person: User) -> Done:
    said = form.cleaned_data
    _one_at_a_time(tenant)
    off = said["off_a_term"] or Decimal(0)
    values = {
        "name": said["name"],
        "percent": said["percent"] or Decimal(0),
        "off_a_term": off,
        "currency": said["currency"] if off else "",
        "starts_on": said["starts_on"],
        "ends_on": said["ends_on"],
    }
    known: Discount | None = Discount.objects.filter(**values).first()
    row = known or agreements.grant_discount(actor=person, **values)
    what = shown(off, row.currency) if off else f"{row.percent.normalize():f} %"
    return Done(
        [
            f"{what} is taken off what is billed for a pair and term, {_days(row)}.",
            f"Invoices name it {row.name}.",
            _BILLED_STAYS,
        ],
        f"The discount {row.name} is granted.",
    )


def _trial(form: DeedForm, person: User, now: datetime) -> Done:
    row = trial_granting.grant_trial(
        days=form.cleaned_data["days"], reason=form.cleaned_data["reason"], actor=person, now=now
    )
    days = "1 day" if row.days == 1 else f"{row.days} days"
    if row.ends_on is None:
        when = f"{days} from the first pair that goes live cost nothing."
    else:
        when = f"The trial has {days}; billing begins on {_day(row.ends_on)}."
    return Done([when, "Who cancels before it ends is billed nothing."], f"Granted: {when}")


def _one_at_a_time(tenant: Tenant) -> None:
    """Two of finance at once: the second meets what the first agreed."""
    Tenant.objects.select_for_update(no_key=True).get(pk=tenant.pk)


def _one(model: type[Contract] | type[Discount], agreement_id: int) -> Any:
    row = model.objects.filter(pk=agreement_id).first() if agreement_id < 2**63 else None
    if row is None:
        raise Http404
    return row


def _ended(what: str, day: date) -> Done:
    said = f"{what} holds no more from {_day(day)} on."
    return Done([said, _BILLED_STAYS], said)


def _from_today(now: datetime) -> dict[str, Any]:
    """The account's own currency where it has one, else the seller's."""
    seller = catalogue.seller()
    billed_in = Subscription.objects.values_list("currency", flat=True).first()
    return {
        "starts_on": local_date(now, seller.time_zone),
        "currency": billed_in or seller.currency,
    }


def _until_today(now: datetime) -> dict[str, Any]:
    return {"ends_on": local_date(now, catalogue.seller().time_zone)}


def _days(row: Contract | Discount) -> str:
    until = f" until {_day(row.ends_on)}" if row.ends_on else ""
    return f"from {_day(row.starts_on)}{until}"


def _day(day: date) -> str:
    return f"{day:%-d %b %Y}"


def _back(tenant: Tenant) -> str:
    url = reverse("admin:account-billing", kwargs={"slug": tenant.slug})
    return f"{url}#agreements"
