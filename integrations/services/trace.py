"""A record's timeline: from the notice to the answer of the other system, with every document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from integrations.models import Attempt, Delivery, InboxItem, InboxState, Link
from integrations.services import elsewhere
from integrations.services.editing import Edit, edits
from integrations.services.elsewhere import Relative, Spot
from integrations.services.mapping_provenance import record_of
from integrations.services.veils import veiled
from integrations.sync.sessions import load_many

RELATED = 12


class Kind(StrEnum):
    """What happened at a step."""

    RECEIVED = "received"
    EDITED = "edited"
    DECIDED = "decided"
    MAPPED = "mapped"
    ATTEMPT = "attempt"
    OUTCOME = "outcome"


@dataclass(frozen=True)
class Call:
    """One HTTP exchange as it was kept: secrets and card data were removed before."""

    method: str
    url: str
    status: int
    milliseconds: int
    request_body: str
    response_body: str
    request_id: str

    @property
    def is_good(self) -> bool:
        return 200 <= self.status < 400


@dataclass(frozen=True)
class Event:
    """One step. `state` is a state of the item, of a delivery or an attempt's outcome; `notice`,
    `record` and `fields` are the documents of the step, None where it has none or they were
    pruned. `arithmetic`: of stock, how each number comes about."""

    kind: Kind
    at: datetime
    state: str = ""
    reason: str = ""
    seconds: float | None = None
    delivery: Delivery | None = None
    attempt: Attempt | None = None
    calls: Sequence[Call] = ()
    notice: Any = None
    record: Any = None
    fields: Mapping[str, Any] | None = None
    arithmetic: Sequence[str] = ()
    was_pruned: bool = False


@dataclass(frozen=True)
class Timeline:
    """Everything that is known of one inbox item. `delivery` is the latest, the one that counts.

    `links` are those of the record in every pair; `spots` where it lies at each account; `related`
    are other notices of the same record, newest first; `relatives` other records that belong to it.
    """

    item: InboxItem
    events: Sequence[Event]
    deliveries: Sequence[Delivery]
    links: Sequence[Link] = ()
    related: Sequence[InboxItem] = field(default_factory=tuple)
    spots: Sequence[Spot] = ()
    relatives: Sequence[Relative] = ()

    @property
    def delivery(self) -> Delivery | None:
        return self.deliveries[-1] if self.deliveries else None

    @property
    def outcome(self) -> str:
        """A state of the item or, once it was passed on, of its latest delivery."""
        if self.item.state == InboxState.PASSED and self.delivery:
            return self.delivery.state
        return self.item.state

    @property
    def stopped_by(self) -> InboxItem | Delivery:
        """The row that holds reason, field, value and advice."""
        if self.item.state == InboxState.PASSED and self.delivery:
            return self.delivery
        return self.item

    @property
    def seconds(self) -> float | None:
        """From the notice to the outcome; None while it is on its way."""
        finished = self.stopped_by.finished_at
        return (finished - self.item.received_at).total_seconds() if finished else None


def timeline(*, item: InboxItem) -> Timeline:
    """The ordered events of an inbox item. Call inside the tenant's scope.

    Documents older than the tenant's retention are gone; their events say so.
    """
    deliveries = list(
        Delivery.objects.filter(inbox_item=item)
        .select_related(
            "inbox_item", "flow__pair", "flow__source", "flow__target", "target", "incident"
        )
        .order_by("id")
    )
    attempts = list(Attempt.objects.filter(delivery__inbox_item=item).order_by("started_at", "id"))
    documents = load_many(
        [row.payload_id for row in (item, *deliveries, *attempts) if row.payload_id]
    )
    changes = edits(item)
    came = _received(item, documents)
    if changes:
        came = replace(came, notice=changes[0].before, was_pruned=changes[0].before is None)
    events = [came, *_edited(item, changes, documents), *_decided(item)]
    by_id = {delivery.pk: delivery for delivery in deliveries}
    for delivery in deliveries:
        events += _of_delivery(delivery, documents)
    events += [_tried(by_id[attempt.delivery_id], attempt, documents) for attempt in attempts]
    events.sort(key=_order)
    links = _links(item)
    return Timeline(
        item=item,
        events=events,
        deliveries=deliveries,
        links=links,
        related=_related(item),
        spots=elsewhere.spots(item, links, deliveries),
        relatives=elsewhere.relatives(item, deliveries),
    )


_RANK = {kind: rank for rank, kind in enumerate(Kind)}


def _order(event: Event) -> tuple[datetime, int]:
    """By time; steps of one moment in the order they are always taken in."""
    return (event.at, _RANK[event.kind])


def _received(item: InboxItem, documents: Mapping[int, Any]) -> Event:
    return Event(
        Kind.RECEIVED,
        item.received_at,
        notice=documents.get(item.payload_id or 0),
        was_pruned=_pruned(item.payload_id, documents),
    )


def _edited(item: InboxItem, changes: Sequence[Edit], documents: Mapping[int, Any]) -> list[Event]:
    """Each edit with the payload it left behind: what the next one replaced, or what is there now."""
    left = [*(change.before for change in changes[1:]), documents.get(item.payload_id or 0)]
    return [
        Event(
            Kind.EDITED,
            change.entry.at,
            reason=change.entry.actor.email if change.entry.actor else "",
            notice=after,
            was_pruned=after is None,
        )
        for change, after in zip(changes, left, strict=False)
    ]


def _decided(item: InboxItem) -> list[Event]:
    """What stopped the item before it was passed on, if anything did."""
    if item.state in (InboxState.WAITING, InboxState.PASSED) or item.finished_at is None:
        return []
    return [Event(Kind.DECIDED, item.finished_at, state=item.state, reason=item.reason)]


def _of_delivery(delivery: Delivery, documents: Mapping[int, Any]) -> list[Event]:
    document = documents.get(delivery.payload_id or 0) or {}
    events = []
    if delivery.payload_id is None and (record := record_of(delivery.flow, delivery)):
        # Nothing was to be sent, so nothing was kept: the notice is read once more.
        shown = veiled(delivery.entity, record.model_dump(mode="json"))
        events.append(Event(Kind.MAPPED, delivery.created_at, delivery=delivery, record=shown))
    if delivery.payload_id:
        events.append(
            Event(
                Kind.MAPPED,
                delivery.created_at,
                delivery=delivery,
                record=veiled(delivery.entity, document.get("record")),
                fields=veiled(delivery.entity, document.get("fields")),
                arithmetic=_arithmetic(document),
                was_pruned=_pruned(delivery.payload_id, documents),
            )
        )
    if delivery.finished_at:
        events.append(
            Event(
                Kind.OUTCOME,
                delivery.finished_at,
                state=delivery.state,
                reason=delivery.reason,
                delivery=delivery,
            )
        )
    return events


def _arithmetic(document: Mapping[str, Any]) -> list[str]:
    """How each published number comes about, "at 71: on hand 14 - committed 2 = 12"."""
    numbers = (document.get("stock") or {}).get("numbers") or ()
    return [
        f"at {one['location']}: {one['arithmetic']}" if one.get("location") else one["arithmetic"]
        for one in numbers
    ]


def _tried(delivery: Delivery, attempt: Attempt, documents: Mapping[int, Any]) -> Event:
    seconds = None
    if attempt.finished_at:
        seconds = (attempt.finished_at - attempt.started_at).total_seconds()
    return Event(
        Kind.ATTEMPT,
        attempt.started_at,
        state=attempt.outcome,
        reason=attempt.message,
        seconds=seconds,
        delivery=delivery,
        attempt=attempt,
        calls=[_call(kept) for kept in documents.get(attempt.payload_id or 0) or ()],
        was_pruned=_pruned(attempt.payload_id, documents),
    )


def _call(kept: Mapping[str, Any]) -> Call:
    return Call(
        method=str(kept.get("method", "")),
        url=str(kept.get("url", "")),
        status=int(kept.get("status") or 0),
        milliseconds=int(kept.get("milliseconds") or 0),
        request_body=str(kept.get("request_body") or ""),
        response_body=str(kept.get("response_body") or ""),
        request_id=str(kept.get("request_id") or ""),
    )


def _pruned(payload_id: int | None, documents: Mapping[int, Any]) -> bool:
    return payload_id is not None and payload_id not in documents


def _links(item: InboxItem) -> list[Link]:
    """The record's id on both sides, in each pair its connection is part of."""
    return [
        *Link.objects.filter(pair__pos_id=item.connection_id, entity=item.entity, pos_key=item.key)
        .select_related("pair", "pair__store")
        .order_by("pk"),
        *Link.objects.filter(
            pair__store_id=item.connection_id, entity=item.entity, store_key=item.key
        )
        .select_related("pair", "pair__pos")
        .order_by("pk"),
    ]


def _related(item: InboxItem) -> list[InboxItem]:
    return list(
        InboxItem.objects.filter(connection_id=item.connection_id, entity=item.entity, key=item.key)
        .exclude(pk=item.pk)
        .order_by("-received_at", "-id")[:RELATED]
    )
