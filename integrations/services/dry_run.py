"""The store's newest orders, read and mapped exactly as the engine would, and written nowhere.

Both accounts are only read. The till is asked what it would be asked before a write (does it know
every article?), so that what would stop an order is known before the first one flows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.db import connection as database
from django.utils import timezone

from integrations.connector_kit.base import Outgoing
from integrations.connector_kit.errors import (
    ConnectorError,
    Rejected,
    TryLater,
    Unsupported,
)
from integrations.models import DryRun, DryRunState, Flow, Pair
from integrations.queue import enqueue_dry_run
from integrations.services import mapping_provenance, onboarding
from integrations.services.mapping_provenance import Origin
from integrations.services.patience import Patience
from integrations.services.shadow_records import flat
from integrations.sync import links, pipeline, rulebooks
from integrations.sync.rulebooks import RuleBook
from integrations.sync.sessions import Session, keep, load, open_session
from integrations.sync.stages.normalise import normalise
from integrations.sync.stages.transform import Rendered, transform
from integrations.sync.stages.validate import validate
from mappings.canonical.order import Order
from mappings.canonical.record import Entity, InvalidRecord, Record, Skipped
from tenants import scope
from tenants.models import User
from tenants.services import audit

ORDERS = 20
# Whoever ran one for longer has died.
LOST_AFTER = timedelta(minutes=10)

ARRIVES, STOPS, LEFT_OUT = "arrives", "stops", "left_out"
_OUR_ERROR = "An error of ours stopped it; we have been told. Run it again."


class CannotTry(ValueError):
    """Orders of this pair cannot be tried now; the message says why."""


@dataclass(frozen=True)
class Tried:
    """What would become of one order. `fields` are what would be written, by path; `sum` is how its
    parts add up to its total. `reason`, `field`, `said` and `advice` say what stops it."""

    key: str
    number: str
    ends: str
    placed_at: str = ""
    total: str = ""
    currency: str = ""
    reference: str = ""
    sum: str = ""
    reason: str = ""
    field: str = ""
    said: str = ""
    advice: str = ""
    fields: Sequence[tuple[str, Any]] = ()


@dataclass(frozen=True)
class Looked:
    """One order with the origin of each field, for the page on which the mapping is reviewed."""

    tried: Tried
    origins: Sequence[Origin] = ()


@dataclass
class _Way:
    """Both accounts of the flow of orders, opened, with the rules that hold."""

    flow: Flow
    source: Session
    target: Session
    book: RuleBook
    patience: Patience = field(default_factory=Patience)

    def close(self) -> None:
        self.source.close()
        self.target.close()


def latest(pair: Pair) -> DryRun | None:
    """The newest dry run of a pair. Call inside the tenant's scope."""
    rows = DryRun.objects.filter(pair=pair).select_related("started_by")
    found: DryRun | None = rows.order_by("-id").first()
    return found


def is_lost(row: DryRun, *, now: datetime) -> bool:
    """Whether whoever ran it has died."""
    return row.state == DryRunState.RUNNING and row.started_at < now - LOST_AFTER


def found_by(row: DryRun) -> list[Tried]:
    """What a run found; empty when it is not done, or when its documents were deleted."""
    document = load(row.payload_id) or {}
    return [
        Tried(**{**one, "fields": [(path, value) for path, value in one["fields"]]})
        for one in document.get("orders", ())
    ]


def start(*, pair: Pair, actor: User | None, now: datetime) -> DryRun:
    """Lets a worker try the newest orders. Call inside the tenant's scope. Raises CannotTry, also
    while one is at it."""
    Pair.objects.select_for_update(of=("self",), no_key=True).get(pk=pair.pk)
    known = latest(pair)
    if known is not None and known.state == DryRunState.RUNNING and not is_lost(known, now=now):
        raise CannotTry("A dry run of this pair is under way already.")
    if not onboarding.rules_now(pair):
        raise CannotTry("Orders do not flow in this pair, so there is nothing to try.")
    row: DryRun = DryRun.objects.create(pair=pair, started_by=actor, started_at=now)
    audit.record(action="dry_run.started", object_type="pair", object_id=pair.pk, actor=actor)
    enqueue_dry_run(tenant_id=row.tenant_id, dry_run_id=row.pk)
    return row


def run(*, tenant_id: UUID, dry_run_id: int) -> None:
    """Tries the orders and keeps what was found. Call outside any scope; may be repeated."""
    went_well = pipeline.survives(
        f"dry run {dry_run_id}", partial(_run, tenant_id=tenant_id, dry_run_id=dry_run_id)
    )
    if not went_well:
        _finish(tenant_id, dry_run_id, state=DryRunState.FAILED, problem=_OUR_ERROR)


def _run(*, tenant_id: UUID, dry_run_id: int) -> None:
    with scope.tenant(tenant_id):
        row = (
            DryRun.objects.filter(pk=dry_run_id, state=DryRunState.RUNNING)
            .select_related("pair__pos", "pair__store")
            .first()
        )
    if row is None:
        return
    try:
        way = _opened(row.pair)
        with closing(way):
            tried = [one for one, _ in _try_newest(way, ORDERS)]
    except (ConnectorError, CannotTry) as error:
        _finish(tenant_id, dry_run_id, state=DryRunState.FAILED, problem=str(error))
        return
    ends = [one.ends for one in tried]
    with scope.tenant(tenant_id):
        payload_id = keep(
            tenant_id, f"dry-run/{row.pair_id}", {"orders": [vars(one) for one in tried]}
        )
    _finish(
        tenant_id,
        dry_run_id,
        state=DryRunState.DONE,
        rules=way.book.label,
        payload_id=payload_id,
        orders=len(ends),
        would_arrive=ends.count(ARRIVES),
        would_stop=ends.count(STOPS),
        left_out=ends.count(LEFT_OUT),
    )


