"""Discards stopped records: a person decides that they are not to be delivered, and says why.

The sum still adds up: what was held or given up is left out instead, with the reason on the record.
A discarded record can be replayed later.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Q

from integrations.models import (
    Delivery,
    DeliveryState,
    InboxItem,
    InboxState,
    Incident,
    Side,
)
from integrations.sync import reservations
from integrations.sync.causes import plain_message
from integrations.sync.discards import DISCARDED
from integrations.sync.incidents import STOPPED_DELIVERY, STOPPED_ITEM, close_settled
from mappings.canonical.record import Entity
from tenants.models import User
from tenants.services import audit

LONGEST_REASON = 400


class CannotDiscard(ValueError):
    """There is nothing to discard, or no reason was given; the message says which."""


def discard(item: InboxItem, *, reason: str, actor: User | None, now: datetime) -> None:
    """Leaves out the item, or those of its deliveries that are stopped.

    With them goes what another notice said in the same words; what is told later is left out as
    long as the record stays as it is (`sync.discards`). Call inside the tenant's scope. Raises CannotDiscard.
    """
    said = _said(reason)
    locked: InboxItem = InboxItem.objects.select_for_update().get(pk=item.pk)
    deliveries = Delivery.objects.filter(inbox_item=locked, state__in=STOPPED_DELIVERY)
    stopped: list[InboxItem | Delivery] = list(deliveries.order_by("id"))
    stopped += _twins(stopped)
    if locked.state in STOPPED_ITEM:
        stopped.append(locked)
    if not stopped:
        raise CannotDiscard("The record does not wait for a person any more.")
    Delivery.objects.filter(_OPEN, pk__in=_deliveries(stopped)).update(
        state=DeliveryState.FILTERED, reason=said, finished_at=now
    )
    InboxItem.objects.filter(pk=locked.pk, state__in=STOPPED_ITEM).update(
        state=InboxState.FILTERED, reason=said, finished_at=now
    )
    audit.record(
        action="record.discarded",
        object_type="InboxItem",
        object_id=locked.pk,
        actor=actor,
        before={"state": stopped[0].state, "reason": _without_values(stopped[0])},
        after={"state": "filtered"},
        reason=reason.strip(),
    )
    close_settled([row.incident_id for row in stopped], now=now)
    reservations.settle(now=now)


def discard_group(
    incident: Incident, *, reason: str, actor: User | None, now: datetime, value: str = ""
) -> int:
    """Leaves out every record of the incident that is stopped; answers how many.

    With `value`, only those that stopped at it. Call inside the tenant's scope. Raises
    CannotDiscard.
    """
    said = _said(reason)
    if Incident.objects.get(pk=incident.pk).is_replaying:
        raise CannotDiscard("Its records are being replayed. Stop that first.")
    match = Q(incident=incident) & (Q(said=value) if value else Q())
    if incident.side == Side.SOURCE:
        count = InboxItem.objects.filter(match, state__in=STOPPED_ITEM).update(
            state=InboxState.FILTERED, reason=said, finished_at=now
        )
    else:
        count = Delivery.objects.filter(match, state__in=STOPPED_DELIVERY).update(
            state=DeliveryState.FILTERED, reason=said, finished_at=now
        )
    if not count:
        raise CannotDiscard("No record of it is stuck any more.")
    audit.record(
        action="incident.discarded",
        object_type="Incident",
        object_id=incident.pk,
        actor=actor,
        # Without the value: it may be personal, and what is written here stays for good.
        before={"reason": incident.message, "is_one_value": bool(value)},
        after={"state": "filtered", "records": count},
        reason=reason.strip(),
    )
    close_settled([incident.pk], now=now)
    reservations.settle(now=now)
    return count


# What may still be stopped: a try under way is finished.
_OPEN = Q(state__in=STOPPED_DELIVERY) | Q(state=DeliveryState.WAITING, attempts=0)


def _twins(stopped: Sequence[InboxItem | Delivery]) -> list[InboxItem | Delivery]:
    """What says the same of the same records, told of by another notice, as an event and a poll."""
    found: list[InboxItem | Delivery] = []
    for row in stopped:
        if isinstance(row, Delivery) and row.content_hash and row.entity != Entity.INVENTORY:
            same = Delivery.objects.filter(
                _OPEN, flow=row.flow_id, key=row.key, content_hash=row.content_hash
            )
            found += same.exclude(pk=row.pk).order_by("id")
    return found


def _deliveries(rows: Sequence[InboxItem | Delivery]) -> list[int]:
    return [row.pk for row in rows if isinstance(row, Delivery)]


def _without_values(row: InboxItem | Delivery) -> str:
    """Why it was stopped, in words that may stay for good: without the record's own values."""
    return plain_message(row.reason, [row.said, row.number, row.key])


def _said(reason: str) -> str:
    text = reason.replace("\x00", "").strip()
    if not text:
        raise CannotDiscard("Say why these records are not to be delivered.")
    if len(text) > LONGEST_REASON:
        raise CannotDiscard(
            f"The reason has {len(text)} characters; at most {LONGEST_REASON} are kept."
        )
    return f"{DISCARDED}{text}"
