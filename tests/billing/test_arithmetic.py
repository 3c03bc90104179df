"""Days, cents and taxes, by hand-made examples."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenants.billing.arithmetic import tax_ids
from tenants.billing.arithmetic.charging import Reduction, charge, share
from tenants.billing.arithmetic.countries import COUNTRIES
from tenants.billing.arithmetic.money import UnknownCurrency, is_whole, rounded, shown
from tenants.billing.arithmetic.places import Place, free_place, renewed
from tenants.billing.arithmetic.reminders import grace_ends_on, next_step_on, step_on
from tenants.billing.arithmetic.taxes import (
    NO_TAX,
    Buyer,
    Buyers,
    Rate,
    rate_for,
    tax_given_back,
    tax_on,
)
from tenants.billing.arithmetic.terms import Term, local_date, months_after, term_at

YEARLY = Decimal("7140.00")
D = Decimal


# --- days ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("anchor", "day", "starts_on", "ends_on"),
    [
        ("2027-03-01", "2027-03-01", "2027-03-01", "2028-03-01"),
        ("2027-03-01", "2028-02-29", "2027-03-01", "2028-03-01"),
        ("2027-03-01", "2028-03-01", "2028-03-01", "2029-03-01"),
        # Begun on a leap day: the 28th, and the 29th again four years on.
        ("2028-02-29", "2029-02-27", "2028-02-29", "2029-02-28"),
        ("2028-02-29", "2029-02-28", "2029-02-28", "2030-02-28"),
        ("2028-02-29", "2032-02-28", "2031-02-28", "2032-02-29"),
        ("2028-02-29", "2032-02-29", "2032-02-29", "2033-02-28"),
    ],
)
def test_the_term_of_a_day(anchor: str, day: str, starts_on: str, ends_on: str) -> None:
    found = term_at(date.fromisoformat(anchor), date.fromisoformat(day))
    assert (str(found.starts_on), str(found.ends_on)) == (starts_on, ends_on)


@settings(max_examples=40, deadline=None)
@given(
    anchor=st.dates(date(2024, 1, 1), date(2032, 12, 31)),
    after=st.integers(0, 4000),
    months=st.sampled_from([1, 3, 12]),
)
def test_terms_follow_one_another_and_hold_each_day_once(
    anchor: date, after: int, months: int
) -> None:
    day = anchor + timedelta(days=after)
    term = term_at(anchor, day, months)
    assert term.starts_on <= day < term.ends_on
    assert term_at(anchor, term.ends_on, months).starts_on == term.ends_on
    if term.starts_on > anchor:
        before = term_at(anchor, term.starts_on - timedelta(days=1), months)
        assert before.ends_on == term.starts_on


def test_no_term_before_the_first() -> None:
    with pytest.raises(ValueError, match="before the first term"):
        term_at(date(2027, 3, 1), date(2027, 2, 28))
    assert months_after(date(2027, 1, 31), 1) == date(2027, 2, 28)


@pytest.mark.parametrize(
    ("at", "zone", "day"),
    [
        ("2027-03-01T04:59:59", "America/New_York", "2027-02-28"),
        ("2027-03-01T05:00:00", "America/New_York", "2027-03-01"),
        ("2027-03-01T10:30:00", "Pacific/Kiritimati", "2027-03-02"),
        # The night an hour is left out, and the one that has it twice, are in one day each.
        ("2027-03-14T06:59:59", "America/New_York", "2027-03-14"),
        ("2027-03-15T03:59:59", "America/New_York", "2027-03-14"),
        ("2027-11-07T04:00:00", "America/New_York", "2027-11-07"),
        ("2027-11-08T04:59:59", "America/New_York", "2027-11-07"),
    ],
)
def test_the_day_is_that_of_the_account(at: str, zone: str, day: str) -> None:
    assert str(local_date(datetime.fromisoformat(at).replace(tzinfo=UTC), zone)) == day


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="without a zone"):
        local_date(datetime(2027, 3, 1), "UTC")  # noqa: DTZ001


# --- cents ---------------------------------------------------------------------------------------


def cost(term: Term, day: str, *reductions: Reduction, a_term: Decimal = YEARLY) -> Decimal:
    found = charge(
        a_term=a_term,
        term=term,
        first_day=date.fromisoformat(day),
        currency="USD",
        reductions=list(reductions),
    )
    return found.net


PLAIN = Term(date(2026, 3, 1), date(2027, 3, 1))
LEAP = Term(date(2027, 3, 1), date(2028, 3, 1))


@pytest.mark.parametrize(
    ("term", "day", "net"),
    [
        (PLAIN, "2026-03-01", "7140.00"),
        (PLAIN, "2026-02-01", "7140.00"),
        # 7140 / 365 = 19.5616..., 7140 / 366 = 19.5082...
        (PLAIN, "2027-02-28", "19.56"),
        (LEAP, "2028-02-29", "19.51"),
        (LEAP, "2028-02-28", "39.02"),
        # 182 of 365 and 183 of 366.
        (PLAIN, "2026-08-31", "3560.22"),
        (LEAP, "2027-08-31", "3570.00"),
        (PLAIN, "2027-03-01", "0.00"),
    ],
)
def test_a_pair_costs_the_days_left(term: Term, day: str, net: str) -> None:
    assert cost(term, day) == D(net)
    assert str(cost(term, day)) == net


def test_halves_are_rounded_away_from_zero() -> None:
    assert rounded(D("0.005"), "USD") == D("0.01")
    assert rounded(D("-0.005"), "USD") == D("-0.01")
    assert share(D("0.01"), 183, 366, "USD") == D("0.01")
    assert (rounded(D("0.5"), "JPY"), rounded(D("0.0005"), "KWD")) == (D(1), D("0.001"))
    assert not is_whole(D("0.5"), "JPY")
    assert shown(YEARLY, "USD") == "7,140.00 USD"
    with pytest.raises(UnknownCurrency, match="XYZ is not billed in"):
        rounded(D(1), "XYZ")


def test_the_best_discount_is_taken_and_never_more_than_the_price() -> None:
    tenth, fixed = Reduction("A tenth", D(10)), Reduction("1000 off", off_a_term=D(1000))
    assert cost(PLAIN, "2026-03-01", tenth) == D("6426.00")
    assert cost(PLAIN, "2026-03-01", tenth, fixed) == D("6140.00")
    # 8 days: 156.49 less 21.92.
    assert cost(PLAIN, "2027-02-21", fixed) == D("134.57")
    assert cost(PLAIN, "2026-03-01", Reduction("More than all", off_a_term=D(9999))) == 0
    assert cost(PLAIN, "2026-03-01", Reduction("All", D(100))) == 0


# --- places --------------------------------------------------------------------------------------


def test_a_removed_pairs_place_is_taken_once_and_is_gone_at_the_renewal() -> None:
    starts, renews = date(2027, 3, 1), date(2028, 3, 1)
    live = Place(uuid.uuid4(), starts, renews)
    gone = Place(uuid.uuid4(), starts, renews, ends_on=date(2027, 5, 1))
    taken = Place(uuid.uuid4(), starts, renews, ends_on=date(2027, 5, 1), is_taken=True)
    of_last_year = Place(uuid.uuid4(), starts, starts, ends_on=starts)
    everything = [of_last_year, taken, gone, live]
    assert free_place(everything, renews) == gone
    assert free_place([of_last_year, taken, live], renews) is None
    assert renewed(everything, renews) == [live]


def test_what_is_removed_on_the_day_of_renewal_was_there_when_it_began() -> None:
    renews = date(2028, 3, 1)
    the_day_before = Place(uuid.uuid4(), date(2027, 3, 1), renews, date(2028, 2, 29))
    on_the_day = Place(uuid.uuid4(), date(2027, 3, 1), renews, renews)
    began_that_day = Place(uuid.uuid4(), renews, date(2029, 3, 1))
    assert renewed([the_day_before, on_the_day, began_that_day], renews) == [on_the_day]


# --- taxes ---------------------------------------------------------------------------------------


RATES = [
    Rate("VAT", D(19), "DE"),
    Rate("Reverse charge", D(0), "DE", buyers=Buyers.BUSINESSES),
    Rate("NY", D("8.875"), "US", "NY"),
    Rate("VAT before", D(16), "FR", ends_on=date(2027, 1, 1)),
    Rate("VAT", D(20), "FR", starts_on=date(2027, 1, 1)),
]


@pytest.mark.parametrize(
    ("buyer", "on", "percent"),
    [
        (Buyer("de"), "2027-01-01", "19"),
        (Buyer("DE", has_tax_id=True), "2027-01-01", "0"),
        (Buyer("US", "NY"), "2027-01-01", "8.875"),
        (Buyer("US", "OR"), "2027-01-01", "0"),
        (Buyer("FR"), "2026-12-31", "16"),
        (Buyer("FR"), "2027-01-01", "20"),
    ],
)
def test_the_rate_of_a_place_and_day(buyer: Buyer, on: str, percent: str) -> None:
    assert rate_for(RATES, buyer, date.fromisoformat(on)).percent == D(percent)


def test_without_a_rate_no_tax_is_added() -> None:
    assert rate_for([], Buyer("DE"), date(2027, 1, 1)) == NO_TAX
    assert tax_on(YEARLY, D("8.875"), "USD") == D("633.68")


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(1, 100_000), min_size=1, max_size=8),
    st.decimals(0, 30, places=3, allow_nan=False),
)
def test_small_credits_give_back_the_tax_of_the_line_to_the_cent(
    parts: list[int], percent: Decimal
) -> None:
    nets = [D(part) / 100 for part in parts]
    line_net = sum(nets, D(0))
    line_tax = tax_on(line_net, percent, "USD")
    before, given_back = D(0), D(0)
    for net in nets:
        given_back += tax_given_back(
            line_net=line_net, line_tax=line_tax, before=before, now=net, currency="USD"
        )
        before += net
    assert given_back == line_tax


# --- reminders -----------------------------------------------------------------------------------


def test_reminders_count_days_whenever_one_looks() -> None:
    due, steps = date(2027, 3, 15), [3, 10, 21]
    looks = {17: 0, 18: 1, 24: 1, 25: 2, 31: 2}
    for day, step in looks.items():
        assert step_on(due_on=due, steps=steps, today=date(2027, 3, day)) == step
    assert step_on(due_on=due, steps=steps, today=date(2028, 1, 1)) == 3
    assert next_step_on(due_on=due, steps=steps, done=1) == date(2027, 3, 25)
    assert next_step_on(due_on=due, steps=steps, done=3) is None
    assert grace_ends_on(due_on=due, grace_days=30) == date(2027, 4, 14)


# --- tax ids -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("country", "typed", "written"),
    [
        ("DE", "de 123 456 789", "DE123456789"),
        ("DE", "123456789", "DE123456789"),
        ("GR", "EL123456789", "EL123456789"),
        ("CH", "CHE-123.456.789 MWST", "CHE123456789MWST"),
        ("NL", "NL123456789B01", "NL123456789B01"),
        ("US", "12-3456789", "123456789"),
        ("AU", "51 824 753 556", "51824753556"),
        ("BR", "anything  goes", "anything goes"),
        ("DE", "", ""),
    ],
)
def test_a_tax_id_is_kept_as_it_is_written_there(country: str, typed: str, written: str) -> None:
    assert tax_ids.written(country, typed) == written


@pytest.mark.parametrize(
    ("country", "typed"),
    [
        ("DE", "FR123456789"),
        ("DE", "12345678"),
        ("DE", "１２３４５６７８９"),
        ("AU", "51824753557"),
        ("ES", "ES123456789"),
        ("US", "n/a"),
    ],
)
def test_a_tax_id_of_another_form_is_refused_with_an_example(country: str, typed: str) -> None:
    with pytest.raises(tax_ids.BadTaxId, match=tax_ids.FORMS[country].example):
        tax_ids.written(country, typed)


@pytest.mark.parametrize("country", tax_ids.FORMS)
def test_the_examples_of_tax_ids_are_good_themselves(country: str) -> None:
    assert country in COUNTRIES
    assert (
        tax_ids.written(country, tax_ids.FORMS[country].example) == tax_ids.FORMS[country].example
    )