def _finish(tenant_id: UUID, dry_run_id: int, *, problem: str = "", **values: Any) -> None:
    with scope.tenant(tenant_id):
        DryRun.objects.filter(pk=dry_run_id).update(
            problem=problem[:600], finished_at=timezone.now(), **values
        )


def look(*, pair: Pair, count: int) -> list[Looked]:
    """The newest orders with the origin of each field. Call outside any scope.

    Raises CannotTry, and what the connectors raise.
    """
    way = _opened(pair)
    with closing(way):
        found = []
        for tried, record in _try_newest(way, count):
            origins: Sequence[Origin] = ()
            if record is not None and tried.fields:
                with scope.tenant(pair.tenant_id):
                    origins = mapping_provenance.of_record(
                        record,
                        # Paths as names: read out flat again they are what they were.
                        fields=dict(tried.fields),
                        flow=way.flow,
                        book=way.book,
                        reference=tried.reference,
                    )
            found.append(Looked(tried, origins))
    return found


def _opened(pair: Pair) -> _Way:
    with scope.tenant(pair.tenant_id):
        flow = onboarding.order_flow(pair)
        if flow is None or not flow.is_on:
            raise CannotTry("Orders do not flow in this pair, so there is nothing to try.")
        book = rulebooks.of_flow(flow)
        way = _Way(flow, open_session(flow.source), open_session(flow.target), book)
    port = way.source.port(Entity.ORDER)
    if port is None or port.newest is None or port.read is None:
        label = way.source.connector.manifest.label
        raise CannotTry(f"{label} cannot list its newest orders, so they cannot be tried.")
    return way


def _try_newest(way: _Way, count: int) -> list[tuple[Tried, Record | None]]:
    port = way.source.port(Entity.ORDER)
    assert port is not None and port.newest is not None and port.read is not None  # noqa: S101, PT018 - looked at when it was opened
    if not database.in_atomic_block:
        # The pool gets the connection back while we wait for the network.
        database.close()
    newest, read = port.newest, port.read
    tried: list[tuple[Tried, Record | None]] = []
    for key in way.patience.ask(lambda: newest(way.source.client, count)):
        if way.patience.is_over:
            # What was found by now is told; orders of many lines take long to look up.
            break
        try:
            raws = way.patience.ask(lambda key=key: read(way.source.client, [key]))  # type: ignore[misc]
            tried.append(_try_one(way, key, raws.get(key) or {}))
        except TryLater:
            if not (tried and way.patience.is_over):
                raise
    return tried


def _try_one(way: _Way, key: str, raw: Mapping[str, Any]) -> tuple[Tried, Record | None]:
    number = str(raw.get("name") or raw.get("number") or key)
    record: Record | None = None
    seen: dict[str, Any] = {"key": key, "number": number}
    try:
        record = normalise(way.source, Entity.ORDER, raw)
        seen |= _facts(record)
        validate(record, target=way.target)
        made = transform(record, source=way.source, target=way.target, book=way.book, missed=[])
        seen |= {"fields": list(flat(made.fields)), "reference": made.reference}
        _rehearse(way, record, made)
    except (Skipped, Unsupported) as error:
        return Tried(**seen, ends=LEFT_OUT, reason=str(error)), record
    except (Rejected, InvalidRecord) as error:
        return (
            Tried(
                **seen,
                ends=STOPS,
                reason=str(error),
                field=error.field,
                said=error.said,
                advice=error.advice,
            ),
            record,
        )
    return Tried(**seen, ends=ARRIVES), record


def _facts(record: Record) -> dict[str, Any]:
    if not isinstance(record, Order):
        return {"number": record.number or record.key}
    return {
        "number": record.number or record.key,
        "placed_at": record.placed_at.isoformat(),
        "total": str(record.total),
        "currency": record.currency,
        "sum": record.arithmetic(),
    }


def _rehearse(way: _Way, record: Record, made: Rendered) -> None:
    """Asks the till what it would be asked before a write. Raises Rejected."""
    port = way.target.port(Entity.ORDER)
    if port is None or port.rehearse is None:
        return
    with scope.tenant(way.flow.tenant_id):
        known = links.find_all(
            (way.flow, relation.entity, relation.key)
            for relation in (*record.relations(), *record.wanted())
        )
    related = {
        f"{relation.entity}:{relation.key}": target
        for relation in (*record.relations(), *record.wanted())
        if (target := known.target_key(way.flow, relation.entity, relation.key))
    }
    outgoing = Outgoing(
        delivery_id="dry-run",
        entity=Entity.ORDER,
        key=record.key,
        reference=made.reference,
        fields=made.fields,
        related=related,
    )
    rehearse = port.rehearse
    way.patience.ask(lambda: rehearse(way.target.client, outgoing))
