"""Splits multiply out exactly, for every total, quantity and currency."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.canonical.money import Money, minor_unit, to_minor, unit_prices


@given(
    coins=st.integers(min_value=0, max_value=10**9),
    quantity=st.integers(min_value=1, max_value=2000),
    currency=st.sampled_from(["USD", "JPY", "BHD"]),
)
def test_unit_prices_multiply_out_to_the_total(coins: int, quantity: int, currency: str) -> None:
    total = coins * minor_unit(currency)
    pieces = unit_prices(total, quantity, currency)
    assert sum(count * price for count, price in pieces) == total
    assert sum(count for count, _ in pieces) == quantity
    assert len(pieces) <= 2
    assert all(to_minor(price, currency) == price for _, price in pieces)


def test_an_odd_cent_gets_a_piece_of_its_own() -> None:
    assert unit_prices(Decimal("10.00"), 3, "USD") == [
        (2, Decimal("3.33")),
        (1, Decimal("3.34")),
    ]


@pytest.mark.parametrize(("total", "quantity"), [("10.001", 1), ("1", 0)])
def test_what_cannot_be_split_is_refused(total: str, quantity: int) -> None:
    with pytest.raises(ValueError, match=r"finer|quantity"):
        unit_prices(Decimal(total), quantity, "USD")


def test_money_is_shown_in_its_smallest_coin() -> None:
    assert str(Money(amount=Decimal("5"), currency="USD")) == "5.00 USD"
    assert str(Money(amount=Decimal("5"), currency="JPY")) == "5 JPY"
