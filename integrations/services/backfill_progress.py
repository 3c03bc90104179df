"""How far a backfill is, how fast it goes, and when it will end; all of it counted from rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet

from integrations.models import (
    ArticleSide,
    Backfill,
    BackfillArticle,
    BackfillState,
    Connection,
    ConnectionState,
    InboxState,
    Lane,
)
from integrations.sync import outcomes

MEASURED = timedelta(seconds=60)
_WAITING = InboxState.WAITING.value


@dataclass(frozen=True)
class Progress:
    """`counts`: records by outcome, `unmatched` among them. Rates are records a second.

    `total` None: the source does not say how much it holds. `ends_at`: at the measured rate, or as
    planned while there is nothing to measure yet. `waits_for`: why nothing moves, "" when it does.
    """

    row: Backfill
    counts: Mapping[str, int]
    total: int | None
    settled: int
    per_second: float | None
    permitted: float | None
    ends_at: datetime | None
    waits_for: str
    only_there: int

    @property
    def percent(self) -> int:
        """Of all records, the listing of the target's articles before counted as a small part."""
        if self.row.state == BackfillState.DONE:
            return 100
        if not self.total:
            return 0
        return min(99, 100 * self.settled // self.total)

    @property
    def waiting(self) -> int:
        return self.counts.get(_WAITING, 0)


def progress(row: Backfill, *, now: datetime) -> Progress:
    """Call inside the tenant's scope. The number of queries does not depend on the records."""
    counts, recent = _counts(row, now=now)
    counts["unmatched"] = row.unmatched
    settled = sum(counts.values()) - counts.get(_WAITING, 0)
    total = row.read if row.is_read else row.records
    rate = _rate(row, recent, now=now)
    return Progress(
        row=row,
        counts={state: count for state, count in counts.items() if count},
        total=total,
        settled=settled,
        per_second=rate,
        permitted=_permitted(row),
        ends_at=_ends_at(row, settled, total, rate, now=now),
        waits_for=_waits_for(row, now=now),
        only_there=_only_there(row),
    )


def unmatched_articles(row: Backfill, *, side: ArticleSide) -> QuerySet[BackfillArticle]:
    """Articles without a partner on the other side, by SKU. Call inside the tenant's scope."""
    return row.articles.filter(side=side, is_matched=False).order_by("sku", "pk")


def _counts(row: Backfill, *, now: datetime) -> tuple[dict[str, int], int]:
    """After the end the kept figures stand, as long as nothing of the run was still on its way."""
    if row.state in (BackfillState.DONE, BackfillState.CANCELLED) and not row.outcomes.get(
        _WAITING
    ):
        return dict(row.outcomes), 0
    if row.started_at is None:
        return {}, 0
    found = outcomes.of_backfill(row, since=now - MEASURED)
    return dict(found.by_state), found.recent


def _rate(row: Backfill, recent: int, *, now: datetime) -> float | None:
    """Over the last minute; over the whole run when it is over."""
    if row.started_at is None:
        return None
    if row.finished_at is not None:
        seconds = max(1.0, (row.finished_at - row.started_at).total_seconds())
        return row.read / seconds
    if row.state != BackfillState.RUNNING or not recent:
        return None
    seconds = min(MEASURED.total_seconds(), (now - row.started_at).total_seconds())
    return recent / max(1.0, seconds)


def _permitted(row: Backfill) -> float | None:
    """Records a second, if the whole run takes as long as its calls do at the permitted rates."""
    return row.records / row.planned_seconds if row.records and row.planned_seconds else None


def _ends_at(
    row: Backfill, settled: int, total: int | None, rate: float | None, *, now: datetime
) -> datetime | None:
    if row.state != BackfillState.RUNNING or total is None:
        return None
    if rate:
        return now + timedelta(seconds=max(0, total - settled) / rate)
    return max(now, (row.started_at or now) + timedelta(seconds=row.planned_seconds))


def _waits_for(row: Backfill, *, now: datetime) -> str:
    if row.state not in (BackfillState.RUNNING, BackfillState.FAILED):
        return ""
    if row.problem:
        return row.problem
    flow = row.flow
    if not flow.is_on:
        return "The flow is switched off; the backfill goes on when it is switched on."
    if not flow.pair.is_running:
        return f"{flow.pair.name} is paused; the backfill goes on when the pair is started."
    return _said_of(flow.source, now=now) or _said_of(flow.target, now=now)


def _said_of(connection: Connection, *, now: datetime) -> str:
    if connection.state != ConnectionState.ACTIVE:
        return f"{connection.name} must be reconnected; the backfill goes on by itself then."
    lane = Lane.objects.filter(pk=connection.pk).first()
    if lane is not None and lane.parked_until is not None and lane.parked_until > now:
        said = lane.parked_reason or "It asked for a rest."
        return f"{connection.name} is not called for a moment: {said}"
    return ""


def _only_there(row: Backfill) -> int:
    """Known once the source was read."""
    if not (row.links_articles and row.is_read):
        return 0
    return unmatched_articles(row, side=ArticleSide.TARGET).count()
