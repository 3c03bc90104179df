"""Pages of long lists: read along an index, never counted, and never looking through too many rows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
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

    `walk` gives so many places along an index, `fit` says which of these ids fit what was asked, and
    `load` gives rows by their ids. Without `fit` the index says all that was asked: every row fits.
    """

    walk: Callable[[int], Sequence[Place]]
    load: Callable[[Sequence[int]], Iterable[T]]
    fit: Callable[[Sequence[int]], Collection[int]] | None = None

    def page(self, limit: int) -> Rows[T]:
        if self.fit is None:
            return self._rows(self.walk(limit + 1), limit)
        for window in (limit * _NEAR, WINDOW):
            places = self.walk(window)
            fitting = set(self.fit([one.pk for one in places]))
            found = [one for one in places if one.pk in fitting]
            if len(found) > limit or len(places) < window:
                return self._rows(found, limit)
        return Rows(self._loaded(found), places[-1].as_text(), len(places))

    def _rows(self, places: Sequence[Place], limit: int) -> Rows[T]:
        older = places[limit - 1].as_text() if len(places) > limit else ""
        return Rows(self._loaded(places[:limit]), older)

    def _loaded(self, places: Sequence[Place]) -> list[T]:
        return list(self.load([one.pk for one in places])) if places else []


def in_order(rows: Iterable[Any], ids: Sequence[int]) -> list[Any]:
    """The rows in the order of their ids."""
    place = {pk: index for index, pk in enumerate(ids)}
    return sorted(rows, key=lambda row: place[row.pk])
