"""Amounts of money by Magento's field names, each in the order's currency and in the base currency.

Magento keeps nearly every amount twice: `grand_total` in the currency the buyer saw and
`base_grand_total` in the currency of the books. Both are reckoned and rounded on their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
ZERO = Decimal("0.00")

# The one column whose name was too long for the database.
_BASE_NAMES = {
    "shipping_discount_tax_compensation_amount": "base_shipping_discount_tax_compensation_amnt"
}

Figures = dict[str, Decimal]


def cents(amount: Decimal) -> Decimal:
    """`amount` to the cent, halves away from zero, as PHP's round does."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def number(amount: Decimal) -> int | float:
    """As Magento's JSON has it: 5 for 5.0000, 12.5 for 12.5000."""
    return int(amount) if amount == amount.to_integral_value() else float(amount)


def share(rest: Decimal, units: Decimal, left: Decimal) -> Decimal:
    """The part of `rest` that `units` of the `left` units carry; the last units take what is over,
    so that partial documents add up to the cent."""
    if units >= left:
        return rest
    return cents(rest * units / left)


class Rounding:
    """Rounds a row of amounts so that their sum is the rounded sum: what rounding took from one
    amount is handed to the next (Magento's delta rounding)."""

    def __init__(self) -> None:
        self._over = Decimal(0)

    def of(self, amount: Decimal) -> Decimal:
        wanted = amount + self._over
        rounded = cents(wanted)
        self._over = wanted - rounded
        return rounded


def spread(total: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """`total` split in proportion to `weights` so that the cents add up to `total`."""
    whole = sum(weights, ZERO)
    if not whole:
        return [ZERO for _ in weights]
    rounding = Rounding()
    parts = [rounding.of(total * weight / whole) for weight in weights[:-1]]
    return [*parts, total - sum(parts, ZERO)]


@dataclass
class Amounts:
    """`own`: in the currency of the order; `base`: in the base currency."""

    own: Figures = field(default_factory=dict)
    base: Figures = field(default_factory=dict)

    def sides(self) -> tuple[Figures, Figures]:
        return self.own, self.base

    def get(self, name: str) -> tuple[Decimal, Decimal]:
        """Both amounts of that name, zero when there is none."""
        return self.own.get(name, ZERO), self.base.get(name, ZERO)

    def put(self, name: str, own: Decimal, base: Decimal) -> None:
        self.own[name], self.base[name] = own, base

    def add(self, name: str, own: Decimal, base: Decimal) -> None:
        self.own[name] = self.own.get(name, ZERO) + own
        self.base[name] = self.base.get(name, ZERO) + base

    def add_all(self, other: Amounts, names: Iterable[tuple[str, str]]) -> None:
        """Adds amounts of another document: (name here, name there)."""
        for here, there in names:
            self.add(here, *other.get(there))

    def rows(self) -> dict[str, int | float]:
        """The JSON fields of both currencies."""
        found: dict[str, int | float] = {}
        for name, amount in self.own.items():
            found[name] = number(amount)
        for name, amount in self.base.items():
            found[_BASE_NAMES.get(name, f"base_{name}")] = number(amount)
        return found


def paired(one: Amounts, other: Amounts) -> Iterator[tuple[Figures, Figures]]:
    """The same side of two sets of amounts, own first."""
    yield one.own, other.own
    yield one.base, other.base
