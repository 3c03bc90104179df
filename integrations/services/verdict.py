"""One sentence on a pair: what a person should know first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from integrations.models import (
    ConnectionState,
    Delivery,
    DeliveryState,
    Direction,
    Flow,
    InboxItem,
    InboxState,
    PairState,
)
from integrations.services.overview import PairHealth, Side
from mappings.canonical.record import Entity

LATE = timedelta(minutes=1)

PLURALS = {
    Entity.ORDER: "orders",
    Entity.CUSTOMER: "customers",
    Entity.PRODUCT: "products",
    Entity.INVENTORY: "stock levels",
    Entity.PAYMENT: "payments",
    Entity.SHIPMENT: "shipments",
    Entity.REFUND: "refunds",
    Entity.GIFT_CARD: "gift cards",
}


# What goes to the store of an order, by its own name.
STATUS = "order updates"


class Tone(StrEnum):
    """How urgent the sentence is. `WAIT`: it rights itself."""

    GOOD = "good"
    QUIET = "quiet"
    WAIT = "wait"
    ACT = "act"


@dataclass(frozen=True)
class Verdict:
    """`kind` stays the same while only the numbers of the sentence change."""

    tone: Tone
    kind: str
    sentence: str
    advice: str = ""


def verdict(*, health: PairHealth, now: datetime) -> Verdict:
    """The most urgent thing first. Call inside the tenant's scope."""
    return (
        _owner_needed(health)
        or _not_running(health)
        or _stuck(health)
        or _resting(health, now=now)
        or _unread(health)
        or _moving(health, now=now)
        or _quiet(health)
    )


def flow_name(flow: Flow) -> str:
    """ "Orders", "Stock levels"; what goes back of an order is "Order status"."""
    if _goes_back(flow):
        return "Order status"
    return PLURALS.get(Entity(flow.entity), flow.entity).capitalize()


def counted(entity: str, count: int) -> str:
    """ "1 order", "42 orders"."""
    word = PLURALS.get(Entity(entity), entity) if entity in set(Entity) else entity
    return f"{count:,} {word if count != 1 else word.removesuffix('s')}"


def _owner_needed(health: PairHealth) -> Verdict | None:
    side = _first(health, ConnectionState.NEEDS_OWNER)
    if side is None:
        return None
    return Verdict(
        Tone.ACT,
        "owner",
        f"{side.system} refused our credentials for {side.connection.name}: reconnect it to go on.",
        f"Nothing is lost: {_waiting_words(health)}.",
    )


def _not_running(health: PairHealth) -> Verdict | None:
    side = _first(health, ConnectionState.PAUSED)
    if side is not None:
        said = f"{side.connection.name} is paused."
    elif health.pair.state == PairState.DRAFT:
        said = f"{health.pair.name} has not been started yet."
    elif health.pair.state == PairState.PAUSED:
        said = f"{health.pair.name} is paused."
    else:
        return None
    return Verdict(
        Tone.QUIET, "paused", said, f"What arrives meanwhile is kept: {_waiting_words(health)}."
    )


def _stuck(health: PairHealth) -> Verdict | None:
    if not any(flow.held or flow.dead for flow in health.flows):
        return None
    groups = _stuck_groups(health)
    if not groups:
        return None
    (entity, state, reason), count = groups.most_common(1)[0]
    rest = groups.total() - count
    was = "is" if count == 1 else "are"
    word = "held" if state == DeliveryState.HELD else "given up"
    return Verdict(
        Tone.ACT,
        f"stuck {entity} {state} {reason}",
        f"{counted(entity, count)} {was} {word}: {_clause(reason)}",
        (f"{rest:,} more wait{'s' if rest == 1 else ''} for a person, too. " if rest else "")
        + "Everything else keeps flowing.",
    )


def _stuck_groups(health: PairHealth) -> Counter[tuple[str, str, str]]:
    groups: Counter[tuple[str, str, str]] = Counter()
    stuck = (DeliveryState.HELD, DeliveryState.DEAD)
    deliveries = Delivery.objects.filter(
        flow__in=[flow.flow.pk for flow in health.flows], state__in=stuck
    )
    items = InboxItem.objects.filter(
        connection_id__in=(health.pair.pos_id, health.pair.store_id),
        entity__in={flow.flow.entity for flow in health.flows},
        state__in=(InboxState.HELD, InboxState.DEAD),
    )
    newest = ("-id",)
    for row in deliveries.order_by(*newest).values_list("entity", "state", "reason")[:1000]:
        groups[row] += 1
    for row in items.order_by(*newest).values_list("entity", "state", "reason")[:1000]:
        groups[row] += 1
    return groups


