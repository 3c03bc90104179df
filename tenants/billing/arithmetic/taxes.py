"""Taxes by a table of rates.

The table is handed in: rows of ours (services/tax_table.py), or what another source of rates says.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from tenants.billing.arithmetic.money import ZERO, rounded


class Buyers(StrEnum):
    """Whom a rate is for. A business is who gives a tax id."""

    ALL = "all"
    BUSINESSES = "businesses"
    OTHERS = "others"


@dataclass(frozen=True)
class Rate:
    """One row of the table. No region: the whole country. `ends_on` is the first day without it."""

    name: str
    percent: Decimal
    country: str
    region: str = ""
    buyers: Buyers = Buyers.ALL
    starts_on: date = date.min
    ends_on: date = date.max


@dataclass(frozen=True)
class Buyer:
    """Where the buyer is, as far as tax asks."""

    country: str = ""
    region: str = ""
    has_tax_id: bool = False


NO_TAX = Rate("", ZERO, "")


def rate_for(rates: Iterable[Rate], buyer: Buyer, on: date) -> Rate:
    """The rate that fits best: of the region before the country, for such buyers before for all.

    NO_TAX when none fits: who sells adds the rates of the places where they are liable.
    """
    fitting = [rate for rate in rates if _fits(rate, buyer, on)]
    return max(fitting, key=_closeness, default=NO_TAX)


def tax_on(net: Decimal, percent: Decimal, currency: str) -> Decimal:
    """The tax of one line; rounded by line, so that the lines add up to the invoice."""
    return rounded(net * percent / 100, currency)


def tax_given_back(
    *, line_net: Decimal, line_tax: Decimal, before: Decimal, now: Decimal, currency: str
) -> Decimal:
    """The tax in a credit of `now`, when `before` was credited of the line already.

    Taken off the sum so far, so that many small credits give back the line's tax to the cent.
    """
    if line_net == ZERO:
        return ZERO
    until_now = rounded(line_tax * (before + now) / line_net, currency)
    return until_now - rounded(line_tax * before / line_net, currency)


def _fits(rate: Rate, buyer: Buyer, on: date) -> bool:
    buyers = {Buyers.ALL, Buyers.BUSINESSES if buyer.has_tax_id else Buyers.OTHERS}
    return (
        rate.country.upper() == buyer.country.upper()
        and rate.region.upper() in ("", buyer.region.upper())
        and rate.buyers in buyers
        and rate.starts_on <= on < rate.ends_on
    )


def shown_percent(percent: Decimal) -> str:
    """ "8.875 %"."""
    said = f"{percent:f}"
    said = said.rstrip("0").rstrip(".") if "." in said else said
    return f"{said or '0'} %"


def _closeness(rate: Rate) -> tuple[bool, bool, date]:
    return bool(rate.region), rate.buyers != Buyers.ALL, rate.starts_on
