"""Exact money: Decimal amounts with a currency, and the split of a total over pieces."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated

from pydantic import Field

from mappings.canonical.record import Part

Amount = Annotated[Decimal, Field(max_digits=18, decimal_places=6)]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="ISO 4217 code")]

# Minor units that differ from two decimals (ISO 4217).
_NO_DECIMALS = ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW") + (
    "PYG",
    "RWF",
    "UGX",
    "VND",
    "VUV",
    "XAF",
    "XOF",
    "XPF",
)
_THREE_DECIMALS = ("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND")
_DECIMALS = dict.fromkeys(_NO_DECIMALS, 0) | dict.fromkeys(_THREE_DECIMALS, 3)


class Money(Part):
    """An amount in one currency."""

    amount: Amount
    currency: Currency

    def __str__(self) -> str:
        return f"{to_minor(self.amount, self.currency)} {self.currency}"


def minor_unit(currency: str) -> Decimal:
    """The smallest coin: Decimal("0.01") for USD, Decimal("1") for JPY."""
    return Decimal(1).scaleb(-_DECIMALS.get(currency, 2))


def to_minor(amount: Decimal, currency: str) -> Decimal:
    """`amount` rounded half up to the smallest coin of the currency."""
    return amount.quantize(minor_unit(currency), rounding=ROUND_HALF_UP)


def unit_prices(total: Decimal, quantity: int, currency: str) -> list[tuple[int, Decimal]]:
    """Quantities with unit prices that multiply out to `total` exactly.

    10.00 over 3 units gives [(2, 3.33), (1, 3.34)]: one entry when the total divides evenly, two
    otherwise. Raises ValueError for a quantity below 1 or a total finer than the smallest coin.
    """
    coin = minor_unit(currency)
    if quantity < 1:
        raise ValueError(f"quantity must be at least 1, not {quantity}")
    coins = total / coin
    if coins != coins.to_integral_value():
        raise ValueError(f"{total} {currency} is finer than {coin}")
    low, left = divmod(int(coins), quantity)
    if left == 0:
        return [(quantity, low * coin)]
    return [(quantity - left, low * coin), (left, (low + 1) * coin)]
