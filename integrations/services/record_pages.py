"""Pages of records over several pairs at once, newest first, for programs that read them all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from integrations.models import Pair
from integrations.services.records import Row, Show, latest_records
from integrations.services.walking import Mark


@dataclass(frozen=True)
class Found:
    """A record in the pair that carries it."""

    pair: Pair
    row: Row

    @property
    def mark(self) -> Mark:
        """Its place in the list."""
        return Mark(self.row.item.pk, self.row.item.received_at)


@dataclass(frozen=True)
class RecordPage:
    """One page. `older` leads to the next one, "" when this was the last.

    A page may be short, even empty, while there is an older one: only so many records are looked
    through at a time.
    """

    found: Sequence[Found]
    older: str = ""


@dataclass(frozen=True)
class Wanted:
    """What the records are narrowed to; times are those of receipt."""

    show: Show = Show.ALL
    entity: str = ""
    search: str = ""
    since: datetime | None = None
    until: datetime | None = None


def page(*, pairs: Sequence[Pair], wanted: Wanted, limit: int, before: str = "") -> RecordPage:
    """The next records of these pairs. Call inside the tenant's scope.

    A record that two pairs carry is named once for each. `before` is the `older` of an earlier page.
    """
    start = before or (_before(wanted.until) if wanted.until else "")
    rows: list[Found] = []
    horizons: list[tuple[datetime, int]] = []
    for pair in pairs:
        some = latest_records(
            pair=pair,
            limit=limit,
            show=wanted.show,
            entity=wanted.entity,
            search=wanted.search,
            before=start,
        )
        rows += [Found(pair, row) for row in some.rows]
        if some.older:
            horizons.append(_place(some.older))
    # Below the nearest place where a pair's page ended, that pair may have records not read yet.
    horizon = max(horizons, default=None)
    near = sorted(
        (one for one in rows if horizon is None or _key(one) >= horizon), key=_key, reverse=True
    )
    shown = _whole_records(near, limit)
    end = _key(shown[-1]) if len(shown) < len(near) else horizon
    recent = [one for one in shown if wanted.since is None or _key(one)[0] >= wanted.since]
    is_last = end is None or (wanted.since is not None and end[0] < wanted.since)
    return RecordPage(recent, "" if is_last or end is None else Mark(end[1], end[0]).as_text())


def _whole_records(rows: Sequence[Found], limit: int) -> list[Found]:
    """The first ones; a record that several pairs carry is not torn apart between two pages."""
    kept: list[Found] = []
    for one in rows:
        if len(kept) >= limit and _key(one) != _key(kept[-1]):
            break
        kept.append(one)
    return kept


def _key(found: Found) -> tuple[datetime, int]:
    return found.mark.received_at, found.mark.pk


def _before(at: datetime) -> str:
    """The place just before everything that was received at `at` or later."""
    return Mark(0, at).as_text()


def _place(mark: str) -> tuple[datetime, int]:
    microseconds, _, pk = mark.partition("-")
    return datetime.fromtimestamp(int(microseconds) / 1_000_000, UTC), int(pk)
