"""Trials: of the plan and granted, what they cost when they are over, and what ends them."""

from __future__ import annotations

import uuid
from datetime import date
from decimal import Decimal

import pytest

from tenants import scope
from tenants.billing.models import Plan, Subscription, Trial
from tenants.billing.services import (
    agreements,
    cancelling,
    catalogue,
    pairs,
    standing,
    trial_granting,
)
from tenants.billing.services.problems import BillingProblem, NotAllowed, PriceChanged
from tenants.billing.services.trials import TrialView, trial_of
from tenants.models import AuditEntry
from tests.billing.conftest import Account, account, at
from tests.billing.test_pairs import renew, totals

D = Decimal


def grant(shop: Account, days: int, day: str = "2026-02-20", **said: object) -> Trial:
    values = {"reason": "Asked at the fair", "actor": shop.finance, **said}
    with scope.tenant(shop.tenant.pk):
        return trial_granting.grant_trial(days=days, now=at(day), **values)  # type: ignore[arg-type]


def seen(shop: Account, day: str) -> TrialView | None:
    with scope.tenant(shop.tenant.pk):
        return trial_of(now=at(day))


def said(shop: Account, day: str) -> str:
    found = seen(shop, day)
    return "" if found is None else f"{found.state} {found.ends_on} {found.days_left}"


@pytest.fixture
def plan(db: None) -> Plan:
    """One whose first 14 days are free."""
    found = catalogue.plan()
    found.trial_days = 14
    found.save()
    return found


def test_the_plans_trial_is_free_and_the_chore_bills_the_term_behind_it(
    shop: Account, plan: Plan
) -> None:
    assert said(shop, "2026-02-28") == "waiting None 0"
    with scope.tenant(shop.tenant.pk):
        quote = pairs.quote(now=at("2026-03-01"))
    assert quote.after_trial is not None
    assert (quote.total, quote.agreed.a_term) == (0, 7140)
    assert (quote.after_trial.term.starts_on, quote.after_trial.total) == (date(2026, 3, 15), 7140)
    shop.go_live(at("2026-03-01"))
    shop.go_live(at("2026-03-14"), "High street")
    assert said(shop, "2026-03-14") == "running 2026-03-15 1"
    with scope.tenant(shop.tenant.pk):
        charge = cancelling.next_charge(Subscription.objects.get())
        assert standing.standing(now=at("2026-03-14")).said == (
            "The trial ends on 15 March 2026; the first term is billed then."
        )
    assert charge is not None
    assert (charge.on, charge.total) == (date(2026, 3, 15), 14280)
    renew("2026-03-14T23:59")
    assert shop.invoices() == []
    # Late, and twice.
    assert (renew("2026-03-20"), renew("2026-03-20")) == (1, 0)
    assert totals(shop) == ["2026-03-20 14280.00"]
    with scope.tenant(shop.tenant.pk):
        lines = shop.invoices()[0].lines.values_list("starts_on", "ends_on", "days", "of_days")
        assert set(lines) == {(date(2026, 3, 15), date(2027, 3, 15), 365, 365)}
    assert said(shop, "2026-03-20") == "over 2026-03-15 0"
    # It is over for good, and a pair that comes now pays the days that are left.
    shop.go_live(at("2026-09-15"), "Third")
    assert totals(shop)[1:] == ["2026-09-15 3540.66"]
    renew("2027-03-15")
    assert totals(shop)[2:] == ["2027-03-15 21420.00"]


def test_who_cancels_or_removes_in_the_trial_is_billed_nothing(shop: Account, plan: Plan) -> None:
    other = account("Other")
    first, _ = shop.go_live(at("2026-03-01"))
    other.go_live(at("2026-03-01"))
    shop.remove(first, at("2026-03-10"))
    with scope.tenant(other.tenant.pk):
        ends = cancelling.cancel(reason="Not for us", actor=other.owner, now=at("2026-03-05"))
        assert ends == date(2026, 3, 15)
    found = seen(other, "2026-03-05")
    assert found is not None
    assert not found.is_billed_after
    renew("2026-03-15")
    assert shop.invoices() == other.invoices() == []
    with scope.tenant(shop.tenant.pk):
        assert Subscription.objects.get().state == "resting"
    with scope.tenant(other.tenant.pk):
        found_end = standing.standing(now=at("2026-03-15"))
        assert (found_end.state, found_end.readable_until) == ("ended", date(2026, 6, 13))
    # There is one trial; whoever comes back pays.
    shop.go_live(at("2026-04-01"))
    other.go_live(at("2026-04-01"))
    assert totals(shop) == totals(other) == ["2026-04-01 7140.00"]


