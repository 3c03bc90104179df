"""The records of a pair, newest first: what came, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from django.db.models import (
    Case,
    CharField,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from integrations.models import Delivery, DeliveryState, InboxItem, InboxState, Pair

OPEN = (DeliveryState.WAITING, DeliveryState.HELD, DeliveryState.DEAD)


class Show(StrEnum):
    """What a person may narrow the list to."""

    ALL = ""
    WAITING = "waiting"
    DELIVERED = "delivered"
    HELD = "held"
    DEAD = "dead"
    QUIET = "quiet"


# States in which nothing was to be written.
QUIET = ("unchanged", "filtered", "merged", "replaced")


@dataclass(frozen=True)
class Row:
    """One inbox item with its outcome in this pair. `outcome` is a state of the item or, once it
    was passed on, of its latest delivery."""

    item: InboxItem
    delivery: Delivery | None
    outcome: str
    source: str
    target: str

    @property
    def name(self) -> str:
        return self.item.number or self.item.key

    @property
    def seconds(self) -> float | None:
        """From the notice to the outcome; None while it is on its way."""
        finished = self.delivery.finished_at if self.delivery else self.item.finished_at
        return (finished - self.item.received_at).total_seconds() if finished else None

    @property
    def became(self) -> str:
        """What people look for in the target."""
        return (self.delivery.target_label or self.delivery.target_key) if self.delivery else ""

    @property
    def reason(self) -> str:
        return (self.delivery.reason if self.delivery else "") or self.item.reason


@dataclass(frozen=True)
class Records:
    """One page. `older` leads to the next one, "" when this was the last."""

    rows: Sequence[Row]
    older: str = ""


def with_outcome(items: QuerySet[InboxItem], flow_ids: Sequence[int]) -> QuerySet[Any]:
    """Items with `outcome`: their state or, once passed on, that of their latest delivery.

    A pair has one flow for an entity and a direction, so an item has one live delivery in it.
    """
    latest = (
        Delivery.objects.filter(inbox_item=OuterRef("pk"), flow__in=flow_ids)
        .order_by("-id")
        .values("state")[:1]
    )
    annotated: QuerySet[Any] = items.annotate(
        outcome=Case(
            When(
                state=InboxState.PASSED,
                then=Coalesce(Subquery(latest), Value(InboxState.PASSED.value)),
            ),
            default=F("state"),
            output_field=CharField(),
        )
    )
    return annotated


def latest_records(
    *,
    pair: Pair,
    limit: int = 25,
    show: Show = Show.ALL,
    entity: str = "",
    search: str = "",
    before: str = "",
) -> Records:
    """The newest records of both sides. Call inside the tenant's scope.

    `search` looks in numbers, keys and what records are called in the target. `before` is the
    `older` of an earlier page; one that cannot be read is the first page.
    """
    flow_ids = list(pair.flows.order_by("pk").values_list("pk", flat=True))
    names = {pair.pos_id: pair.pos.name, pair.store_id: pair.store.name}
    items = InboxItem.objects.filter(connection_id__in=names)
    if entity:
        items = items.filter(entity=entity)
    if search:
        items = items.filter(_matching(search))
    rated = with_outcome(_narrowed(items, show, flow_ids), flow_ids)
    if show is Show.QUIET:
        rated = rated.filter(outcome__in=QUIET)
    elif show is not Show.ALL:
        rated = rated.filter(outcome=show.value)
    mark = _mark(before)
    if mark:
        at, pk = mark
        rated = rated.filter(Q(received_at__lt=at) | Q(received_at=at, pk__lt=pk))
    found = list(rated.order_by("-received_at", "-id")[: limit + 1])
    page = found[:limit]
    last = _last_deliveries([item.pk for item in page], flow_ids)
    rows = [
        Row(
            item=item,
            delivery=last.get(item.pk),
            outcome=str(item.outcome),
            source=names[item.connection_id],
            target=names[pair.store_id if item.connection_id == pair.pos_id else pair.pos_id],
        )
        for item in page
    ]
    return Records(rows, _older(page[-1]) if len(found) > limit else "")


def _narrowed(
    items: QuerySet[InboxItem], show: Show, flow_ids: Sequence[int]
) -> QuerySet[InboxItem]:
    """For rare states, starts from the few rows that have them instead of walking all items."""
    if show not in (Show.WAITING, Show.HELD, Show.DEAD):
        return items
    open_items = InboxItem.objects.filter(state=show.value).values("pk")
    open_deliveries = Delivery.objects.filter(
        flow__in=flow_ids, state__in=OPEN, inbox_item__isnull=False
    ).filter(state=show.value)
    return items.filter(Q(pk__in=open_items) | Q(pk__in=open_deliveries.values("inbox_item_id")))


def _matching(search: str) -> Q:
    there = Delivery.objects.filter(inbox_item=OuterRef("pk")).filter(
        Q(target_label__icontains=search) | Q(target_key=search)
    )
    return Q(number__icontains=search) | Q(key=search) | Q(Exists(there))


def _last_deliveries(item_ids: Sequence[int], flow_ids: Sequence[int]) -> dict[int, Delivery]:
    rows = Delivery.objects.filter(inbox_item_id__in=item_ids, flow__in=flow_ids).order_by("id")
    return {row.inbox_item_id: row for row in rows}


def _older(item: InboxItem) -> str:
    return f"{round(item.received_at.timestamp() * 1_000_000)}-{item.pk}"


def _mark(before: str) -> tuple[datetime, int] | None:
    microseconds, _, pk = before.partition("-")
    if not (microseconds.isdecimal() and pk.isdecimal()):
        return None
    try:
        return datetime.fromtimestamp(int(microseconds) / 1_000_000, UTC), int(pk)
    except (ValueError, OverflowError, OSError):
        return None
