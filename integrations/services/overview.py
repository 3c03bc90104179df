"""How a pair is doing: both connections, every flow, and the sum of what came and went."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from uuid import UUID

from django.db.models import Count, Max, Min, OuterRef, Subquery, Sum

from integrations.connector_kit.registry import UnknownConnector, get
from integrations.models import (
    BreakerState,
    Connection,
    Cursor,
    Delivery,
    DeliveryState,
    Flow,
    InboxItem,
    InboxState,
    Lane,
    Pair,
    Refusal,
)
from integrations.services.conservation import Books, books
from integrations.services.figures import Line, together
from integrations.services.records import OPEN
from integrations.services.tally import Tally
from integrations.services.walking import last_received

MEASURED = 200


@dataclass(frozen=True)
class Side:
    """One connection of a pair, as a person would describe it.

    `health`: its circuit breaker, in this state since `health_since`. While it is not closed,
    `resting_until` is the moment of the next try, None when that is due or under way.
    """

    connection: Connection
    system: str
    is_working: bool
    resting_until: datetime | None
    resting_reason: str
    last_notice_at: datetime | None
    last_delivery_at: datetime | None
    problems: Mapping[str, str]
    """What cannot be read, by entity."""
    refusals_today: int
    health: BreakerState = BreakerState.CLOSED
    health_since: datetime | None = None

    @property
    def is_answering(self) -> bool:
        return self.health == BreakerState.CLOSED


@dataclass(frozen=True)
class FlowHealth:
    """One flow. `waiting`, `held` and `dead` count records at this moment, `delivered` those
    received in the last 24 hours; the seconds are from notice to outcome, of the last 200 delivered."""

    flow: Flow
    source: Connection
    target: Connection
    waiting: int
    held: int
    dead: int
    delivered: int
    oldest_waiting_at: datetime | None
    median_seconds: float | None
    p95_seconds: float | None


@dataclass(frozen=True)
class PairHealth:
    """`counters`: records received in the last 24 hours by their outcome; they add up. They are
    those of the moment `counted_at`, None while a large tenant was never counted."""

    pair: Pair
    pos: Side
    store: Side
    flows: Sequence[FlowHealth]
    counters: Mapping[str, int]
    counted_at: datetime | None
    books: Books

    @property
    def sides(self) -> tuple[Side, Side]:
        return (self.pos, self.store)

    @property
    def received(self) -> int:
        return sum(self.counters.values())


@dataclass(frozen=True)
class Open:
    """Records that are not finished, and when the first of them was received."""

    count: int
    oldest: datetime | None


Group = tuple[int, str]


def pair_health(*, pair: Pair, now: datetime) -> PairHealth:
    """Everything the live page says of a pair. Call inside the tenant's scope.

    The number of queries does not depend on the number of records.
    """
    flows = list(pair.flows.select_related("source", "target").order_by("direction", "pk"))
    pos, store = _sides(pair, now=now)
    kept = books(pair, now=now)
    day = _day(pair, flows, kept.day)
    return PairHealth(
        pair=pair,
        pos=pos,
        store=store,
        flows=_flows(flows, day, open_records(flows)),
        counters=day.counters,
        counted_at=kept.day_at,
        books=kept,
    )


def standing(
    *, pair: Pair, day: Mapping[int, Line], open_now: Mapping[Group, Open], now: datetime
) -> PairHealth:
    """What the dashboard says of a pair: as `pair_health`, but its records of 24 hours (`day`, by
    flow) and the open ones were counted already, and how long single records took is left out.
    Call inside the tenant's scope.
    """
    flows = list(pair.flows.select_related("source", "target").order_by("direction", "pk"))
    pos, store = _sides(pair, now=now)
    counters = together(day[flow.pk] for flow in flows if flow.pk in day).counts
    delivered = {pk: line.counts[DeliveryState.DELIVERED] for pk, line in day.items()}
    return PairHealth(
        pair=pair,
        pos=pos,
        store=store,
        flows=_flows(flows, _Day(counters, delivered), open_now, timed=False),
        counters=counters,
        counted_at=now,
        books=Books(None, None, None, None, (), None),
    )


def system_name(connection: Connection) -> str:
    """What the vendor's system is called."""
    try:
        return get(connection.connector).manifest.label
    except UnknownConnector:
        return connection.connector


def _sides(pair: Pair, *, now: datetime) -> tuple[Side, Side]:
    connections = (pair.pos, pair.store)
    ids = [connection.pk for connection in connections]
    lanes = {lane.pk: lane for lane in Lane.objects.filter(connection_id__in=ids)}
    problems: dict[UUID, dict[str, str]] = {}
    for cursor in (
        Cursor.objects.filter(connection_id__in=ids).exclude(problem="").order_by("entity", "pk")
    ):
        problems.setdefault(cursor.connection_id, {})[cursor.entity] = cursor.problem
    refusals = {
        row["connection_id"]: row["total"]
        for row in Refusal.objects.filter(connection_id__in=ids, day=now.date())
        .values("connection_id")
        .annotate(total=Sum("count"))
    }
    first, second = (
        _side(
            connection,
            lanes.get(connection.pk),
            problems.get(connection.pk, {}),
            refusals.get(connection.pk, 0),
            now=now,
        )
        for connection in connections
    )
    return first, second


