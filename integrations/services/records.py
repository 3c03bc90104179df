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
from integrations.services.walking import Mark, Walk

OPEN = (DeliveryState.WAITING, DeliveryState.HELD, DeliveryState.DEAD)


class Show(StrEnum):
    """What a person may narrow the list to."""

    ALL = ""
    WAITING = "waiting"
    DELIVERED = "delivered"
    HELD = "held"
    DEAD = "dead"
    QUIET = "quiet"


OPEN_SHOWS = (Show.WAITING, Show.HELD, Show.DEAD)
# So many records are looked through for one page.
WINDOW = 1_000

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
        if self.delivery is None:
            return ""
        # Of a key that is an address the last part says enough: "gid://shopify/Order/17".
        key = self.delivery.target_key
        return self.delivery.target_label or (key.rsplit("/", 1)[-1] if "://" in key else key)

    @property
    def reason(self) -> str:
        return (self.delivery.reason if self.delivery else "") or self.item.reason


@dataclass(frozen=True)
class Records:
    """One page. `older` leads to the next one, "" when this was the last."""

    rows: Sequence[Row]
    older: str = ""
    looked_back_to: datetime | None = None
    """Set when not all records were looked through for what was asked."""


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

    `search` finds whole ids and numbers among all records, and parts of them, and of what records
    are called in the target, among those looked through: the newest WINDOW ones, from which `older`
    goes on. `before` is the `older` of an earlier page; one that cannot be read is the first page.
    """
    flows = list(pair.flows.order_by("pk"))
    flow_ids = [flow.pk for flow in flows]
    walk = Walk(pair=pair, flows=flows, entity=entity, mark=_mark(before))
    if search:
        found, last = _searched(walk, search, show, limit)
    elif show in OPEN_SHOWS:
        found, last = _load(walk.open(show.value, limit + 1), flow_ids, show), None
    else:
        found, last = _walked(walk, show, limit)
    page = found[:limit]
    older = _older(page[-1]) if len(found) > limit else ""
    return Records(
        rows=_rows(page, pair, flow_ids),
        older=older or (last.as_text() if last else ""),
        looked_back_to=last.received_at if last and not older else None,
    )


def _walked(walk: Walk, show: Show, limit: int) -> tuple[list[Any], Mark | None]:
    """The newest that fit, and where the walk ended if it was before the last record."""
    flow_ids = [flow.pk for flow in walk.flows]
    if show is Show.ALL:
        return _load(walk.newest(limit + 1), flow_ids, show), None
    for window in (limit * 8, WINDOW):
        marks = walk.newest(window)
        found = _load(marks, flow_ids, show)
        if len(found) > limit or len(marks) < window:
            return found, None
    return found, marks[-1]


def _searched(walk: Walk, text: str, show: Show, limit: int) -> tuple[list[Any], Mark | None]:
    flow_ids = [flow.pk for flow in walk.flows]
    marks = walk.newest(WINDOW)
    near = _load(marks, flow_ids, show, _matching(text))
    whole = _load(walk.named(text, limit + 1), flow_ids, show)
    both = {item.pk: item for item in (*near, *whole)}
    found = sorted(both.values(), key=lambda item: (item.received_at, item.pk), reverse=True)
    if len(found) > limit or len(marks) < WINDOW:
        return found, None
    return found, marks[-1]


def _load(
    marks: Sequence[Mark], flow_ids: Sequence[int], show: Show, match: Q | None = None
) -> list[Any]:
    """These items with their outcome, newest first, as far as they fit."""
    items = InboxItem.objects.filter(pk__in=[mark.pk for mark in marks])
    rated = with_outcome(items.filter(match) if match is not None else items, flow_ids)
    if show is Show.QUIET:
        rated = rated.filter(outcome__in=QUIET)
    elif show is not Show.ALL:
        rated = rated.filter(outcome=show.value)
    return list(rated.order_by("-received_at", "-id"))


def _rows(page: Sequence[Any], pair: Pair, flow_ids: Sequence[int]) -> list[Row]:
    names = {pair.pos_id: pair.pos.name, pair.store_id: pair.store.name}
    last = _last_deliveries([item.pk for item in page], flow_ids)
    return [
        Row(
            item=item,
            delivery=last.get(item.pk),
            outcome=str(item.outcome),
            source=names[item.connection_id],
            target=names[pair.store_id if item.connection_id == pair.pos_id else pair.pos_id],
        )
        for item in page
    ]


def _matching(search: str) -> Q:
    there = Delivery.objects.filter(inbox_item=OuterRef("pk")).filter(
        Q(target_label__icontains=search) | Q(target_key=search)
    )
    return Q(number__icontains=search) | Q(key=search) | Q(Exists(there))


def _last_deliveries(item_ids: Sequence[int], flow_ids: Sequence[int]) -> dict[int, Delivery]:
    rows = Delivery.objects.filter(inbox_item_id__in=item_ids, flow__in=flow_ids).order_by("id")
    return {row.inbox_item_id: row for row in rows}


def _older(item: InboxItem) -> str:
    return Mark(item.pk, item.received_at).as_text()


def _mark(before: str) -> Mark | None:
    microseconds, _, pk = before.partition("-")
    if not (microseconds.isdecimal() and pk.isdecimal()):
        return None
    try:
        return Mark(int(pk), datetime.fromtimestamp(int(microseconds) / 1_000_000, UTC))
    except (ValueError, OverflowError, OSError):
        return None
