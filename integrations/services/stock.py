"""Stock on both sides: every article with what the till and the shop say of it.

Asking takes network calls, so it happens outside any scope, and an answer is kept for a moment:
several people looking at once ask each system once.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from integrations.connector_kit.base import Counted
from integrations.connector_kit.errors import Rejected
from integrations.models import Environment, Pair
from integrations.services import stock_sides
from integrations.services.stock_sides import CannotAsk, Place, Sides
from tenants import scope

# Real accounts pay for each look with their request budget; sandboxes do not.
KEPT = {Environment.SANDBOX.value: timedelta(seconds=2)}
KEPT_IN_PRODUCTION = timedelta(seconds=60)


@dataclass(frozen=True)
class StockRow:
    """One SKU. None where a side does not have it; `difference` is None then as well.

    `at_till`: units the till lets the shop sell. `places`: its number at each location of the shop.
    `problem`: why no number could be worked out.
    """

    sku: str
    title: str
    at_till: Decimal | None
    in_shop: Decimal | None
    places: Sequence[Place] = ()
    problem: str = ""

    @property
    def difference(self) -> Decimal | None:
        """Till less shop."""
        if self.at_till is None or self.in_shop is None:
            return None
        return self.at_till - self.in_shop

    @property
    def differs(self) -> bool:
        if self.difference != 0:
            return True
        return any(place.differs for place in self.places if place.arithmetic)


@dataclass(frozen=True)
class StockComparison:
    """`rows`: differences first, then by SKU. `error`: why there are none."""

    rows: Sequence[StockRow]
    asked_at: datetime
    error: str = ""

    @property
    def differing(self) -> int:
        return sum(1 for row in self.rows if row.differs)


@dataclass
class _Kept:
    lock: threading.Lock = field(default_factory=threading.Lock)
    answer: StockComparison | None = None


_answers: dict[UUID, _Kept] = {}
_answers_lock = threading.Lock()


def compare_stock(*, pair: Pair, now: datetime) -> StockComparison:
    """Both sides as they answer now, or did a moment ago. Call outside any scope.

    Never raises for a system that cannot be asked: `error` says which and why.
    """
    with _answers_lock:
        _drop_old(now)
        kept = _answers.setdefault(pair.pk, _Kept())
    with kept.lock:
        if kept.answer is None or now - kept.answer.asked_at >= _kept_for(pair):
            kept.answer = _compare(pair, now=now)
        return kept.answer


def _drop_old(now: datetime) -> None:
    for pair_id, kept in list(_answers.items()):
        if kept.answer is not None and now - kept.answer.asked_at > KEPT_IN_PRODUCTION:
            del _answers[pair_id]


def forget() -> None:
    """Empties what is kept."""
    with _answers_lock:
        _answers.clear()


def _kept_for(pair: Pair) -> timedelta:
    with scope.tenant(pair.tenant_id):
        environment = pair.pos.environment
    return KEPT.get(environment, KEPT_IN_PRODUCTION)


def _compare(pair: Pair, *, now: datetime) -> StockComparison:
    try:
        sides = stock_sides.opened(pair)
        till, shop = stock_sides.both(sides, stock_sides.survey, stock_sides.survey)
    except CannotAsk as error:
        return StockComparison((), asked_at=now, error=str(error))
    # A variant whose stock the shop does not count has no number to compare.
    counted = [row for row in shop if not row.problem]
    return StockComparison(_joined(sides, till, counted), asked_at=now)


def _joined(sides: Sides, till: Sequence[Counted], shop: Sequence[Counted]) -> list[StockRow]:
    here, there = stock_sides.by_sku(till), stock_sides.by_sku(shop)
    rows = [
        _row(sides, sku, here.get(sku, [None])[-1], there.get(sku, [None])[-1])
        for sku in here.keys() | there.keys()
    ]
    return sorted(rows, key=lambda row: (not row.differs, row.sku))


def _row(sides: Sides, sku: str, here: Counted | None, there: Counted | None) -> StockRow:
    """What may be sold, beside what the shop shows; a number that cannot be worked out says why."""
    places: Sequence[Place] = ()
    at_till, problem = None, ""
    if here is not None:
        try:
            places = stock_sides.places(sides, here, there)
        except Rejected as error:
            problem = str(error)
        else:
            at_till = here.available
            if here.stock is not None:
                at_till = Decimal(sum(place.wanted for place in places))
    in_shop = there.available if there else None
    if there is not None and places and here is not None and here.stock is not None:
        in_shop = sum((place.found or Decimal(0) for place in places), Decimal(0))
    named = here or there
    title = named.title if named else ""
    return StockRow(sku, title, at_till, in_shop, places, problem)
