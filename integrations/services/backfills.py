"""Backfills: planned, started, paused, resumed, cancelled, and how far they are.

Planning asks both systems how much they hold, so it happens outside any scope.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db import connection as database

from integrations.connector_kit.base import EntityPort, Extent
from integrations.connector_kit.errors import ConnectorError
from integrations.models import (
    ACTIVE,
    Backfill,
    BackfillArticle,
    BackfillState,
    ConnectionState,
    Flow,
    Pair,
)
from integrations.services.calls import permitted_calls
from integrations.sync import backfilling, lanes
from integrations.sync.sessions import Session, open_session
from mappings.canonical.record import Entity
from tenants import scope
from tenants.models import User

CARRIED = (Entity.INVENTORY, Entity.CUSTOMER, Entity.PRODUCT)
RESUMABLE = (BackfillState.RUNNING, BackfillState.PAUSED, BackfillState.FAILED)


class CannotBackfill(ValueError):
    """The backfill cannot be planned or changed like this; the message says why and what to do."""


@dataclass(frozen=True)
class Choice:
    """A flow of a pair. `obstacle`: why it cannot be backfilled, "" when it can."""

    flow: Flow
    obstacle: str
    latest: Backfill | None


def choices(pair: Pair) -> list[Choice]:
    """Every flow of state (stock, customers, ...). Call inside the tenant's scope.

    Orders and shipments are facts: old ones are not carried again.
    """
    flows = pair.flows.select_related("source", "target", "pair").order_by("direction", "pk")
    return [
        Choice(flow, _obstacle(flow), latest_of(flow))
        for flow in flows
        if Entity(flow.entity) in CARRIED
    ]


def get(backfill_id: int) -> Backfill:
    """The run with everything its pages say of it. Raises Backfill.DoesNotExist."""
    found: Backfill = Backfill.objects.select_related(
        "flow", "flow__pair", "flow__source", "flow__target", "started_by"
    ).get(pk=backfill_id)
    return found


def latest_of(flow: Flow) -> Backfill | None:
    """The active backfill of the flow, else the newest."""
    rows = Backfill.objects.filter(flow=flow).select_related("flow", "started_by")
    found: Backfill | None = rows.filter(state__in=ACTIVE).first() or rows.order_by("-id").first()
    return found


def plan(*, flow: Flow, now: datetime) -> Backfill:
    """A planned backfill with what it will take. Call outside any scope; asks both systems.

    An earlier plan of the flow that was never started is forgotten. Raises CannotBackfill.
    """
    with scope.tenant(flow.tenant_id):
        if obstacle := _obstacle(flow):
            raise CannotBackfill(obstacle)
        _refuse_second(flow)
        source, target = open_session(flow.source), open_session(flow.target)
    if not database.in_atomic_block:
        # The pool gets the connection back while we wait for the network.
        database.close()
    entity = Entity(flow.entity)
    held = _count(source, entity)
    into = target.port(entity)
    links_articles = _links_articles(into, entity)
    listed = _count(target, entity) if links_articles else Extent(None, 0)
    writes = _write_calls(held.records or 0, into)
    row = Backfill(
        tenant_id=flow.tenant_id,
        flow=flow,
        records=held.records,
        listed_there=listed.records,
        list_calls=listed.calls,
        read_calls=held.calls,
        write_calls=writes,
        planned_seconds=_seconds(flow, listed.calls, held.calls, writes),
        links_articles=links_articles,
        is_listed=not links_articles,
        planned_at=now,
    )
    with scope.tenant(flow.tenant_id):
        Backfill.objects.filter(flow=flow, state=BackfillState.PLANNED).delete()
        row.save()
    return row


def start(row: Backfill, *, by: User | None, now: datetime) -> None:
    """Lets a planned backfill run. Call inside the tenant's scope. Raises CannotBackfill.

    Also takes up one that is paused or has stopped, where it stood.
    """
    _wake(row, now=now)
    current = _locked(row)
    if current.state == BackfillState.RUNNING:
        raise CannotBackfill("This backfill is running already.")
    if current.state not in (BackfillState.PLANNED, BackfillState.PAUSED, BackfillState.FAILED):
        raise CannotBackfill(
            f"This backfill is over ({current.get_state_display().lower()}). Plan a new one."
        )
    if obstacle := _obstacle(current.flow):
        raise CannotBackfill(obstacle)
    if current.state == BackfillState.PLANNED:
        current.started_at, current.started_by = now, by
        BackfillArticle.objects.filter(backfill__flow_id=current.flow_id).delete()
    current.state, current.due_at = BackfillState.RUNNING, now
    current.problem, current.failures = "", 0
    try:
        with transaction.atomic():
            current.save()
    except IntegrityError:
        _refuse_second(current.flow)
        raise


def pause(row: Backfill) -> None:
    """Stops the reading; what was read already still arrives. Call inside the tenant's scope."""
    current = _locked(row)
    if current.state != BackfillState.RUNNING:
        raise CannotBackfill(
            f"Only a running backfill can be paused; this one is {_word(current)}."
        )
    current.state, current.due_at = BackfillState.PAUSED, None
    current.save(update_fields=["state", "due_at"])


