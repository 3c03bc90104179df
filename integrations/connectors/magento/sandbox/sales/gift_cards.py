"""Gift card accounts of a shop, and what orders took from them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass
class GiftCard:
    """A gift card account. `state`: 0 available, 1 used, 2 redeemed, 3 expired."""

    id: int
    code: str
    balance: Decimal
    created_at: datetime
    initial: Decimal
    is_active: bool = True
    expires: str | None = None
    is_redeemable: bool = True

    @property
    def state(self) -> int:
        return 0 if self.balance > 0 else 1


@dataclass
class UsedCard:
    """A gift card an order was paid with, wholly or in part."""

    card: GiftCard
    own: Decimal
    base: Decimal
