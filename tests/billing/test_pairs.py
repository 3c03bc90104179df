"""Pairs go live, are removed and renewed; the renewal job runs on time, late and twice."""

from __future__ import annotations

import uuid
from datetime import date
from decimal import Decimal

import pytest

from tenants import scope
from tenants.billing.models import BilledPair, Invoice, Subscription
from tenants.billing.services import agreements, cancelling, catalogue, pairs, renewing, standing
from tenants.billing.services.problems import (
    BillingProblem,
    CurrencyMismatch,
    NotAllowed,
    PriceChanged,
)
from tenants.models import AuditEntry, Membership, User
from tests.billing.conftest import Account, at

D = Decimal


def survives(what: str, do: object) -> bool:
    do()  # type: ignore[operator]
    return True


def renew(day: str) -> int:
    return renewing.run_due(at(day), survives=survives)


def totals(shop: Account) -> list[str]:
    return [f"{one.issued_on} {one.total:.2f}" for one in shop.invoices()]


def test_a_year_of_one_pair_and_a_second_one_from_the_middle(shop: Account) -> None:
    shop.go_live(at("2026-03-01"))
    shop.go_live(at("2026-08-31"), "High street")
    assert renew("2027-02-28T09:00") == 0
    assert renew("2027-03-01") == 1
    assert totals(shop) == ["2026-03-01 7140.00", "2026-08-31 3560.22", "2027-03-01 14280.00"]
    assert [one.number for one in shop.invoices()] == [
        "CC-2026-000001",
        "CC-2026-000002",
        "CC-2027-000001",
    ]
    with scope.tenant(shop.tenant.pk):
        lines = [
            (line.text, str(line.starts_on), str(line.ends_on), line.days, line.of_days)
            for line in shop.invoices()[1].lines.all()
        ]
        assert lines == [("Connect: High street", "2026-08-31", "2027-03-01", 182, 365)]
        assert AuditEntry.objects.filter(action="invoice.issued").count() == 3


def test_a_job_that_is_late_or_runs_again_bills_the_same(shop: Account) -> None:
    shop.go_live(at("2026-03-01"))
    assert renew("2029-06-01") == 1
    assert renew("2029-06-01") == 0
    with scope.tenant(shop.tenant.pk):
        causes = sorted(Invoice.objects.values_list("cause", flat=True))[1:]
        subscription = Subscription.objects.get()
    assert causes == ["renewal 2027-03-01", "renewal 2028-03-01", "renewal 2029-03-01"]
    assert subscription.renews_on == date(2030, 3, 1)


def test_events_while_the_job_is_late_meet_the_term_they_belong_to(shop: Account) -> None:
    first, _ = shop.go_live(at("2026-03-01"))
    shop.remove(first, at("2027-03-05"))
    shop.go_live(at("2027-03-06"))
    assert renew("2027-03-07") == 0
    # Removed after the renewal, so it was renewed; its place is free for the next one.
    assert totals(shop) == ["2026-03-01 7140.00", "2027-03-05 7140.00"]


def test_a_second_click_and_a_pair_that_is_live_bill_nothing(shop: Account) -> None:
    pair_id, invoice = shop.go_live(at("2026-03-01"))
    assert invoice is not None
    with scope.tenant(shop.tenant.pk):
        again = pairs.went_live(
            pair_id=pair_id,
            pair_name="Main street",
            agreed=pairs.Agreed(D(0), D(0), "USD"),
            actor=shop.owner,
            now=at("2026-03-01"),
        )
        assert again is None
        assert BilledPair.objects.count() == 1
    assert len(shop.invoices()) == 1


def test_the_place_of_a_removed_pair_is_free_until_the_renewal_and_not_renewed(
    shop: Account,
) -> None:
    first, _ = shop.go_live(at("2026-03-01"))
    shop.remove(first, at("2026-06-01"))
    shop.remove(first, at("2026-06-02"))
    second, invoice = shop.go_live(at("2026-07-01"))
    assert invoice is None
    _, third = shop.go_live(at("2026-07-01"))
    assert third is not None
    shop.remove(second, at("2026-12-01"))
    renew("2027-03-01")
    assert len(shop.invoices()) == 3
    assert shop.invoices()[-1].total == D(7140)
    with scope.tenant(shop.tenant.pk):
        assert pairs.has_ended(first)
        assert not pairs.has_ended(uuid.uuid4())


