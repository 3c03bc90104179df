"""Amounts as Stripe counts them: whole numbers of the smallest unit.

https://docs.stripe.com/currencies#zero-decimal : the digits of the currencies we bill in are those
of ISO 4217; of those with three, the last digit must be 0.
"""

from __future__ import annotations

from decimal import Decimal

from tenants.billing.arithmetic.money import DIGITS, is_whole
from tenants.billing.stripe.problems import Refused

_THREE = 3


def to_minor(amount: Decimal, currency: str) -> int:
    """712.50 USD is 71250. Raises Refused for what Stripe cannot take."""
    if not is_whole(amount, currency) or amount <= 0:
        raise Refused(f"{amount} {currency} cannot be paid by card.")
    minor = int(amount.scaleb(DIGITS[currency]))
    if DIGITS[currency] == _THREE and minor % 10:
        raise Refused(
            f"{amount} {currency} cannot be paid by card, since its last digit is not 0. Pay by"
            " transfer."
        )
    return minor


def from_minor(minor: int, currency: str) -> Decimal | None:
    """71250 of USD is 712.50; None in a currency that we do not bill in."""
    if currency not in DIGITS:
        return None
    return Decimal(minor).scaleb(-DIGITS[currency])
