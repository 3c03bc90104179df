"""Confirm: keeps the outcome of a delivery, its links, and what it changed on the way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from uuid import UUID

from integrations.connector_kit.base import Notice, Outcome, Receipt
from integrations.connector_kit.errors import (
    NeedsOwner,
    Rejected,
    TryLater,
    Unsupported,
)
from integrations.connector_kit.exchange import Exchange
from integrations.models import Attempt, Delivery, DeliveryState, InboxItem, InboxState
from integrations.sync import history, incidents, intake, links, many, merging, reservations
from integrations.sync.links import Remembered
from integrations.sync.retry import is_too_old, pause
from integrations.sync.sessions import Session, keep_many
from mappings.canonical.record import Entity, InvalidRecord, Skipped

OUR_ERROR = "An error of ours stopped this record; we have been told. It can be replayed."

_DONE = {Outcome.UNCHANGED: DeliveryState.UNCHANGED}


# What an outcome changes of a row; only these are written.
OUTCOME = (
    "state",
    "target_key",
    "target_label",
    "reason",
    "field",
    "said",
    "advice",
    "due_at",
    "finished_at",
    "incident",
)


def delivered(
    session: Session, found: Sequence[tuple[Delivery, Receipt]], *, now: datetime
) -> None:
    """Their answers were good. Call inside the tenant's scope."""
    taken = merging.taken(found)
    for row, _ in found:
        if row.pk in taken:
            failed(row, taken[row.pk], now=now)
    found = [(row, receipt) for row, receipt in found if row.pk not in taken]
    for row, receipt in found:
        row.state = _DONE.get(receipt.outcome, DeliveryState.DELIVERED)
        row.target_key, row.target_label = receipt.id, receipt.label[:120]
        row.reason = row.field = row.said = row.advice = ""
        row.finished_at = now
    rows = [row for row, _ in found]
    many.update(Delivery, rows, OUTCOME)
    links.remember(
        (
            Remembered(
                row.flow,
                row.entity,
                source_key=row.key,
                target_key=receipt.id,
                label=row.number or receipt.label,
                delivered_hash=row.content_hash,
                delivered_version=row.version,
            )
            for row, receipt in found
        ),
        now=now,
    )
    links.learn(
        (
            (row.flow, learned.entity, learned.source_key, learned.target_key)
            for row, receipt in found
            for learned in receipt.learned
        ),
        now=now,
    )
    _settle_older(rows, now=now)
    reservations.delivered(rows, now=now)
    touched = dict.fromkeys(touch for _, receipt in found for touch in receipt.touched)
    touched |= dict.fromkeys((Entity(row.entity), key) for row, key in merging.keep(found))
    if touched:
        intake.accept(
            tenant_id=session.tenant_id,
            connection_id=session.connection.pk,
            notices=[Notice(entity, key, topic="touched") for entity, key in touched],
            now=now,
        )
    _wake_source(found, now=now)


def _wake_source(found: Sequence[tuple[Delivery, Receipt]], *, now: datetime) -> None:
    """Reads what can go on only now again, at the system it comes from."""
    awakened: dict[tuple[UUID, UUID], dict[tuple[Entity, str], None]] = {}
    for row, receipt in found:
        if receipt.awakened:
            place = (row.tenant_id, row.flow.source_id)
            awakened.setdefault(place, {}).update(dict.fromkeys(receipt.awakened))
    for (tenant_id, connection_id), records in awakened.items():
        intake.accept(
            tenant_id=tenant_id,
            connection_id=connection_id,
            notices=[Notice(entity, key, topic="awakened") for entity, key in records],
            now=now,
        )


def _settle_older(rows: Sequence[Delivery], *, now: datetime) -> None:
    """Earlier versions that were held or given up are spoken for by those just delivered.

    So are those that nobody tried yet: a backfill's record may wait behind later news of itself.
    """
    spoken = {"reason": "A newer version of the record was delivered", "finished_at": now}
    if deliveries := history.older_deliveries(rows):
        history.stopped_or_untried(deliveries).update(state=DeliveryState.REPLACED, **spoken)
    if items := history.stopped_items(rows):
        InboxItem.objects.filter(pk__in=items, state__in=(InboxState.HELD, InboxState.DEAD)).update(
            state=InboxState.MERGED, **spoken
        )


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
        history.settle_left_out([row], now=now)
    elif isinstance(error, Rejected | InvalidRecord):
        row.state = DeliveryState.HELD
        row.field, row.said = _plain(error.field)[:200], _plain(error.said)[:400]
        row.advice = _plain(error.advice)
    else:
        row.state = DeliveryState.HELD
    incidents.file(row, error, now=now)
    row.save(update_fields=OUTCOME)
    if row.entity == Entity.ORDER and row.state == DeliveryState.FILTERED:
        # The till does not get the order, so its units are for sale again.
        reservations.settle(now=now, deliveries=[row.pk])


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


@dataclass(frozen=True)
class Tried:
    """One attempt and what came of it; `log` is shared by the records of one batch."""

    delivery: Delivery
    number: int
    started_at: datetime
    result: Receipt | Exception
    log: Sequence[Exchange]


def log_attempts(session: Session, tried: Sequence[Tried], *, now: datetime) -> None:
    """Writes the attempts down, with what was sent and answered. Call inside the scope."""
    logs = {
        id(one.log): (
            f"attempt/{one.delivery.pk}/{one.number}",
            [asdict(exchange) for exchange in one.log],
        )
        for one in reversed(tried)
        if one.log
    }
    kept = dict(zip(logs, keep_many(session.tenant_id, list(logs.values())), strict=True))
    Attempt.objects.bulk_create(
        Attempt(
            delivery=one.delivery,
            number=one.number,
            started_at=one.started_at,
            finished_at=now,
            outcome=one.result.outcome.value
            if isinstance(one.result, Receipt)
            else type(one.result).__name__[:20],
            message=_plain(one.result.label)
            if isinstance(one.result, Receipt)
            else _message(one.result),
            calls=len(one.log),
            payload_id=kept.get(id(one.log)),
        )
        for one in tried
    )


def _message(error: Exception) -> str:
    known = isinstance(
        error, NeedsOwner | TryLater | Rejected | Unsupported | Skipped | InvalidRecord
    )
    return _plain(str(error)) if known else OUR_ERROR


def _plain(text: str) -> str:
    """Text as PostgreSQL stores it: an answer may hold a NUL, a row may not."""
    return text.replace("\x00", "\ufffd")[:600]