def _soon(side: Side, *, now: datetime) -> str:
    if side.resting_until is None:
        return "right now"
    seconds = max(1, round((side.resting_until - now).total_seconds()))
    return "within a minute" if seconds <= 60 else f"in {round(seconds / 60)} min"


def _resting(health: PairHealth, *, now: datetime) -> Verdict | None:
    ill = (side for side in health.sides if not side.is_answering)
    side = next(ill, None) or next((side for side in health.sides if side.resting_until), None)
    if side is None:
        return None
    return Verdict(
        Tone.WAIT,
        f"resting {side.connection.pk}",
        f"{side.connection.name} asked for a rest; it is called again {_soon(side, now=now)}."
        if side.is_answering
        else f"{side.connection.name} does not answer; it is tried again {_soon(side, now=now)}.",
        f"{_clause(side.resting_reason)} {_waiting_words(health).capitalize()}.",
    )


def _unread(health: PairHealth) -> Verdict | None:
    for side in health.sides:
        for entity, problem in side.problems.items():
            word = PLURALS.get(Entity(entity), entity)
            return Verdict(
                Tone.WAIT,
                f"unread {side.connection.pk} {entity}",
                f"{side.connection.name} does not give us its {word} right now.",
                f"{_clause(problem)} It is tried again by itself.",
            )
    return None


def _moving(health: PairHealth, *, now: datetime) -> Verdict | None:
    waiting = [flow for flow in health.flows if flow.waiting]
    if not waiting:
        return None
    said = _told((flow.flow, flow.waiting) for flow in waiting)
    verb = "is" if sum(flow.waiting for flow in waiting) == 1 else "are"
    moments = [flow.oldest_waiting_at for flow in waiting if flow.oldest_waiting_at]
    if moments and now - min(moments) > LATE:
        minutes = max(1, round((now - min(moments)).total_seconds() / 60))
        return Verdict(
            Tone.WAIT,
            "late",
            f"{said} {verb} on the way; the oldest has waited {minutes:,} min.",
            "Each is tried again by itself.",
        )
    return Verdict(
        Tone.GOOD, "well", f"All is well: {said} {verb} on the way.", _done_words(health)
    )


def _quiet(health: PairHealth) -> Verdict:
    done = _done_words(health)
    if done:
        return Verdict(
            Tone.GOOD, "well", f"All is well: {done[0].lower()}{done[1:-1]}, nothing waiting."
        )
    if health.received:
        return Verdict(Tone.GOOD, "well", "All is well: both sides agree, nothing waiting.")
    return Verdict(
        Tone.QUIET,
        "silent",
        "Nothing has arrived in the last 24 hours.",
        f"Place an order in {health.store.connection.name} or make a sale at"
        f" {health.pos.connection.name}; it shows here within seconds.",
    )


def _first(health: PairHealth, state: ConnectionState) -> Side | None:
    return next((side for side in health.sides if side.connection.state == state), None)


def _waiting_words(health: PairHealth) -> str:
    count = sum(flow.waiting for flow in health.flows)
    return (
        "nothing waits" if not count else f"{count:,} record{'s wait' if count != 1 else ' waits'}"
    )


def _done_words(health: PairHealth) -> str:
    done = _told((flow.flow, flow.delivered) for flow in health.flows if flow.delivered)
    return f"{done} delivered in 24 hours." if done else ""


def _told(counts: Iterable[tuple[Flow, int]]) -> str:
    """ "2 orders, 5 customers and 1 refund": what goes both ways is counted together."""
    totals: dict[str, int] = {}
    for flow, count in counts:
        kind = STATUS if _goes_back(flow) else flow.entity
        totals[kind] = totals.get(kind, 0) + count
    return _listed([counted(kind, count) for kind, count in totals.items()])


def _goes_back(flow: Flow) -> bool:
    return (flow.entity, flow.direction) == (Entity.ORDER, Direction.TO_STORE)


def _listed(words: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1] if words else "")))


def _clause(reason: str) -> str:
    return f"{reason.rstrip('.')}." if reason else "no reason was given."
