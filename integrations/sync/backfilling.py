"""Advances backfills: one page at a time, when nothing that has just changed is waiting.

The target's lane lists its articles, the source's lane reads its records: every account is called
by its own lane alone. What a page held and the cursor behind it commit together. Reading stops
while so many records wait that the queue would only grow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from integrations.connector_kit.base import EntityPort, Listing, Notice, Page
from integrations.connector_kit.errors import NeedsOwner, Rejected, TryLater, Unsupported
from integrations.models import (
    ArticleSide,
    Backfill,
    BackfillState,
    Connection,
    Delivery,
    DeliveryState,
    InboxItem,
    InboxState,
    PairState,
    Rank,
)
from integrations.sync import floors, intake, lanes, matching, outcomes
from integrations.sync.lanes import Lease
from integrations.sync.overtaking import topic_of
from integrations.sync.retry import pause
from integrations.sync.sessions import Session
from integrations.sync.stages import deliver
from mappings.canonical.record import Entity
from tenants import scope

# Records of one backfill that may wait at a time, give or take a page.
MOST_WAITING = 2_000
WHEN_FULL = timedelta(milliseconds=200)
UNTIL_DONE = timedelta(seconds=1)

OUR_ERROR = "An error of ours stopped this backfill; we have been told. It can be resumed."


def next_up(session: Session, *, now: datetime) -> Backfill | None:
    """The backfill whose turn it is, None while anything of a higher rank waits for this account."""
    with scope.tenant(session.tenant_id):
        row: Backfill | None = (
            _running(session.connection)
            .filter(due_at__lte=now)
            .select_related("flow", "flow__source", "flow__target")
            .order_by("due_at", "pk")
            .first()
        )
        return None if row is None or _has_news(session, now=now) else row


def step(session: Session, lease: Lease, row: Backfill, *, now: datetime) -> int:
    """One page, or a look whether all is done; answers how many records or articles were read.

    Raises TryLater and NeedsOwner after the backfill has been put off; any other refusal stops the
    backfill, where people see it.
    """
    port = session.port(Entity(row.flow.entity))
    try:
        with session.recorder.recording() as exchanges:
            if not row.is_listed:
                listing = _list(session, port, row)
                return _keep_listing(session, lease, row, listing, len(exchanges), now=now)
            if row.is_read or _is_full(session, row):
                return _look(session, lease, row, now=now)
            page = _page(session, port, row)
            return _keep_page(session, lease, row, page, len(exchanges), now=now)
    except (TryLater, NeedsOwner) as error:
        after = error.after if isinstance(error, TryLater) else None
        _put_off(session, lease, row, error.message, now=now, asked=after)
        raise
    except (Rejected, Unsupported) as error:
        fail(session, lease, row, str(error), now=now)
        return 0


def fail(session: Session, lease: Lease, row: Backfill, problem: str, *, now: datetime) -> None:
    """Stops the backfill with the reason; a person can resume it where it stood."""
    with scope.tenant(session.tenant_id):
        lanes.check(lease)
        if current := _current(row):
            current.state, current.problem = BackfillState.FAILED, problem[:600]
            current.save(update_fields=["state", "problem"])


def _running(connection: Connection) -> QuerySet[Backfill]:
    """Backfills that this lane advances: it reads as their source, or lists as their target."""
    return Backfill.objects.filter(
        Q(flow__source=connection, is_listed=True) | Q(flow__target=connection, is_listed=False),
        state=BackfillState.RUNNING,
        flow__is_on=True,
        flow__pair__state__in=(PairState.TESTING, PairState.LIVE),
    )


def _has_news(session: Session, *, now: datetime) -> bool:
    items = InboxItem.objects.filter(
        id__gte=floors.items_from(session.connection.pk),
        connection=session.connection,
        state=InboxState.WAITING,
        rank__lt=Rank.BACKFILL,
        due_at__lte=now,
    )
    rows = deliver.running(session).filter(rank__lt=Rank.BACKFILL, due_at__lte=now)
    return items.exists() or rows.exists()


def _list(session: Session, port: EntityPort | None, row: Backfill) -> Listing:
    if port is None or port.listing is None:
        raise Unsupported(f"{session.connector.manifest.label} cannot list its articles.")
    listing: Listing = port.listing(session.client, row.list_cursor)
    session.answers += 1
    return listing


def _page(session: Session, port: EntityPort | None, row: Backfill) -> Page:
    if port is None or port.pages is None:
        raise Unsupported(
            f"{session.connector.manifest.label} cannot list all its {row.flow.entity} records."
        )
    page: Page = port.pages(session.client, row.cursor)
    session.answers += 1
    return page


def _keep_listing(
    session: Session, lease: Lease, row: Backfill, listing: Listing, calls: int, *, now: datetime
) -> int:
    with scope.tenant(session.tenant_id):
        lanes.check(lease)
        current = _current(row)
        if current is None:
            return 0
        matching.remember_target(current, listing.rows)
        current.list_cursor, current.is_listed = listing.cursor, not listing.cursor
        current.listed += len(listing.rows)
        _advanced(current, calls, now=now)
        if current.is_listed:
            lanes.wake(tenant_id=session.tenant_id, connection_id=current.flow.source_id, now=now)
    return len(listing.rows)


def _keep_page(
    session: Session, lease: Lease, row: Backfill, page: Page, calls: int, *, now: datetime
) -> int:
    with scope.tenant(session.tenant_id):
        lanes.check(lease)
        current = _current(row)
        if current is None:
            return 0
        notices: Sequence[Notice] = page.notices
        if current.links_articles:
            notices = matching.matched(session, current, notices, now=now)
        intake.accept(
            tenant_id=session.tenant_id,
            connection_id=session.connection.pk,
            notices=[_named(notice, current, asked_at=now) for notice in notices],
            now=now,
            rank=Rank.BACKFILL,
        )
        current.cursor, current.is_read = page.cursor, not page.more
        current.read += len(page.notices)
        _advanced(current, calls, now=now)
    return len(page.notices)


def _named(notice: Notice, row: Backfill, *, asked_at: datetime) -> Notice:
    """Named by the run, so that a page that is read twice is accepted once."""
    return replace(
        notice, topic=topic_of(row.flow_id), event=str(row.pk), delivery="", occurred_at=asked_at
    )


def _advanced(row: Backfill, calls: int, *, now: datetime) -> None:
    row.calls += calls
    row.failures, row.problem, row.due_at = 0, "", now
    row.save()


def _current(row: Backfill) -> Backfill | None:
    """The row, locked; None when someone paused or cancelled it, or another holder went on."""
    found: Backfill | None = (
        Backfill.objects.select_for_update(of=("self",))
        .select_related("flow", "flow__source", "flow__target")
        .filter(
            pk=row.pk,
            state=BackfillState.RUNNING,
            cursor=row.cursor,
            list_cursor=row.list_cursor,
            is_listed=row.is_listed,
            is_read=row.is_read,
        )
        .first()
    )
    return found


def open_records(row: Backfill) -> int:
    """Records of the run that wait, on either side. Call inside the tenant's scope."""
    items = InboxItem.objects.filter(
        id__gte=floors.items_from(row.flow.source_id),
        connection_id=row.flow.source_id,
        entity=row.flow.entity,
        state=InboxState.WAITING,
        topic=topic_of(row.flow_id),
        event=str(row.pk),
    )
    rows = Delivery.objects.filter(
        id__gte=floors.deliveries_from(row.flow.target_id),
        flow_id=row.flow_id,
        state=DeliveryState.WAITING,
        rank=Rank.BACKFILL,
    )
    return items.count() + rows.count()