def _side(
    connection: Connection,
    lane: Lane | None,
    problems: Mapping[str, str],
    refusals: int,
    *,
    now: datetime,
) -> Side:
    resting = bool(lane and lane.parked_until and lane.parked_until > now)
    is_ill = bool(lane and lane.breaker != BreakerState.CLOSED)
    return Side(
        connection=connection,
        system=system_name(connection),
        is_working=bool(lane and lane.lease_until and lane.lease_until > now),
        resting_until=lane.parked_until if lane and resting else None,
        resting_reason=lane.parked_reason if lane and (resting or is_ill) else "",
        last_notice_at=last_received(connection.pk),
        last_delivery_at=_last_delivery(connection),
        problems=problems,
        refusals_today=refusals,
        health=BreakerState(lane.breaker) if lane else BreakerState.CLOSED,
        health_since=lane.breaker_since if lane else None,
    )


def _last_delivery(connection: Connection) -> datetime | None:
    last = (
        Delivery.objects.filter(flow=OuterRef("pk"), state=DeliveryState.DELIVERED)
        .order_by("-finished_at")
        .values("finished_at")[:1]
    )
    flows = Flow.objects.filter(target=connection).annotate(last=Subquery(last))
    found: datetime | None = flows.aggregate(at=Max("last"))["at"]
    return found


def _flows(
    flows: Sequence[Flow], day: _Day, open_now: Mapping[Group, Open], *, timed: bool = True
) -> list[FlowHealth]:
    found = []
    for flow in flows:
        seconds = _seconds(flow) if timed else []
        waiting = open_now.get((flow.pk, DeliveryState.WAITING.value), Open(0, None))
        found.append(
            FlowHealth(
                flow=flow,
                source=flow.source,
                target=flow.target,
                waiting=waiting.count,
                held=open_now.get((flow.pk, DeliveryState.HELD.value), Open(0, None)).count,
                dead=open_now.get((flow.pk, DeliveryState.DEAD.value), Open(0, None)).count,
                delivered=day.delivered.get(flow.pk, 0),
                oldest_waiting_at=waiting.oldest,
                median_seconds=median(seconds) if seconds else None,
                p95_seconds=percentile(seconds, 0.95),
            )
        )
    return found


def open_records(flows: Sequence[Flow]) -> dict[Group, Open]:
    """What is not finished, by flow and state: deliveries, and items not yet passed on. Call
    inside the tenant's scope."""
    counts: Counter[Group] = Counter()
    first: dict[Group, list[int]] = {}

    def add(group: Group, count: int, item_id: int) -> None:
        counts[group] += count
        first.setdefault(group, []).append(item_id)

    for row in (
        Delivery.objects.filter(flow__in=[flow.pk for flow in flows], state__in=OPEN)
        .values("flow_id", "state")
        .annotate(count=Count("pk"), first=Min("inbox_item_id"))
    ):
        add((row["flow_id"], row["state"]), row["count"], row["first"])
    by_source = {(flow.source_id, flow.entity): flow.pk for flow in flows}
    for row in (
        InboxItem.objects.filter(
            connection_id__in={flow.source_id for flow in flows},
            state__in=(InboxState.WAITING, InboxState.HELD, InboxState.DEAD),
        )
        .values("connection_id", "entity", "state")
        .annotate(count=Count("pk"), first=Min("pk"))
    ):
        flow_id = by_source.get((row["connection_id"], row["entity"]))
        if flow_id is not None:
            add((flow_id, row["state"]), row["count"], row["first"])
    # Ids are given in the order in which items come in.
    wanted = [item_id for ids in first.values() for item_id in ids]
    received = dict(InboxItem.objects.filter(pk__in=wanted).values_list("pk", "received_at"))
    return {
        group: Open(
            count, min((received[pk] for pk in first[group] if pk in received), default=None)
        )
        for group, count in counts.items()
    }


def _seconds(flow: Flow) -> list[float]:
    rows = (
        Delivery.objects.filter(flow=flow, state=DeliveryState.DELIVERED, finished_at__isnull=False)
        .order_by("-finished_at")
        .values_list("inbox_item__received_at", "finished_at")[:MEASURED]
    )
    return [(finished - received).total_seconds() for received, finished in rows]


def percentile(values: Sequence[float], share: float) -> float | None:
    """The nearest-rank percentile, None without values."""
    if not values:
        return None
    ordered = sorted(values)
    rank = max(1, -(-len(ordered) * round(share * 100) // 100))
    return ordered[rank - 1]


@dataclass(frozen=True)
class _Day:
    """What was received in the last 24 hours, by outcome."""

    counters: Mapping[str, int]
    delivered: Mapping[int, int]
    """By flow."""


def _day(pair: Pair, flows: Sequence[Flow], tally: Tally | None) -> _Day:
    """Every item once: by its own state, or by its latest delivery once it was passed on."""
    counters: Counter[str] = Counter()
    delivered: dict[int, int] = {}
    if tally is None:
        return _Day(counters, delivered)
    mine = {str(pair.pos_id), str(pair.store_id)}
    for (connection_id, _), states in tally.items.items():
        if connection_id in mine:
            counters.update(states)
    for flow in flows:
        outcomes = tally.flows.get(flow.pk, Counter())
        counters.update(outcomes)
        counters[InboxState.PASSED] -= outcomes.total()
        delivered[flow.pk] = outcomes[DeliveryState.DELIVERED]
    # Passed on to another pair only: the flow of this one was switched off.
    counters[InboxState.FILTERED] += counters.pop(InboxState.PASSED, 0)
    return _Day({state: count for state, count in counters.items() if count}, delivered)
