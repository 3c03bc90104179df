"""Amounts of money: to the cent, and in the notations of GraphQL and of webhook bodies."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

CENT = Decimal("0.01")
ZERO = Decimal("0.00")


def cents(amount: Decimal) -> Decimal:
    """`amount` to the cent, halves away from zero."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def plain(amount: Decimal) -> str:
    """As webhook bodies and the Money scalar write it: "12.50"."""
    return f"{amount:.2f}"


def short(amount: Decimal) -> str:
    """As MoneyV2 writes it: "12.5", "10.0" (seen in recorded answers)."""
    text = f"{amount:.2f}"
    return text[:-1] if text.endswith("0") else text


def bag(amount: Decimal, currency: str) -> dict[str, Any]:
    """A GraphQL MoneyBag; the sandbox's buyers pay in the shop's currency."""
    money = {"amount": short(amount), "currencyCode": currency}
    return {"shopMoney": money, "presentmentMoney": money}


def rest_set(amount: Decimal, currency: str) -> dict[str, Any]:
    """The same thing as a webhook body's `..._set`."""
    money = {"amount": plain(amount), "currency_code": currency}
    return {"shop_money": dict(money), "presentment_money": dict(money)}


def spread(total: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """`total` split in proportion to `weights` so that the cents add up to `total`."""
    whole = sum(weights, ZERO)
    if not whole:
        return [ZERO for _ in weights]
    parts, given, seen = [], ZERO, ZERO
    for weight in weights:
        # Rounding the running sum, not each part, leaves no cent over.
        seen += weight
        until = cents(total * seen / whole)
        parts.append(until - given)
        given = until
    return parts
