"""Compares what the shop shows with what it ought to show, article by article, and mends it.

Each side is read once, page after page. What differs then is asked for once more before it is told,
since both sides go on selling meanwhile. Nothing is changed unless `repair` is called, and then by
the flow itself: each article gets a notice, and its number goes the usual way with a record of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import partial

from integrations.connector_kit.base import Counted, Notice
from integrations.models import Delivery, DeliveryState, InboxItem, InboxState, Pair
from integrations.services import stock_sides
from integrations.services.stock_differences import (
    Difference,
    Kind,
    by_article,
    comparable,
    differences,
    matched,
    still,
)
from integrations.services.stock_sides import Sides
from integrations.sync import intake
from integrations.sync.sessions import Session
from mappings.canonical.record import Entity
from tenants import scope

TOPIC = "converge"
# Candidates are asked for in pieces: a piece takes two requests at the till and one in the shop.
PIECE = 50
LEAST_CALLS = 3
MORE_CALLS = Decimal("0.02")
PATIENCE = 600.0


class CannotConverge(ValueError):
    """These two sides cannot be compared; the message says why."""


@dataclass(frozen=True)
class Found:
    """The result. `calls` and `again`: requests for the paged reads, and for the second look.

    `on_the_way`: what differs while a notice or delivery of it is under way, which mends it.
    `matched`: SKUs that both sides sell and whose numbers could be compared.
    """

    pair: Pair
    compared: int
    differences: Sequence[Difference]
    on_the_way: Sequence[Difference]
    calls: Mapping[str, int]
    again: Mapping[str, int]
    matched: int = 0

    @property
    def counts(self) -> dict[str, int]:
        return {kind.value: sum(one.kind == kind for one in self.differences) for kind in Kind}

    @property
    def equal(self) -> int:
        """SKUs that both sides sell with the numbers that ought to be there."""
        wrong = {
            one.sku for one in (*self.differences, *self.on_the_way) if one.kind is Kind.DIFFERENT
        }
        return max(0, self.matched - len(wrong))


# Told which side was read how far ("till" or "shop", articles so far); what it raises ends it.
Told = Callable[[str, int], None]


def compare(
    pair: Pair, *, patience: float = PATIENCE, spare: float = 0.0, told: Told | None = None
) -> Found:
    """Every article of both sides. Call outside any scope; takes as long as reading both.

    `patience` and `spare` as in stock_sides.survey. Raises stock_sides.CannotAsk.
    """
    sides = stock_sides.opened(pair)

    def all_of(side: str) -> Callable[[Session], list[Counted]]:
        seen = partial(told, side) if told else None
        return partial(stock_sides.survey, patience=patience, spare=spare, seen=seen)

    till, shop = stock_sides.both(sides, all_of("till"), all_of("shop"))
    both_sides = matched(sides, till, shop)
    first = list(differences(both_sides))
    calls = dict(sides.calls)
    sure, left = _looked_at_again(sides, first)
    again = {name: made - calls[name] for name, made in sides.calls.items()}
    rows = sorted([*sure, *left], key=lambda one: (one.kind, one.sku, one.field))
    with scope.tenant(pair.tenant_id):
        moving = _under_way(pair, {one.key for one in rows if one.key})
    # What cannot be worked out is told, but is no number that could be right or wrong.
    blocked = {one.sku for one in rows if one.kind is Kind.BLOCKED}
    return Found(
        pair=pair,
        compared=len({row.sku for row in (*till, *shop)}),
        differences=[one for one in rows if one.key not in moving],
        on_the_way=[one for one in rows if one.key in moving],
        calls=calls,
        again=again,
        matched=len(comparable(both_sides) - blocked),
    )


def repair(found: Found, *, now: datetime) -> int:
    """Sends the right numbers the usual way; answers how many articles. Call outside any scope."""
    keys = sorted({one.key for one in found.differences if one.can_be_repaired})
    if not keys:
        return 0
    with scope.tenant(found.pair.tenant_id):
        _must_run(found.pair)
        intake.accept(
            tenant_id=found.pair.tenant_id,
            connection_id=found.pair.pos_id,
            notices=[Notice(Entity.INVENTORY, key, topic=TOPIC) for key in keys],
            now=now,
        )
    return len(keys)


def is_under_way(found: Found) -> bool:
    """Whether a number of a repair has not arrived yet. Call outside any scope."""
    keys = {one.key for one in found.differences if one.can_be_repaired}
    with scope.tenant(found.pair.tenant_id):
        return bool(_under_way(found.pair, keys))


def confirm(found: Found) -> list[Difference]:
    """What is left of the differences, asked for once more. Call outside any scope."""
    sides = stock_sides.opened(found.pair)
    left: list[Difference] = []
    for start in range(0, len(found.differences), PIECE):
        left += _again(sides, found.differences[start : start + PIECE])
    return left


def _must_run(pair: Pair) -> None:
    flow = stock_sides.flow_of(pair)
    if not (flow.is_on and flow.pair.is_running):
        raise CannotConverge(
            f"The stock flow of {pair.name} is switched off or the pair does not run."
            " Start it, then repair."
        )


def _looked_at_again(
    sides: Sides, first: Sequence[Difference]
) -> tuple[list[Difference], list[Difference]]:
    """Those that are still there, and those for which there were no calls left.

    A second look may take 2 % of the calls of the first, and never less than one piece.
    """
    made = sum(sides.calls.values())
    allowed = max(Decimal(LEAST_CALLS), made * MORE_CALLS)
    sure: list[Difference] = []
    for start in range(0, len(first), PIECE):
        if start and sum(sides.calls.values()) - made + LEAST_CALLS > allowed:
            return sure, list(first[start:])
        sure += _again(sides, first[start : start + PIECE])
    return sure, []


def _again(sides: Sides, some: Sequence[Difference]) -> list[Difference]:
    """These articles as they are now: what is left of their differences."""
    sides.look_again()
    keys = sorted({one.key for one in some if one.key})
    shop_keys = sorted({one.shop_key for one in some if one.shop_key})
    till, shop = stock_sides.both(
        sides,
        lambda session: stock_sides.as_counted(session, keys) if keys else [],
        lambda session: stock_sides.as_counted(session, shop_keys) if shop_keys else [],
    )
    here = {one.key: one for one in till if not one.problem}
    there = {one.key: one for one in shop}
    left: list[Difference] = []
    for name, group in by_article(some).items():
        left += still(sides, group, here.get(name[0]), there.get(name[1]))
    return [replace(one, is_sure=True) for one in left]


def _under_way(pair: Pair, keys: Iterable[str]) -> set[str]:
    """Of these articles, those of which a notice or a number waits to be sent."""
    wanted = sorted(keys)
    if not wanted:
        return set()
    items = InboxItem.objects.filter(
        connection=pair.pos_id,
        entity=Entity.INVENTORY,
        key__in=wanted,
        state=InboxState.WAITING,
    )
    rows = Delivery.objects.filter(
        flow__pair=pair,
        entity=Entity.INVENTORY,
        key__in=wanted,
        state=DeliveryState.WAITING,
    )
    return {*items.values_list("key", flat=True), *rows.values_list("key", flat=True)}
