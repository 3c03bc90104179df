"""Amounts and the smallest unit of each currency.

Digits as ISO 4217 lists them. A currency that is not here cannot be billed in: how to round it
would be a guess.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

ZERO = Decimal(0)
MOST = Decimal(10) ** 12
DIGITS = {
    "AUD": 2, "BHD": 3, "CAD": 2, "CHF": 2, "CZK": 2, "DKK": 2, "EUR": 2, "GBP": 2, "HKD": 2,
    "HUF": 2, "ILS": 2, "INR": 2, "JPY": 0, "KRW": 0, "KWD": 3, "MXN": 2, "NOK": 2, "NZD": 2,
    "PLN": 2, "SEK": 2, "SGD": 2, "THB": 2, "USD": 2, "ZAR": 2,
}  # fmt: skip


class UnknownCurrency(ValueError):
    """We do not bill in this currency."""


def unit(currency: str) -> Decimal:
    """The smallest amount of a currency: 0.01 of USD. Raises UnknownCurrency."""
    if currency not in DIGITS:
        raise UnknownCurrency(
            f"{currency or 'No currency'} is not billed in. Choose one of {', '.join(DIGITS)}."
        )
    return Decimal(1).scaleb(-DIGITS[currency])


def rounded(amount: Decimal, currency: str) -> Decimal:
    """The amount in whole units, halves away from zero, as invoices are rounded everywhere."""
    return amount.quantize(unit(currency), ROUND_HALF_UP)


def is_whole(amount: Decimal, currency: str) -> bool:
    """Whether the amount can be paid: a number, no parts of the smallest unit, none too large."""
    return amount.is_finite() and abs(amount) < MOST and amount == rounded(amount, currency)


def shown(amount: Decimal, currency: str) -> str:
    """As people read it: "7,140.00 USD"."""
    return f"{rounded(amount, currency):,} {currency}"
