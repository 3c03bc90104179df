"""Which pairs a term is paid for.

A term is paid for ahead, by the place. A pair that is removed leaves its place, paid to the
renewal, to the account: the next pair that goes live takes it and costs nothing until then. So
nobody pays twice for one place, and nobody is paid back for a term that was agreed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TypeVar
from uuid import UUID


@dataclass(frozen=True)
class Place:
    """A pair's billing: since when, until when, paid to what day, and whether the rest is taken."""

    pair_id: UUID
    starts_on: date
    paid_until: date
    ends_on: date | None = None
    is_taken: bool = False


P = TypeVar("P", bound=Place)


def free_place(places: Iterable[P], renews_on: date) -> P | None:
    """A place that is paid to the renewal and that nobody has; the oldest one."""
    left = [
        place
        for place in places
        if place.ends_on is not None and not place.is_taken and place.paid_until >= renews_on
    ]
    return min(left, key=_order, default=None)


def renewed(places: Iterable[P], renews_on: date) -> list[P]:
    """The pairs to be billed for the term that begins: all not removed before its first day.

    Facts alone decide, so a late job bills what one on time would have billed.
    """
    found = [
        place
        for place in places
        if place.starts_on < renews_on and (place.ends_on is None or place.ends_on >= renews_on)
    ]
    return sorted(found, key=_order)


def _order(place: Place) -> tuple[date, str]:
    return place.starts_on, str(place.pair_id)