def test_an_account_without_pairs_rests_and_begins_anew(shop: Account) -> None:
    first, _ = shop.go_live(at("2026-03-01"))
    shop.remove(first, at("2026-06-01"))
    renew("2027-03-01")
    with scope.tenant(shop.tenant.pk):
        assert Subscription.objects.get().state == "resting"
    with scope.tenant(shop.tenant.pk):
        set_back = pairs.quote(now=at("2027-02-20"))
        assert set_back.terms.today == date(2027, 3, 1), "no day is billed twice"
    shop.go_live(at("2027-05-10"))
    assert totals(shop) == ["2026-03-01 7140.00", "2027-05-10 7140.00"]
    with scope.tenant(shop.tenant.pk):
        assert Subscription.objects.get().renews_on == date(2028, 5, 10)


def test_the_day_is_the_accounts_and_stays_where_its_zone_is_changed(shop: Account) -> None:
    shop.tenant.settings = {**shop.tenant.settings, "time_zone": "America/New_York"}
    with scope.tenant(shop.tenant.pk):
        shop.tenant.save()
    shop.go_live(at("2026-03-01T04:59"))
    with scope.tenant(shop.tenant.pk):
        subscription = Subscription.objects.get()
        shop.tenant.settings = {**shop.tenant.settings, "time_zone": "Pacific/Auckland"}
        shop.tenant.save()
    assert (subscription.term_starts_on, subscription.renews_on) == (
        date(2026, 2, 28),
        date(2027, 2, 28),
    )
    renew("2027-02-28T04:59")
    assert len(shop.invoices()) == 1
    renew("2027-02-28T05:00")
    assert len(shop.invoices()) == 2


def test_a_clock_that_was_set_back_bills_no_day_twice(shop: Account) -> None:
    shop.go_live(at("2026-03-01"))
    renew("2027-03-01")
    _, invoice = shop.go_live(at("2027-02-20"))
    assert invoice is not None
    assert invoice.total == D(7140)


# --- what was agreed to --------------------------------------------------------------------------


def test_a_price_that_rose_since_it_was_shown_is_not_billed(shop: Account) -> None:
    with scope.tenant(shop.tenant.pk):
        shown = pairs.quote(now=at("2026-03-01")).agreed
    agreements.set_price(
        catalogue.plan(), currency="USD", monthly=D(650), starts_on=date(2026, 3, 1), actor=None
    )
    with scope.tenant(shop.tenant.pk), pytest.raises(PriceChanged, match="7,800.00 USD now"):
        pairs.went_live(
            pair_id=uuid.uuid4(),
            pair_name="Main street",
            agreed=shown,
            actor=shop.owner,
            now=at("2026-03-01"),
        )
    assert shop.invoices() == []
    with scope.tenant(shop.tenant.pk):
        assert not Subscription.objects.exists()


def test_confirmed_after_midnight_it_costs_a_day_less_and_is_not_asked_again(
    shop: Account,
) -> None:
    shop.go_live(at("2026-03-01"))
    with scope.tenant(shop.tenant.pk):
        shown = pairs.quote(now=at("2026-08-30T23:59")).agreed
        invoice = pairs.went_live(
            pair_id=uuid.uuid4(),
            pair_name="High street",
            agreed=shown,
            actor=shop.owner,
            now=at("2026-08-31T00:01"),
        )
    assert invoice is not None
    assert (shown.total, invoice.total) == (D("3579.78"), D("3560.22"))


def test_another_currency_and_another_person_are_refused(shop: Account) -> None:
    viewer = User.objects.create(email="viewer@example.com")
    with scope.tenant(shop.tenant.pk):
        Membership.objects.create(user=viewer, role="admin")
        for actor, currency, refused in (
            (shop.owner, "EUR", CurrencyMismatch),
            (viewer, "USD", NotAllowed),
        ):
            with pytest.raises(refused):
                pairs.went_live(
                    pair_id=uuid.uuid4(),
                    pair_name="Main street",
                    agreed=pairs.Agreed(D(9999), D(9999), currency),
                    actor=actor,
                    now=at("2026-03-01"),
                )
    assert shop.invoices() == []


def test_a_contract_a_discount_and_a_new_price_hold_for_their_days(shop: Account) -> None:
    with scope.tenant(shop.tenant.pk):
        agreements.agree_contract(
            currency="USD",
            a_term=D(6000),
            starts_on=date(2026, 1, 1),
            ends_on=date(2027, 1, 1),
            note="First year",
            actor=shop.finance,
        )
        agreements.grant_discount(
            name="Founding customer",
            percent=D(10),
            starts_on=date(2027, 1, 1),
            ends_on=date(2028, 1, 1),
            actor=shop.finance,
        )
        with pytest.raises(NotAllowed):
            agreements.grant_discount(
                name="Mine", percent=D(90), starts_on=date(2026, 1, 1), ends_on=None,
                actor=shop.owner,
            )  # fmt: skip
    shop.go_live(at("2026-03-01"))
    with scope.tenant(shop.tenant.pk):
        coming = cancelling.next_charge(Subscription.objects.get())
    assert coming is not None
    assert (coming.on, coming.total) == (date(2027, 3, 1), D("6426.00"))
    agreements.set_price(
        catalogue.plan(), currency="USD", monthly=D(700), starts_on=date(2028, 1, 1), actor=None
    )
    renew("2028-03-01")
    assert [f"{one.total:.2f}" for one in shop.invoices()] == ["6000.00", "6426.00", "8400.00"]