def test_the_price_agreed_to_in_the_trial_is_the_most_that_is_billed(shop: Account) -> None:
    grant(shop, 30)
    shop.go_live(at("2026-03-01"))
    agreements.set_price(
        catalogue.plan(), currency="USD", monthly=D(650), starts_on=date(2026, 3, 10), actor=None
    )
    # Who goes live after the price rose sees the new one.
    shop.go_live(at("2026-03-11"), "High street")
    renew("2026-03-31")
    assert totals(shop) == ["2026-03-31 14940.00"]
    renew("2027-03-31")
    assert totals(shop)[1:] == ["2027-03-31 15600.00"]


def test_a_lower_price_a_contract_and_another_plan_count_from_the_end_of_the_trial(
    shop: Account,
) -> None:
    grant(shop, 30)
    shop.go_live(at("2026-03-01"))
    with scope.tenant(shop.tenant.pk):
        agreements.agree_contract(
            currency="USD", a_term=D(6000), starts_on=date(2026, 3, 31), ends_on=None, note="",
            actor=shop.finance,
        )  # fmt: skip
    other = account("Other")
    grant(other, 30)
    other.go_live(at("2026-03-01"))
    monthly = Plan.objects.create(code="monthly", name="Monthly", months=1)
    agreements.set_price(
        monthly, currency="USD", monthly=D(700), starts_on=date(2026, 1, 1), actor=None
    )
    with scope.tenant(other.tenant.pk):
        cancelling.change_plan(code="monthly", actor=other.owner, now=at("2026-03-02"))
    renew("2026-04-30")
    assert totals(shop) == ["2026-04-30 6000.00"]
    # A month from 31 March, then one from 30 April.
    assert totals(other) == ["2026-04-30 700.00"] * 2


def test_a_trial_that_ended_between_page_and_click_is_asked_about_again(shop: Account) -> None:
    grant(shop, 10)
    shop.go_live(at("2026-03-01"))
    with scope.tenant(shop.tenant.pk):
        shown = pairs.quote(now=at("2026-03-10T23:59")).agreed
        with pytest.raises(PriceChanged, match=r"7,140.00 USD now .* not 0.00 USD"):
            pairs.went_live(
                pair_id=uuid.uuid4(), pair_name="High street", agreed=shown, actor=shop.owner,
                now=at("2026-03-11"),
            )  # fmt: skip


def test_a_grant_waits_is_made_longer_and_never_shorter(shop: Account, plan: Plan) -> None:
    first = grant(shop, 30)
    assert grant(shop, 30) == first
    assert grant(shop, 20) == first
    found = seen(shop, "2026-02-21")
    assert found is not None
    assert (found.state, found.days, found.granted_by_id) == ("waiting", 20, shop.finance.pk)
    shop.go_live(at("2026-03-01"))
    grant(shop, 40, "2026-03-05")
    assert said(shop, "2026-03-05") == "running 2026-04-10 36"
    with pytest.raises(BillingProblem, match="would end it sooner"):
        grant(shop, 39, "2026-03-05")
    renew("2026-04-09T23:59")
    assert shop.invoices() == []
    renew("2026-04-10")
    with pytest.raises(BillingProblem, match="pays for its term since 10 April 2026"):
        grant(shop, 90, "2026-04-11")
    assert totals(shop) == ["2026-04-10 7140.00"]
    with scope.tenant(shop.tenant.pk):
        entries = AuditEntry.objects.filter(action="trial.granted").order_by("pk")
        assert [(one.before, one.reason) for one in entries] == [
            (None, "Asked at the fair"),
            ({"days": 30}, "Asked at the fair"),
            ({"days": 20}, "Asked at the fair"),
        ]


def test_a_grant_that_waits_is_taken_back_and_who_may(shop: Account) -> None:
    for days, told in ((0, {}), (367, {}), (14, {"reason": " \x00"})):
        with pytest.raises(BillingProblem, match="Enter 1 to 366|Say why"):
            grant(shop, days, **told)
    with pytest.raises(NotAllowed):
        grant(shop, 14, actor=shop.owner)
    assert seen(shop, "2026-03-01") is None
    grant(shop, 14)
    with scope.tenant(shop.tenant.pk):
        for left in (True, False):
            told = {"reason": "By mistake", "actor": shop.finance, "now": at("2026-03-01")}
            assert trial_granting.withdraw_trial(**told) is left  # type: ignore[arg-type]
    shop.go_live(at("2026-03-01"))
    assert totals(shop) == ["2026-03-01 7140.00"]


def test_an_account_that_ended_may_be_granted_another_trial(shop: Account, plan: Plan) -> None:
    shop.go_live(at("2026-03-01"))
    with scope.tenant(shop.tenant.pk):
        cancelling.cancel(reason="Later", actor=shop.owner, now=at("2026-03-02"))
    grant(shop, 7, "2026-05-01")
    shop.go_live(at("2026-05-02"))
    assert said(shop, "2026-05-02") == "running 2026-05-09 7"
    renew("2026-05-09")
    assert totals(shop) == ["2026-05-09 7140.00"]