def _is_full(session: Session, row: Backfill) -> bool:
    with scope.tenant(session.tenant_id):
        return open_records(row) >= MOST_WAITING


def _look(session: Session, lease: Lease, row: Backfill, *, now: datetime) -> int:
    """Ends the run once nothing of it waits any more; else looks again soon."""
    with scope.tenant(session.tenant_id):
        lanes.check(lease)
        current = _current(row)
        if current is None:
            return 0
        if current.is_read and not open_records(current):
            finish(current, BackfillState.DONE, now=now)
        else:
            current.due_at = now + (UNTIL_DONE if current.is_read else WHEN_FULL)
            current.save(update_fields=["due_at"])
    return 0


def finish(row: Backfill, state: BackfillState, *, now: datetime) -> None:
    """Ends the run and keeps its figures. Call inside the tenant's scope, with the row locked."""
    row.state, row.due_at, row.finished_at = state, None, now
    row.outcomes = outcomes.of_backfill(row, since=now).by_state
    row.save()
    row.articles.filter(side=ArticleSide.TARGET, is_matched=True).delete()


def _put_off(
    session: Session,
    lease: Lease,
    row: Backfill,
    problem: str,
    *,
    now: datetime,
    asked: float | None,
) -> None:
    with scope.tenant(session.tenant_id):
        lanes.check(lease)
        if current := _current(row):
            current.failures += 1
            current.problem = problem[:600]
            current.due_at = now + timedelta(seconds=pause(current.failures, asked=asked))
            current.save(update_fields=["failures", "problem", "due_at"])
