"""Polling: reads what changed since the cursor and takes it into the inbox."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime, timedelta

from integrations.connector_kit.base import Notice
from integrations.connector_kit.errors import NeedsOwner, Rejected, TryLater
from integrations.models import Cursor, Flow
from integrations.sync import crash_points, intake, lanes
from integrations.sync.lanes import Lease
from integrations.sync.retry import pause
from integrations.sync.sessions import Session
from mappings.canonical.record import Entity
from tenants import scope

TICK = timedelta(seconds=5)


def ensure_cursors(session: Session, flows: list[Flow], *, now: datetime) -> bool:
    """One cursor for each entity that must be polled; answers whether one was missing.

    Call inside the tenant's scope.
    """
    specs = session.connector.manifest.entities
    wanted = {
        flow.entity
        for flow in flows
        if flow.source_id == session.connection.pk
        and Entity(flow.entity) in specs
        and "poll" in specs[Entity(flow.entity)].source
        and session.port(Entity(flow.entity)) is not None
    }
    if not wanted:
        return False
    mine = Cursor.objects.filter(connection=session.connection)
    missing = wanted.difference(mine.values_list("entity", flat=True))
    for entity in sorted(missing):
        Cursor.objects.get_or_create(
            connection=session.connection, entity=entity, defaults={"due_at": now}
        )
    return bool(missing)


def _named(notice: Notice, *, now: datetime) -> Notice:
    """Names the event by version and content, so that overlapping polls accept each change once.

    A record may change twice within one tick of their clock. The content tells two full notices
    apart; a thin one is left unnamed, and so read again, until its tick is surely over.
    """
    if notice.event or not notice.version:
        return notice
    if notice.payload is None:
        return (
            notice if _is_fresh(notice.version, now=now) else replace(notice, event=notice.version)
        )
    digest = hashlib.sha256(repr(notice.payload).encode()).hexdigest()[:16]
    return replace(notice, event=f"{notice.version} {digest}")


def _is_fresh(version: str, *, now: datetime) -> bool:
    """Whether the version is a time that has only just passed; other versions have no ticks."""
    try:
        changed_at = datetime.fromisoformat(version)
    except ValueError:
        return False
    return changed_at.tzinfo is not None and now - changed_at < TICK


def poll(session: Session, lease: Lease, cursor: Cursor, *, now: datetime) -> int:
    """One page of changes; answers how many notices were new.

    Raises TryLater and NeedsOwner after the cursor has been put off; any other refusal is kept on
    the cursor, where people see it.
    """
    port = session.port(Entity(cursor.entity))
    if port is None or port.changes is None:
        put_off(session, lease, cursor, "This system cannot be asked for changes.", now=now)
        return 0
    try:
        page = port.changes(session.client, cursor.value, now)
    except (TryLater, NeedsOwner, Rejected) as error:
        if isinstance(error, TryLater) and error.throttled:
            # No sign of ill health, and no reason to wait longer each time.
            _ask_again(session, lease, cursor, now=now, after=error.after or 0.0)
        else:
            after = error.after if isinstance(error, TryLater) else None
            put_off(session, lease, cursor, error.message, now=now, asked=after)
        if isinstance(error, Rejected):
            return 0
        raise
    with scope.tenant(session.tenant_id):
        lanes.check(lease)
        if _was_moved(cursor):
            # A person did it while the account was asked: what it said counts from the new place on.
            return 0
        new = intake.accept(
            tenant_id=session.tenant_id,
            connection_id=session.connection.pk,
            notices=[_named(notice, now=now) for notice in page.notices],
            now=now,
        )
        crash_points.reach("before-cursor")
        cursor.value, cursor.failures, cursor.problem = page.cursor, 0, ""
        cursor.polled_at = now
        cursor.due_at = now if page.more else now + session.poll_every
        cursor.save()
    crash_points.reach("after-cursor")
    return new


def _was_moved(cursor: Cursor) -> bool:
    """Whether the cursor stands elsewhere than when it was read; keeps it where it is until the end
    of the transaction."""
    rows = Cursor.objects.select_for_update().filter(pk=cursor.pk)
    return bool(rows.values_list("value", flat=True).first() != cursor.value)


def _ask_again(
    session: Session, lease: Lease, cursor: Cursor, *, now: datetime, after: float
) -> None:
    with scope.tenant(session.tenant_id):
        lanes.check(lease)
        cursor.due_at = now + timedelta(seconds=after)
        cursor.save(update_fields=["due_at"])


def put_off(
    session: Session,
    lease: Lease,
    cursor: Cursor,
    problem: str,
    *,
    now: datetime,
    asked: float | None = None,
) -> None:
    """Keeps why a poll failed and asks again later; what was read before stays read."""
    with scope.tenant(session.tenant_id):
        lanes.check(lease)
        cursor.refresh_from_db(fields=["value", "failures"])
        cursor.failures += 1
        cursor.problem = problem[:600]
        cursor.due_at = now + timedelta(seconds=pause(cursor.failures, asked=asked))
        cursor.save(update_fields=["failures", "problem", "due_at"])