def cancel(row: Backfill, *, now: datetime) -> None:
    """Ends it for good; what was read already still arrives. Call inside the tenant's scope."""
    current = _locked(row)
    if current.state in (BackfillState.DONE, BackfillState.CANCELLED):
        raise CannotBackfill(f"This backfill is {_word(current)} already.")
    backfilling.finish(current, BackfillState.CANCELLED, now=now)


def carried_by(pair: Pair, *, limit: int = 20) -> Sequence[Backfill]:
    """The latest runs of a pair, newest first. Call inside the tenant's scope."""
    return list(
        Backfill.objects.filter(flow__pair=pair)
        .exclude(state=BackfillState.PLANNED)
        .select_related("flow", "flow__source", "flow__target", "started_by")
        .order_by("-id")[:limit]
    )


def find_flow(pair_id: UUID, entity: str, direction: str = "") -> Flow:
    """The flow of a pair that carries the entity. Raises CannotBackfill naming those there are.

    Of two ways, and no `direction` named, one that is switched on.
    """
    flows = Flow.objects.filter(pair_id=pair_id).select_related("source", "target", "pair")
    mine = flows.filter(entity=entity)
    if direction:
        mine = mine.filter(direction=direction)
    found: Flow | None = mine.order_by("-is_on", "direction", "pk").first()
    if found is None:
        known = ", ".join(sorted(set(flows.values_list("entity", flat=True))))
        raise CannotBackfill(
            f"No flow of the pair carries {entity} {direction}".rstrip() + f". It carries: {known}."
        )
    return found


def _locked(row: Backfill) -> Backfill:
    found: Backfill = (
        Backfill.objects.select_for_update(of=("self",))
        .select_related("flow", "flow__source", "flow__target", "flow__pair")
        .get(pk=row.pk)
    )
    return found


def _word(row: Backfill) -> str:
    return str(row.get_state_display()).lower()


def _wake(row: Backfill, *, now: datetime) -> None:
    """First of all: whoever advances the run holds a lane before it locks the run."""
    for connection_id in sorted((row.flow.source_id, row.flow.target_id)):
        lanes.wake(tenant_id=row.tenant_id, connection_id=connection_id, now=now)


def _refuse_second(flow: Flow) -> None:
    other = (
        Backfill.objects.filter(flow=flow, state__in=ACTIVE).select_related("started_by").first()
    )
    if other is not None:
        by = f" by {other.started_by}" if other.started_by else ""
        raise CannotBackfill(
            f"A backfill of this flow was started{by} and is {_word(other)}."
            " Let it end, or cancel it first."
        )


def _obstacle(flow: Flow) -> str:
    if not flow.is_on:
        return "This flow is switched off. Switch it on, then plan the backfill."
    if not flow.pair.is_running:
        return f"{flow.pair.name} does not run. Start the pair, then plan the backfill."
    for connection in (flow.source, flow.target):
        if connection.state != ConnectionState.ACTIVE:
            return f"{connection.name} is not connected. Reconnect it, then plan the backfill."
    port = open_session(flow.source).port(Entity(flow.entity))
    if port is None or port.pages is None or port.count is None:
        return f"{flow.source.name} cannot list all its records."
    return ""


def _links_articles(into: EntityPort | None, entity: Entity) -> bool:
    return entity is Entity.INVENTORY and into is not None and into.listing is not None


def _count(session: Session, entity: Entity) -> Extent:
    port = session.port(entity)
    if port is None or port.count is None:
        return Extent(None, 0)
    try:
        extent: Extent = port.count(session.client)
    except ConnectorError as error:
        raise CannotBackfill(
            f"{session.connection.name} could not be asked how much it holds: {error.message}"
        ) from error
    return extent


def _write_calls(records: int, into: EntityPort | None) -> int:
    size = into.batch_size if into is not None and into.write_many else 1
    return ceil(records / size) * (into.calls_per_write if into is not None else 1)


def _seconds(flow: Flow, listing: int, reading: int, writing: int) -> int:
    """At the permitted rates: listing comes first, reading and writing go side by side."""
    source, target = permitted_calls(flow.source), permitted_calls(flow.target)
    return ceil(listing / target + max(reading / source, writing / target))
