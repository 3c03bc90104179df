"""The one call by which a half-open breaker finds out whether an account is back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.db import connection as database
from django.db.models import F, QuerySet
from django.utils import timezone

from integrations.connector_kit.errors import ConnectorError, NeedsOwner, TryLater
from integrations.models import Cursor, Delivery, DeliveryState, InboxItem, InboxState
from integrations.sync import lanes, pipeline
from integrations.sync.lanes import Lease
from integrations.sync.sessions import Session
from integrations.sync.stages import deliver
from mappings.canonical.record import Entity
from tenants import scope


def probe(
    session: Session, lease: Lease, cursors: Callable[[], QuerySet[Cursor]], *, reads: bool
) -> tuple[bool, TryLater | NeedsOwner | None]:
    """Makes one call: the oldest due delivery, else a due poll, else a record that must be read.

    Answers whether there was anything to call for, and what the outcome says of the account.
    """
    with scope.tenant(session.tenant_id):
        lanes.check(lease)
        rows = deliver.claim(session, now=timezone.now())
    # Of all, the one tried least: a record that fails by itself must not be every probe.
    for row in sorted(rows, key=lambda row: (row.attempts, row.due_at, row.pk)):
        for jobs in pipeline.begin(session, lease, [[row]], now=timezone.now()):
            database.close()
            done = pipeline.call(session, lease, jobs)
            pipeline.keep(session, lease, [done])
            return True, done.trouble
    return _ask(session, lease, cursors) or (_read(session) if reads else None) or (False, None)


def _ask(
    session: Session, lease: Lease, cursors: Callable[[], QuerySet[Cursor]]
) -> tuple[bool, TryLater | NeedsOwner | None] | None:
    now = timezone.now()
    with scope.tenant(session.tenant_id):
        cursor = cursors().filter(due_at__lte=now).order_by("due_at", "pk").first()
    if cursor is None:
        return None
    try:
        pipeline.ask(session, lease, cursor, now=now)
    except (TryLater, NeedsOwner) as error:
        return True, error
    return True, None


def _read(session: Session) -> tuple[bool, TryLater | NeedsOwner | None] | None:
    """Reads one record for the sake of the answer; it is read again with the others."""
    with scope.tenant(session.tenant_id):
        thin = InboxItem.objects.filter(
            connection=session.connection,
            state=InboxState.WAITING,
            payload_id=None,
            due_at__lte=timezone.now(),
        )
        item = thin.order_by("attempts", "due_at", "id").first()
    port = session.port(Entity(item.entity)) if item else None
    if item is None or port is None or port.read is None:
        return None
    try:
        port.read(session.client, [item.key])
    except (TryLater, NeedsOwner) as error:
        return True, error
    except ConnectorError:
        # Refused, which is an answer; the record is dealt with in its turn.
        return True, None
    return True, None


def drain(session: Session, *, now: datetime) -> None:
    """The account is back: what failed while it was away is due now, in its old order.

    Call inside the tenant's scope.
    """
    Delivery.objects.filter(
        target=session.connection, state=DeliveryState.WAITING, attempts__gt=0, due_at__gt=now
    ).update(due_at=F("created_at"))
    InboxItem.objects.filter(
        connection=session.connection, state=InboxState.WAITING, attempts__gt=0, due_at__gt=now
    ).update(due_at=F("received_at"))
    Cursor.objects.filter(connection=session.connection, failures__gt=0).update(due_at=now)
