"""Confirm: keeps the outcome of a delivery, its links, and what it changed on the way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

from integrations.connector_kit.base import Notice, Outcome, Receipt
from integrations.connector_kit.errors import (
    NeedsOwner,
    Rejected,
    TryLater,
    Unsupported,
)
from integrations.connector_kit.exchange import Exchange
from integrations.models import Attempt, Delivery, DeliveryState, InboxItem, InboxState
from integrations.sync import incidents, intake, links
from integrations.sync.retry import is_too_old, pause
from integrations.sync.sessions import Session, keep
from mappings.canonical.record import InvalidRecord, Skipped

OUR_ERROR = "An error of ours stopped this record; we have been told. It can be replayed."

_DONE = {Outcome.UNCHANGED: DeliveryState.UNCHANGED}


def delivered(session: Session, row: Delivery, receipt: Receipt, *, now: datetime) -> None:
    """Their answer was good. Call inside the tenant's scope."""
    row.state = _DONE.get(receipt.outcome, DeliveryState.DELIVERED)
    row.target_key, row.target_label = receipt.id, receipt.label[:120]
    row.reason = row.field = row.said = row.advice = ""
    row.finished_at = now
    row.save()
    links.remember(
        row.flow,
        row.entity,
        source_key=row.key,
        target_key=receipt.id,
        now=now,
        label=row.number or receipt.label,
        delivered_hash=row.content_hash,
        delivered_version=row.version,
    )
    links.learn(
        row.flow,
        [(learned.entity, learned.source_key, learned.target_key) for learned in receipt.learned],
        now=now,
    )
    _settle_older(row, now=now)
    if receipt.touched:
        intake.accept(
            tenant_id=session.tenant_id,
            connection_id=session.connection.pk,
            notices=[Notice(entity, key, topic="touched") for entity, key in receipt.touched],
            now=now,
        )


def _settle_older(row: Delivery, *, now: datetime) -> None:
    """Earlier versions that were held or given up are spoken for by the one just delivered."""
    spoken = {"reason": "A newer version of the record was delivered", "finished_at": now}
    Delivery.objects.filter(
        flow_id=row.flow_id,
        key=row.key,
        pk__lt=row.pk,
        state__in=(DeliveryState.HELD, DeliveryState.DEAD),
    ).update(state=DeliveryState.REPLACED, **spoken)
    InboxItem.objects.filter(
        connection_id=row.flow.source_id,
        entity=row.entity,
        key=row.key,
        pk__lt=row.inbox_item_id,
        state__in=(InboxState.HELD, InboxState.DEAD),
    ).update(state=InboxState.MERGED, **spoken)


def failed(row: Delivery, error: Exception, *, now: datetime) -> None:
    """What the error means for the delivery. Call inside the tenant's scope."""
    row.reason = _message(error)
    row.finished_at = now
    if isinstance(error, NeedsOwner):
        # The lane stops until someone reconnects; the record itself is in order.
        row.state, row.finished_at, row.due_at = DeliveryState.WAITING, None, now
    elif isinstance(error, TryLater):
        _again(row, error, now=now)
    elif isinstance(error, Skipped | Unsupported):
        row.state = DeliveryState.FILTERED
    elif isinstance(error, Rejected | InvalidRecord):
        row.state = DeliveryState.HELD
        row.field, row.said = _plain(error.field)[:200], _plain(error.said)[:400]
        row.advice = _plain(error.advice)
    else:
        row.state = DeliveryState.HELD
    incidents.file(row, error, now=now)
    row.save()


def _again(row: Delivery, error: TryLater, *, now: datetime) -> None:
    if error.throttled:
        # No sign of ill health, and no reason to wait longer each time.
        row.state, row.finished_at = DeliveryState.WAITING, None
        row.due_at = now + timedelta(seconds=pause(1, asked=error.after))
        return
    if is_too_old(row.trying_seconds):
        row.state = DeliveryState.DEAD
        row.advice = "It was tried for days without success. Replay it when the system answers."
        return
    row.state, row.finished_at = DeliveryState.WAITING, None
    row.due_at = now + timedelta(seconds=pause(row.attempts, asked=error.after))


def keep_exchanges(session: Session, row: Delivery, exchanges: Sequence[Exchange]) -> int | None:
    """Stores what was sent and answered, once for a whole batch. Call inside the tenant's scope."""
    if not exchanges:
        return None
    return keep(
        session.tenant_id,
        f"attempt/{row.pk}/{row.attempts}",
        [asdict(exchange) for exchange in exchanges],
    )


def log_attempt(
    attempt: Attempt, result: Receipt | Exception, calls: int, log_id: int | None, *, now: datetime
) -> None:
    """Closes the attempt. Call inside the tenant's scope."""
    attempt.finished_at, attempt.calls, attempt.payload_id = now, calls, log_id
    if isinstance(result, Receipt):
        attempt.outcome, attempt.message = result.outcome.value, _plain(result.label)
    else:
        attempt.outcome, attempt.message = type(result).__name__[:20], _message(result)
    attempt.save()


def _message(error: Exception) -> str:
    known = isinstance(
        error, NeedsOwner | TryLater | Rejected | Unsupported | Skipped | InvalidRecord
    )
    return _plain(str(error)) if known else OUR_ERROR


def _plain(text: str) -> str:
    """Text as PostgreSQL stores it: an answer may hold a NUL, a row may not."""
    return text.replace("\x00", "\ufffd")[:600]
