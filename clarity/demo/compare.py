"""Whether both sides agree, found by asking the two systems over their own APIs.

Nothing here reads our database or uses a connector: it is the check of both.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal

from integrations.connector_kit.sandbox.witness import StoreWitness, TillWitness

PREFIX = "S-"


@dataclass(frozen=True)
class Comparison:
    """Counts over everything both systems hold."""

    orders_placed: int
    orders_in_heartland: int
    duplicates: int
    lost: int
    total_differences: int
    skus: int
    stock_differences: int
    cancel_differences: int = 0

    @property
    def agrees(self) -> bool:
        return not (
            self.lost
            or self.duplicates
            or self.stock_differences
            or self.total_differences
            or self.cancel_differences
        )


@dataclass(frozen=True)
class Sides:
    """The two accounts of a pair. `prefix`: what the till puts in front of the store's numbers."""

    store: StoreWitness
    till: TillWitness
    prefix: str = PREFIX

    def compare(self) -> Comparison:
        """Compares orders by reference and total, and stock by SKU. An order that was cancelled in
        the shop must not be entered or closed at the till."""
        orders = {self.prefix + one.number: one for one in self.store.orders()}
        cancelled = {reference for reference, one in orders.items() if one.is_cancelled}
        placed = {reference: one.total for reference, one in orders.items() if not one.is_cancelled}
        arrived = self.till.orders(self.prefix)
        whole = {one.reference: one.total for one in arrived if one.is_whole}
        named = Counter(one.store_key for one in arrived if one.store_key)
        in_shop, at_till = self.store.stock(), self.till.stock()
        return Comparison(
            orders_placed=len(placed),
            orders_in_heartland=len(whole),
            duplicates=len(arrived)
            - len({one.reference for one in arrived})
            + sum(count - 1 for count in named.values()),
            lost=sum(
                1
                for reference in placed
                if reference not in whole and not orders[reference].is_given_back
            ),
            total_differences=_differing(placed, whole),
            skus=len(in_shop),
            stock_differences=sum(1 for sku, units in in_shop.items() if at_till.get(sku) != units),
            cancel_differences=len(cancelled & whole.keys()),
        )

    def written_twice(self) -> int:
        """What web orders left at the till more than once."""
        return self.till.written_twice(self.prefix)


def _differing(placed: dict[str, Decimal], whole: dict[str, Decimal]) -> int:
    return sum(1 for number, total in placed.items() if number in whole and whole[number] != total)
