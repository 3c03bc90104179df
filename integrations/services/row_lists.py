"""The long lists of an account, for those who look after it: inbox items, deliveries, attempts.

A page is read along an index. What has no index of its own (a state that is over, an outcome) is
looked for among the next rows, and the page says when it looked through as many as it may. Call
everything inside the tenant's scope.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from integrations.models import Attempt, Connection, Delivery, Flow, InboxItem, InboxState
from integrations.services import row_walks
from integrations.services.records import OPEN
from integrations.services.row_pages import Rows, Source, in_order
from integrations.services.row_walks import Place, Stretch
from integrations.sync.incidents import STOPPED_DELIVERY, STOPPED_ITEM
from mappings.canonical.record import Entity


@dataclass(frozen=True)
class Asked:
    """What a list is narrowed to; what is "" or None narrows nothing.

    `connection_id`: of inbox items where they came from, of deliveries and attempts where they go.
    `state`: of attempts a key of OUTCOMES. Times are those of receipt, of making, of beginning. With
    `incident_id` only what stopped in it, and but for state and times nothing else narrows that.
    """

    state: str = ""
    entity: str = ""
    connection_id: UUID | None = None
    flow_id: int | None = None
    incident_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None

    @property
    def is_by_id(self) -> bool:
        """Whether the index that is walked is in the order of ids, not of times."""
        return self.incident_id is not None or self.state in OPEN

    @property
    def is_of_some_flows(self) -> bool:
        return bool(self.entity or self.connection_id or self.flow_id is not None)

    def stretch(self, after: str) -> Stretch:
        return Stretch(limit=0, after=Place.parse(after), since=self.since, until=self.until)


@dataclass(frozen=True)
class Item:
    """An inbox item. `outcome` is its state or, once passed on, that of its latest delivery."""

    item: InboxItem
    outcome: str


@dataclass(frozen=True)
class Try:
    """An attempt with its delivery, None once that is gone."""

    attempt: Attempt
    delivery: Delivery | None


# What an attempt came to, by the words in which that is kept; any other word is a failure.
GOOD = ("created", "updated", "unchanged", "Skipped", "Unsupported")
OUTCOMES = {
    "good": Q(outcome__in=GOOD),
    "bad": ~Q(outcome__in=(*GOOD, "")),
    "unknown": Q(outcome=""),
}


def inbox_items(asked: Asked, *, after: str = "", limit: int = 50) -> Rows[Item]:
    """Notices as they came, newest first."""
    connections, entities = _sources(asked)
    stretch, match = asked.stretch(after), _residual(asked, "received_at")

    def walk(size: int) -> Sequence[Place]:
        part = replace(stretch, limit=size)
        if asked.incident_id is not None:
            states = [asked.state] if asked.state else STOPPED_ITEM
            return row_walks.items_of_incident(part, incident=asked.incident_id, states=states)
        where: dict[str, Any] = {"connections": connections, "entities": entities}
        if asked.state in OPEN:
            return row_walks.open_items(part, state=asked.state, **where)
        return row_walks.items(part, **where)

    def load(ids: Sequence[int]) -> list[Item]:
        rows = InboxItem.objects.filter(pk__in=ids).select_related("connection")
        return _with_outcomes(in_order(rows, ids))

    return Source(walk, load, _fitting(InboxItem, match)).page(limit)


def deliveries(asked: Asked, *, after: str = "", limit: int = 50) -> Rows[Delivery]:
    """Records on their way into a system, newest first; open ones by their notice."""
    flows = _flows(asked)
    stretch, match = asked.stretch(after), _residual(asked, "created_at")

    def walk(size: int) -> Sequence[Place]:
        part = replace(stretch, limit=size)
        if asked.incident_id is not None:
            states = [asked.state] if asked.state else STOPPED_DELIVERY
            return row_walks.deliveries_of_incident(part, incident=asked.incident_id, states=states)
        if asked.state in OPEN:
            return row_walks.open_deliveries(part, flows=flows, state=asked.state)
        return row_walks.deliveries(part, flows=flows)

    def load(ids: Sequence[int]) -> list[Delivery]:
        rows = Delivery.objects.filter(pk__in=ids).select_related("target", "flow__source")
        return in_order(rows, ids)

    return Source(walk, load, _fitting(Delivery, match)).page(limit)


def attempts(asked: Asked, *, after: str = "", limit: int = 50) -> Rows[Try]:
    """Every try to write something, newest first."""
    stretch, match = asked.stretch(after), OUTCOMES.get(asked.state, Q())
    flows = _flows(asked) if asked.is_of_some_flows else None

    def fit(ids: Sequence[int]) -> Collection[int]:
        rows = Attempt.objects.filter(match, pk__in=ids).values_list("pk", "delivery_id")
        of = dict(rows)
        if flows is None:
            return of
        # By their ids, not by a join: two long tables are never read side by side.
        made = Delivery.objects.filter(pk__in=set(of.values()), flow__in=flows)
        of_flows = set(made.values_list("pk", flat=True))
        return [pk for pk, delivery_id in of.items() if delivery_id in of_flows]

    def load(ids: Sequence[int]) -> list[Try]:
        found = in_order(Attempt.objects.filter(pk__in=ids), ids)
        of = Delivery.objects.select_related("target").in_bulk([one.delivery_id for one in found])
        return [Try(one, of.get(one.delivery_id)) for one in found]

    return Source(
        walk=lambda size: row_walks.attempts(replace(stretch, limit=size)),
        load=load,
        fit=None if flows is None and match == Q() else fit,
    ).page(limit)


def _fitting(model: Any, match: Q) -> Callable[[Sequence[int]], Collection[int]] | None:
    """Which rows of these ids fit; None when all do."""
    if match == Q():
        return None
    return lambda ids: model.objects.filter(match, pk__in=ids).values_list("pk", flat=True)


def _residual(asked: Asked, time: str) -> Q:
    """What the index does not say of what was asked."""
    if not asked.is_by_id:
        return Q(state=asked.state) if asked.state else Q()
    match = Q(**{f"{time}__gte": asked.since}) if asked.since else Q()
    return match & Q(**{f"{time}__lt": asked.until}) if asked.until else match


def _sources(asked: Asked) -> tuple[list[UUID], list[str]]:
    """The connections whose notices are asked for, and of which kinds."""
    rows = Connection.objects.order_by("pk")
    if asked.connection_id:
        rows = rows.filter(pk=asked.connection_id)
    entities = [asked.entity] if asked.entity else [one.value for one in Entity]
    if asked.flow_id is not None:
        flow = Flow.objects.filter(pk=asked.flow_id).first()
        rows = rows.filter(pk=flow.source_id if flow else None)
        entities = [one for one in entities if flow and one == flow.entity]
    return list(rows.values_list("pk", flat=True)), entities


def _flows(asked: Asked) -> list[int]:
    rows = Flow.objects.order_by("pk")
    if asked.flow_id is not None:
        rows = rows.filter(pk=asked.flow_id)
    if asked.entity:
        rows = rows.filter(entity=asked.entity)
    if asked.connection_id:
        rows = rows.filter(target=asked.connection_id)
    return list(rows.values_list("pk", flat=True))


def _with_outcomes(rows: Sequence[InboxItem]) -> list[Item]:
    passed = [row.pk for row in rows if row.state == InboxState.PASSED]
    made = Delivery.objects.filter(inbox_item__in=passed).order_by("inbox_item", "id")
    last = dict(made.values_list("inbox_item", "state"))
    return [Item(row, last.get(row.pk, row.state)) for row in rows]
