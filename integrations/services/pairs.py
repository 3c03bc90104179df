"""Integration pairs: put together, started and paused."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from integrations.connector_kit.registry import get
from integrations.models import Connection, Direction, Flow, Pair, PairState
from integrations.sync import lanes
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
)
# These wait for someone to switch them on: a shop that sells already gets new articles and other
# prices, which nobody should meet unasked, and marks on its orders.
OFF_AT_FIRST = frozenset({(Entity.PRODUCT, Direction.TO_STORE), (Entity.ORDER, Direction.TO_STORE)})


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
    pair: Pair = Pair.objects.create(name=name, pos=pos, store=store)
    for entity, direction in USUAL_FLOWS:
        source, target = (store, pos) if direction == Direction.TO_POS else (pos, store)
        if _can(source, entity, target):
            Flow.objects.create(
                pair=pair,
                entity=entity,
                direction=direction,
                source=source,
                target=target,
                is_on=(entity, direction) not in OFF_AT_FIRST,
            )
    return pair


def find_pair(pair_id: UUID) -> Pair | None:
    """The pair of that id, within the scope."""
    found: Pair | None = Pair.objects.filter(pk=pair_id).first()
    return found


def start(pair: Pair, *, state: PairState, now: datetime) -> None:
    """Lets the pair run (`testing` or `live`) and wakes its lanes."""
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
    """Switches one flow on or off. What comes while it is off is left out, not kept for later."""
    if flow.is_on == is_on:
        return
    flow.is_on, flow.on_since = is_on, now
    flow.save(update_fields=["is_on", "on_since"])
    for connection_id in (flow.source_id, flow.target_id):
        _wake(flow.tenant_id, connection_id, now=now)


def _can(source: Connection, entity: Entity, target: Connection) -> bool:
    there = get(source.connector).manifest.entities.get(entity)
    here = get(target.connector).manifest.entities.get(entity)
    return bool(there and there.source and here and here.target)


def _wake(tenant_id: UUID, connection_id: UUID, *, now: datetime) -> None:
    lanes.wake(tenant_id=tenant_id, connection_id=connection_id, now=now)
