"""Integration pairs: put together, started and paused."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from integrations.connector_kit.registry import get
from integrations.models import (
    Connection,
    Direction,
    Flow,
    Pair,
    PairState,
    Preflight,
    PreflightState,
)
from integrations.sync import lanes, stocked
from mappings.canonical.record import Entity

# Which ways a record goes when nothing else is said; an entity may go both. The point of sale owns
# goods and stock, the store owns orders.
USUAL_FLOWS: tuple[tuple[Entity, Direction], ...] = (
    (Entity.ORDER, Direction.TO_POS),
    (Entity.PAYMENT, Direction.TO_POS),
    (Entity.REFUND, Direction.TO_POS),
    (Entity.REFUND, Direction.TO_STORE),
    (Entity.CUSTOMER, Direction.TO_POS),
    (Entity.CUSTOMER, Direction.TO_STORE),
    (Entity.INVENTORY, Direction.TO_STORE),
    (Entity.SHIPMENT, Direction.TO_STORE),
    (Entity.PRODUCT, Direction.TO_STORE),
    (Entity.ORDER, Direction.TO_STORE),
    (Entity.PRODUCT, Direction.TO_POS),
    (Entity.GIFT_CARD, Direction.TO_STORE),
    (Entity.GIFT_CARD, Direction.TO_POS),
)
# These wait for someone to switch them on. To the store, a shop that sells already gets new articles
# and other prices, which nobody should meet unasked. To the point of sale, articles are only linked,
# and a store tells of its products with every sale: not each pair needs what that costs. Nor does each
# want marks on the orders of its store.
OFF_AT_FIRST = frozenset(
    {
        (Entity.PRODUCT, Direction.TO_STORE),
        (Entity.PRODUCT, Direction.TO_POS),
        (Entity.ORDER, Direction.TO_STORE),
    }
)
# Balances are money: where both sides changed one, a person decides.
_MERGE_RULES = {Entity.GIFT_CARD.value: {"*": "hold"}}
_MODES = {
    "both": (Direction.TO_STORE, Direction.TO_POS),
    "pos_to_store": (Direction.TO_STORE,),
    "store_to_pos": (Direction.TO_POS,),
}


class BadPair(ValueError):
    """These two connections cannot be paired; the message says why."""


def create_pair(*, name: str, pos: Connection, store: Connection) -> Pair:
    """A draft pair with a flow for each entity both connectors can carry.

    Call inside the tenant's scope. Raises BadPair.
    """
    for connection, role in ((pos, "pos"), (store, "store")):
        if get(connection.connector).manifest.role != role:
            wanted = "point of sale" if role == "pos" else "web store"
            raise BadPair(f"{connection.name} is not a {wanted}")
    if pos.environment != store.environment:
        raise BadPair("Pair a sandbox with a sandbox, and a real account with a real one")
    pair: Pair = Pair.objects.create(name=name, pos=pos, store=store, merge_rules=_MERGE_RULES)
    for entity, direction in USUAL_FLOWS:
        if _is_asked_for(pair, entity, direction):
            _add_flow(pair, entity, direction)
    return pair


def _add_flow(pair: Pair, entity: Entity, direction: Direction) -> None:
    to_pos = direction == Direction.TO_POS
    source, target = (pair.store, pair.pos) if to_pos else (pair.pos, pair.store)
    if _can(source, entity, target):
        Flow.objects.create(
            pair=pair,
            entity=entity,
            direction=direction,
            source=source,
            target=target,
            is_on=(entity, direction) not in OFF_AT_FIRST,
        )


def _mode(pair: Pair, entity: Entity) -> str | None:
    """What the setting that rules the entity says; None when there is no such setting."""
    for connection in (pair.store, pair.pos):
        manifest = get(connection.connector).manifest
        spec = manifest.entities.get(entity)
        if spec and spec.mode:
            usual = next(one.default for one in manifest.settings if one.name == spec.mode)
            return str(connection.settings.get(spec.mode) or usual)
    return None


def _is_asked_for(pair: Pair, entity: Entity, direction: Direction) -> bool:
    mode = _mode(pair, entity)
    return mode is None or direction in _MODES.get(mode, ())


def follow_modes(pair: Pair, *, now: datetime) -> None:
    """Flows whose way a setting rules are added, and switched on and off, as it says now.

    Call when that setting was changed, and then alone: what a person switches afterwards stays.
    """
    for entity, direction in USUAL_FLOWS:
        if _mode(pair, entity) is None:
            continue
        flow = pair.flows.filter(entity=entity, direction=direction).first()
        is_on = _is_asked_for(pair, entity, direction)
        if flow is not None:
            switch(flow, is_on=is_on, now=now)
        elif is_on:
            _add_flow(pair, entity, direction)


def find_pair(pair_id: UUID) -> Pair | None:
    """The pair of that id, within the scope."""
    found: Pair | None = Pair.objects.filter(pk=pair_id).first()
    return found


class NotReady(BadPair):
    """The pair cannot go live yet; the message says what is left to do."""


def start(pair: Pair, *, state: PairState, now: datetime) -> None:
    """Lets the pair run (`testing` or `live`) and wakes its lanes.

    Raises NotReady when it is to go live and its last preflight found what stops records, or none
    was run. Tests may run before that: they show what would happen.
    """
    if state == PairState.LIVE:
        _check_preflight(pair)
    if pair.state == PairState.DRAFT:
        pair.flows.filter(is_on=True).update(on_since=now)
    pair.state = state
    pair.save(update_fields=["state"])
    for connection_id in (pair.pos_id, pair.store_id):
        _wake(pair.tenant_id, connection_id, now=now)


def pause(pair: Pair) -> None:
    """Stops the pair; what arrives meanwhile is kept and flows when it is started again."""
    pair.state = PairState.PAUSED
    pair.save(update_fields=["state"])


def switch(flow: Flow, *, is_on: bool, now: datetime) -> None:
    """Switches one flow on or off. What comes while it is off is left out, not kept for later.

    Stock that moved meanwhile would show its old number until it moves again, so all that was ever
    published is read once more.
    """
    if flow.is_on == is_on:
        return
    flow.is_on, flow.on_since = is_on, now
    flow.save(update_fields=["is_on", "on_since"])
    if is_on and flow.entity == Entity.INVENTORY:
        stocked.read_all_again(
            tenant_id=flow.tenant_id, till=flow.source_id, topic="switched on", now=now
        )
    for connection_id in (flow.source_id, flow.target_id):
        _wake(flow.tenant_id, connection_id, now=now)


def _can(source: Connection, entity: Entity, target: Connection) -> bool:
    there = get(source.connector).manifest.entities.get(entity)
    here = get(target.connector).manifest.entities.get(entity)
    return bool(there and there.source and here and here.target)


def _wake(tenant_id: UUID, connection_id: UUID, *, now: datetime) -> None:
    lanes.wake(tenant_id=tenant_id, connection_id=connection_id, now=now)


def _check_preflight(pair: Pair) -> None:
    last = Preflight.objects.filter(pair=pair, state=PreflightState.DONE).order_by("-id").first()
    if last is None:
        raise NotReady("Run the preflight first: it finds what would stop your records.")
    if last.blockers:
        things = "thing stands" if last.blockers == 1 else "things stand"
        raise NotReady(
            f"{last.blockers} {things} in the way. Put them right, then run the preflight again."
        )
