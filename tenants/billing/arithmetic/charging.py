"""What a pair costs from a day to the end of a term, to the smallest unit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tenants.billing.arithmetic.money import ZERO, rounded
from tenants.billing.arithmetic.terms import Term


@dataclass(frozen=True)
class Reduction:
    """A discount: a share of the price in percent, or an amount off each pair and term."""

    name: str
    percent: Decimal = ZERO
    off_a_term: Decimal = ZERO


@dataclass(frozen=True)
class Charge:
    """`gross - discount = net`, for so many of the term's days."""

    days: int
    of_days: int
    gross: Decimal
    discount: Decimal
    discount_name: str

    @property
    def net(self) -> Decimal:
        return self.gross - self.discount


def share(amount: Decimal, days: int, of_days: int, currency: str) -> Decimal:
    """The part of an amount that falls on some of the days. Multiplied first, rounded once."""
    return rounded(amount * days / of_days, currency)


def charge(
    *, a_term: Decimal, term: Term, first_day: date, currency: str, reductions: list[Reduction]
) -> Charge:
    """From the first day, which counts, to the renewal. The best of the discounts is taken."""
    days = term.days_from(first_day)
    gross = share(a_term, days, term.days, currency)
    best, name = ZERO, ""
    for one in reductions:
        by_share = rounded(gross * one.percent / 100, currency)
        off = min(gross, by_share + share(one.off_a_term, days, term.days, currency))
        if off > best:
            best, name = off, one.name
    return Charge(days, term.days, gross, best, name)
