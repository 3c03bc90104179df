"""How many units of an article may be offered, and the arithmetic behind each number.

published = available - in flight - owed - safety, whole and never negative. Written down with an
example in docs/stock.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import ROUND_FLOOR, Decimal
from typing import Any

from mappings.canonical.inventory import Level, Stock

ZERO = Decimal(0)
# The key of safety stock that holds for every number, and of the one number of a summed store.
EVERYWHERE = ""


@dataclass(frozen=True)
class InFlight:
    """Units of a web order that the point of sale does not know of yet."""

    order: str
    units: Decimal


@dataclass(frozen=True)
class StockRules:
    """What decides over the numbers of one article.

    `counting`: locations whose stock is added up, all of them when empty. `places`: location of the
    source -> location of the target; when it is filled each target location gets a number of its
    own. `home`: where the source books web orders, "" when unknown. `safety`: units kept back by
    source location, under "" for every number.
    """

    counting: frozenset[str] = frozenset()
    places: Mapping[str, str] = field(default_factory=dict)
    home: str = ""
    safety: Mapping[str, Decimal] = field(default_factory=dict)
    in_flight: tuple[InFlight, ...] = ()


@dataclass(frozen=True)
class Number:
    """One published number and its parts. `location`: in the target, "" for its only one.

    `owed`: units that web orders lack at the location they are booked at, taken from here.
    """

    location: str
    on_hand: Decimal
    committed: Decimal
    available: Decimal
    in_flight: Decimal = ZERO
    owed: Decimal = ZERO
    safety: Decimal = ZERO
    sources: tuple[str, ...] = ()
    orders: tuple[str, ...] = ()

    @property
    def left(self) -> Decimal:
        """What the parts add up to; may be negative or a fraction."""
        return self.available - self.in_flight - self.owed - self.safety

    @property
    def units(self) -> int:
        """What is published: half a unit is not sold, less than none is none."""
        return max(0, int(self.left.to_integral_value(rounding=ROUND_FLOOR)))

    def arithmetic(self) -> str:
        """The sum a person can follow: "on hand 14 - committed 2 - in flight 1 - safety 2 = 9"."""
        parts = [
            ("committed", self.committed),
            ("not for sale", self.on_hand - self.committed - self.available),
            ("in flight", self.in_flight),
            ("owed elsewhere", self.owed),
            ("safety", self.safety),
        ]
        said = f"on hand {plain(self.on_hand)}"
        for name, units in parts:
            if units:
                said += f" {'-' if units > 0 else '+'} {name} {plain(abs(units))}"
        said += f" = {plain(self.left)}"
        return said if self.left == self.units else f"{said}, published {self.units}"

    def as_json(self) -> dict[str, Any]:
        """For a document: the parts as numbers, with the result and the sum in words."""
        return {
            "location": self.location,
            "on_hand": self.on_hand,
            "committed": self.committed,
            "available": self.available,
            "in_flight": self.in_flight,
            "owed": self.owed,
            "safety": self.safety,
            "sellable": self.units,
            "sources": list(self.sources),
            "orders": list(self.orders),
            "arithmetic": self.arithmetic(),
        }


def numbers(stock: Stock, rules: StockRules) -> list[Number]:
    """A number for each location of the target, in the order of the map; one when there is no map.

    Units in flight are taken where the source books web orders. What that location lacks for them
    is taken from the others, the fullest first: the same unit is not offered a second time.
    """
    made = [
        _number(target, levels, rules) for target, levels in _levels_by_target(stock, rules).items()
    ]
    return _with_debts(made, stock, rules)


def plain(units: Decimal) -> str:
    """ "14" for 14.000, "2.5" for 2.50."""
    return f"{units.normalize():f}" if units else "0"


def _levels_by_target(stock: Stock, rules: StockRules) -> dict[str, list[Level]]:
    if not rules.places:
        counted = [
            level
            for level in stock.levels
            if not rules.counting or level.location in rules.counting
        ]
        return {EVERYWHERE: counted}
    # A location without a row has none of it, and its number says so.
    found: dict[str, list[Level]] = {target: [] for target in rules.places.values()}
    for level in stock.levels:
        if level.location in rules.places:
            found[rules.places[level.location]].append(level)
    return found


def _number(target: str, levels: Sequence[Level], rules: StockRules) -> Number:
    return Number(
        location=target,
        on_hand=sum((level.on_hand for level in levels), ZERO),
        committed=sum((level.committed for level in levels), ZERO),
        available=sum((level.available for level in levels), ZERO),
        safety=_safety(target, rules),
        sources=tuple(level.location for level in levels),
    )


def _safety(target: str, rules: StockRules) -> Decimal:
    """What is kept back at the locations behind a number, else what is kept back everywhere."""
    own = [
        units
        for location, units in rules.safety.items()
        if location != EVERYWHERE and _feeds(location, target, rules)
    ]
    return sum(own, ZERO) if own else rules.safety.get(EVERYWHERE, ZERO)


def _feeds(location: str, target: str, rules: StockRules) -> bool:
    if rules.places:
        return rules.places.get(location) == target
    return not rules.counting or location in rules.counting


def _with_debts(made: Sequence[Number], stock: Stock, rules: StockRules) -> list[Number]:
    units = sum((one.units for one in rules.in_flight), ZERO)
    orders = tuple(one.order for one in rules.in_flight if one.units)
    at = _home(made, rules)
    if at is None:
        there = sum(
            (level.available for level in stock.levels if level.location == rules.home), ZERO
        )
        short = units - there
    else:
        short = units - made[at].available
    found = [
        replace(one, in_flight=units, orders=orders) if index == at else one
        for index, one in enumerate(made)
    ]
    if at is None and units:
        found = [replace(one, orders=orders) for one in found]
    return _spread(found, max(ZERO, short), leave_out=at)


def _home(made: Sequence[Number], rules: StockRules) -> int | None:
    """Which of the numbers the location of web orders is part of, None when it is in none."""
    if not rules.home and len(made) == 1:
        return 0
    wanted = [index for index, one in enumerate(made) if _feeds(rules.home, one.location, rules)]
    return wanted[0] if wanted and rules.home else None


def _spread(made: list[Number], short: Decimal, *, leave_out: int | None) -> list[Number]:
    """Takes what is short from the numbers, the fullest first; the last one bears what is left."""
    others = sorted(
        (index for index in range(len(made)) if index != leave_out),
        key=lambda index: -made[index].available,
    )
    for place, index in enumerate(others):
        is_last = place == len(others) - 1
        taken = short if is_last else min(short, max(ZERO, made[index].available))
        if taken:
            made[index] = replace(made[index], owed=taken)
        short -= taken
    return made
