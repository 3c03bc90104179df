"""Pages of long lists: read along an index, never counted, and never looking through too many rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from integrations.services.row_walks import Place

T = TypeVar("T")

# So many rows are looked through for one page, the nearer ones first.
WINDOW = 2_000
_NEAR = 8


@dataclass(frozen=True)
class Rows(Generic[T]):
    """One page. `older` leads to the next one, "" when this was the last; `looked_through`: that
    many rows were looked at for what was asked, and more are there; else 0."""

    rows: Sequence[T]
    older: str = ""
    looked_through: int = 0


@dataclass(frozen=True)
class Source(Generic[T]):
    """How one list is read.

    `walk` gives so many places along an index, `load` those of the rows that fit, in the same order.
    `is_whole`: the index says all that was asked, so every row fits.
    """

    walk: Callable[[int], Sequence[Place]]
    load: Callable[[Sequence[int]], Sequence[T]]
    place: Callable[[T], Place]
    is_whole: bool

    def page(self, limit: int) -> Rows[T]:
        if self.is_whole:
            places = self.walk(limit + 1)
            rows = self.load([one.pk for one in places[:limit]])
            return Rows(rows, places[limit - 1].as_text() if len(places) > limit else "")
        for window in (limit * _NEAR, WINDOW):
            places = self.walk(window)
            rows = self.load([one.pk for one in places])
            if len(rows) > limit:
                return Rows(rows[:limit], self.place(rows[limit - 1]).as_text())
            if len(places) < window:
                return Rows(rows)
        return Rows(rows, places[-1].as_text(), len(places))


def in_order(rows: Iterable[Any], ids: Sequence[int]) -> list[Any]:
    """The rows in the order of their ids."""
    place = {pk: index for index, pk in enumerate(ids)}
    return sorted(rows, key=lambda row: place[row.pk])
