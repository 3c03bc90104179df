"""Groups failures into incidents while they happen, and raises the engine's own alarms.

Cheap while many rows fail at once: nothing is counted here (counts come from the rows), an incident
that is open and fresh is only read, and one that must be touched is skipped while somebody else
touches it.

A row that joins an incident holds a key-share lock on it until its transaction ends; whoever closes
an incident locks it for update first and looks at its rows afterwards, so none is closed unseen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection as database
from django.db.models import Exists, OuterRef, Q

from integrations.models import (
    RECORDS,
    Connection,
    Delivery,
    DeliveryState,
    InboxItem,
    InboxState,
    Incident,
    IncidentState,
    Side,
)
from integrations.sync.causes import Cause, cause, error_name
from tenants import scope

Row = InboxItem | Delivery

STOPPED_ITEM = (InboxState.HELD, InboxState.DEAD)
STOPPED_DELIVERY = (DeliveryState.HELD, DeliveryState.DEAD)
TOUCH_EVERY = timedelta(seconds=5)


def file(row: Row, error: Exception | None, *, now: datetime) -> None:
    """Names the row's incident on it, when it is held or given up; the caller saves the row.

    Call it inside the tenant's scope, before the row is saved, with its reason, field, said and
    advice in place. A row in any other state is left as it is.
    """
    file_many([(row, error)], now=now)


def file_many(rows: Iterable[tuple[Row, Exception | None]], *, now: datetime) -> None:
    """`file` for many rows at once, in one or two statements."""
    wanted: dict[str, _Made] = {}
    filed: list[tuple[Row, str]] = []
    for row, error in rows:
        if row.state not in STOPPED_ITEM:
            continue
        made = _made(row, error)
        wanted.setdefault(made.fingerprint, made)
        filed.append((row, made.fingerprint))
    if not filed:
        return
    ids = _open(wanted, now=now)
    for row, fingerprint in filed:
        row.incident_id = ids[fingerprint]


def raise_alarm(
    *,
    tenant_id: UUID,
    kind: str,
    connection: Connection | None,
    message: str,
    advice: str,
    now: datetime,
) -> None:
    """Opens an incident of the engine itself; while it is open, renews its words and its time.

    `kind` is a short name of our own, such as "conservation". May be called outside any scope.
    """
    with scope.tenant(tenant_id):
        fingerprint = _alarm_fingerprint(kind, connection)
        made = _Made(
            fingerprint=fingerprint,
            kind=kind,
            connection_id=connection.pk if connection else None,
            side="",
            entity="",
            cause=Cause(error="", field="", message=message[:600]),
            advice=advice[:600],
        )
        _upsert([made], now=now)


def settle_alarm(
    *, tenant_id: UUID, kind: str, connection: Connection | None, now: datetime
) -> None:
    """Closes the alarm when it is open. May be called outside any scope."""
    with scope.tenant(tenant_id):
        Incident.objects.filter(
            fingerprint=_alarm_fingerprint(kind, connection), state=IncidentState.OPEN
        ).update(state=IncidentState.CLOSED, closed_at=now)


def close_settled(incident_ids: Iterable[int | None], *, now: datetime) -> int:
    """Closes those incidents that no stopped row names any more; answers how many.

    Call it inside the tenant's scope, after rows have left them, as the last thing of the
    transaction.
    """
    wanted = sorted({pk for pk in incident_ids if pk is not None})
    if not wanted:
        return 0
    # Who is filing right now holds a share: it is not waited for, the next look closes.
    held = list(
        Incident.objects.filter(pk__in=wanted, state=IncidentState.OPEN, kind=RECORDS)
        .order_by("pk")
        .select_for_update(skip_locked=True)
        .values_list("pk", flat=True)
    )
    if not held:
        return 0
    # A statement of its own: it sees what was committed before the locks were got.
    return int(
        Incident.objects.filter(pk__in=held)
        .exclude(has_stopped_rows())
        .update(state=IncidentState.CLOSED, closed_at=now)
    )


def has_stopped_rows() -> Q:
    """Whether an incident has rows that still wait for a person."""
    items = InboxItem.objects.filter(incident=OuterRef("pk"), state__in=STOPPED_ITEM)
    deliveries = Delivery.objects.filter(incident=OuterRef("pk"), state__in=STOPPED_DELIVERY)
    return Q(Exists(items)) | Q(Exists(deliveries))


class _Made(NamedTuple):
    """An incident as it would be made for a row."""

    fingerprint: str
    kind: str
    connection_id: UUID | None
    side: str
    entity: str
    cause: Cause
    advice: str


def _made(row: Row, error: Exception | None) -> _Made:
    on_target = isinstance(row, Delivery)
    side = Side.TARGET if on_target else Side.SOURCE
    connection_id = row.target_id if isinstance(row, Delivery) else row.connection_id
    values = [row.said, row.number, row.key, row.number.lstrip("#")]
    if isinstance(row, Delivery):
        values.append(row.reference)
    found = cause(
        error=error_name(
            error, field=row.field, is_given_up=str(row.state) == DeliveryState.DEAD.value
        ),
        field=row.field,
        reason=row.reason,
        values=values,
    )
    return _Made(
        fingerprint=found.fingerprint(RECORDS, str(connection_id), side, row.entity),
        kind=RECORDS,
        connection_id=connection_id,
        side=side,
        entity=row.entity,
        cause=found,
        advice="" if row.advice == row.reason else row.advice[:600],
    )


def _alarm_fingerprint(kind: str, connection: Connection | None) -> str:
    return Cause("", "", "").fingerprint("alarm", kind, str(connection.pk) if connection else "")


def _open(wanted: Mapping[str, _Made], *, now: datetime) -> dict[str, int]:
    """Ids of open incidents by fingerprint; makes or opens again those that are not open."""
    found: dict[str, int] = {}
    stale: list[int] = []
    # FOR KEY SHARE shuts out closing, and nobody else who files.
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT fingerprint, id, last_at FROM integrations_incident"
            " WHERE tenant_id = %s AND fingerprint = ANY(%s) AND state = 'open' FOR KEY SHARE",
            [scope.current(), list(wanted)],
        )
        for fingerprint, pk, last_at in cursor.fetchall():
            found[fingerprint] = pk
            if last_at < now - TOUCH_EVERY:
                stale.append(pk)
    missing = [made for fingerprint, made in sorted(wanted.items()) if fingerprint not in found]
    if missing:
        found |= _upsert(missing, now=now)
    if stale:
        _touch(stale, now=now)
    return found


def _upsert(wanted: Sequence[_Made], *, now: datetime) -> dict[str, int]:
    """One statement; of several processes that come with one cause, one makes the row."""
    tenant_id = scope.current()
    rows: list[Any] = []
    for made in wanted:
        rows += [
            tenant_id,
            made.fingerprint,
            made.kind,
            made.connection_id,
            made.side,
            made.entity,
            made.cause.error,
            made.cause.field,
            made.cause.message,
            made.advice,
            *(now, now, now),
        ]
    line = "(%s, %s, %s, 'open', %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, '', 0, '')"
    with database.cursor() as cursor:
        cursor.execute(
            # Only placeholders are put together here.
            "INSERT INTO integrations_incident (tenant_id, fingerprint, kind, state, connection_id,"  # noqa: S608
            " side, entity, error, field, message, advice, first_at, opened_at, last_at,"
            f" replay_state, replay_total, replay_note) VALUES {', '.join([line] * len(wanted))}"
            " ON CONFLICT (tenant_id, fingerprint) DO UPDATE SET state = 'open', closed_at = NULL,"
            " opened_at = CASE WHEN integrations_incident.state = 'open'"
            " THEN integrations_incident.opened_at ELSE EXCLUDED.opened_at END,"
            " last_at = GREATEST(integrations_incident.last_at, EXCLUDED.last_at),"
            " message = EXCLUDED.message, advice = EXCLUDED.advice"
            " RETURNING fingerprint, id",
            rows,
        )
        return dict(cursor.fetchall())


def _touch(ids: Sequence[int], *, now: datetime) -> None:
    """Says when it happened last. Whoever is at it already says nearly the same."""
    with database.cursor() as cursor:
        cursor.execute(
            "UPDATE integrations_incident SET last_at = %(now)s WHERE id IN ("
            " SELECT id FROM integrations_incident WHERE tenant_id = %(tenant)s"
            " AND id = ANY(%(ids)s) AND last_at < %(before)s"
            " FOR NO KEY UPDATE SKIP LOCKED)",
            {
                "now": now,
                "tenant": scope.current(),
                "ids": list(ids),
                "before": now - TOUCH_EVERY,
            },
        )