def test_taxes_and_both_sides_are_kept_as_they_were(shop: Account) -> None:
    seller = catalogue.seller()
    agreements.set_tax_rate(
        seller, name="NY sales tax", percent=D("8.875"), country="US", region="NY",
        starts_on=date(2026, 1, 1), actor=None,
    )  # fmt: skip
    with scope.tenant(shop.tenant.pk):
        with pytest.raises(BillingProblem, match="no country code"):
            agreements.save_details(said={"country": "U1"}, actor=shop.owner)
        for name, percent, words in (
            ("", "10", "Enter a name"),
            ("Off", "101", "not between 0 and 100"),
            ("Off", "NaN", "not between 0 and 100"),
        ):
            with pytest.raises(BillingProblem, match=words):
                agreements.grant_discount(
                    name=name, percent=D(percent), starts_on=date(2026, 1, 1), ends_on=None,
                    actor=shop.finance,
                )  # fmt: skip
        agreements.save_details(
            said={"name": "Shop Ltd", "country": "us", "region": "NY"}, actor=shop.owner
        )
    _, invoice = shop.go_live(at("2026-03-01"))
    with scope.tenant(shop.tenant.pk):
        agreements.save_details(said={"name": "Other Ltd", "country": "DE"}, actor=shop.owner)
    assert invoice is not None
    kept = shop.invoices()[0]
    assert (kept.net, kept.tax, kept.total) == (D(7140), D("633.68"), D("7773.68"))
    assert kept.buyer_said["name"] == "Shop Ltd"
    assert kept.seller_said["name"] == "Clarity Connect"


# --- the end -------------------------------------------------------------------------------------


def test_a_cancelled_account_runs_to_its_renewal_and_is_readable_after(shop: Account) -> None:
    pair_id, _ = shop.go_live(at("2026-03-01"))
    with scope.tenant(shop.tenant.pk):
        with pytest.raises(BillingProblem, match="Say why"):
            cancelling.cancel(reason="  ", actor=shop.owner, now=at("2026-05-01"))
        for _ in range(2):
            ends = cancelling.cancel(reason="We close", actor=shop.owner, now=at("2026-05-01"))
        assert ends == date(2027, 3, 1)
        assert AuditEntry.objects.filter(action="subscription.cancelled").count() == 1
        assert standing.standing(now=at("2027-02-28")).may_write
    # Still a customer: a second pair goes live to the end of the term.
    shop.go_live(at("2026-08-31"))
    renew("2027-03-01")
    assert len(shop.invoices()) == 2
    with scope.tenant(shop.tenant.pk):
        found = standing.standing(now=at("2027-03-01"))
        assert (found.state, found.may_write) == ("ended", False)
        assert found.readable_until == date(2027, 5, 30)
        assert pairs.has_ended(pair_id)
        with pytest.raises(BillingProblem, match="no subscription that runs"):
            cancelling.go_on(actor=shop.owner, now=at("2027-03-01"))
    # Whoever comes back begins anew.
    shop.go_live(at("2027-03-01"))
    assert totals(shop)[-1] == "2027-03-01 7140.00"


def test_a_cancellation_can_be_taken_back(shop: Account) -> None:
    shop.go_live(at("2026-03-01"))
    with scope.tenant(shop.tenant.pk):
        cancelling.cancel(reason="We close", actor=shop.owner, now=at("2026-05-01"))
        assert cancelling.next_charge(Subscription.objects.get()) is None
        cancelling.go_on(actor=shop.owner, now=at("2026-06-01"))
    renew("2027-03-01")
    assert len(shop.invoices()) == 2


def test_another_plan_begins_at_the_renewal(shop: Account) -> None:
    catalogue.ensure()
    small = type(catalogue.plan()).objects.create(code="small", name="Small", net_days=30)
    agreements.set_price(
        small, currency="USD", monthly=D(300), starts_on=date(2026, 1, 1), actor=None
    )
    shop.go_live(at("2026-03-01"))
    with scope.tenant(shop.tenant.pk):
        begins = cancelling.change_plan(code="small", actor=shop.owner, now=at("2026-05-01"))
    assert begins == date(2027, 3, 1)
    shop.go_live(at("2026-08-31"))
    renew("2027-03-01")
    assert totals(shop) == ["2026-03-01 7140.00", "2026-08-31 3560.22", "2027-03-01 7200.00"]
    assert shop.invoices()[-1].due_on == date(2027, 3, 31)
