"""A day in the shop: buyers order online, cashiers sell at the till, goods come in."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from clarity.demo.sandboxes import Sandbox

# One sale at the till for so many web orders, and one delivery of goods for so many of both.
ORDERS_PER_SALE = 3
EVENTS_PER_DELIVERY = 60


@dataclass
class ShopDay:
    """Makes things happen, always the same way for one seed."""

    shop: Sandbox
    till: Sandbox
    skus: list[str]
    seed: int = 7
    orders: int = 0
    sales: int = 0
    deliveries: int = 0
    _chance: random.Random = field(default_factory=random.Random)

    def __post_init__(self) -> None:
        self._chance.seed(self.seed)

    def next_order(self) -> None:
        """One web order, and now and then a sale at the till or a delivery of goods."""
        self.shop.act("orders", count=1, seed=self._seed())
        self.orders += 1
        if self.orders % ORDERS_PER_SALE == 0:
            self.till.act("sales", count=1, seed=self._seed())
            self.sales += 1
        if (self.orders + self.sales) % EVENTS_PER_DELIVERY == 0:
            for sku in self.skus:
                self.till.act("stock", sku=sku, delta=10)
            self.deliveries += 1

    def _seed(self) -> int:
        return self._chance.randrange(1_000_000_000)
