"""Looks at stock numbers once more before they are sent.

A number may have waited for its turn. Web orders that became known since are taken off it here;
the till is read again for them too, but that comes later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Q

from integrations.models import Delivery, Flow, Reservation
from integrations.sync import rulebooks, stock_numbers
from integrations.sync.sessions import Session, keep, load_many, open_for_reading
from integrations.sync.stages.transform import transform
from integrations.sync.stock_numbers import HeldBack
from mappings.canonical.inventory import Stock
from mappings.canonical.record import Entity
from tenants import scope


def renew(target: Session, rows: Sequence[Delivery]) -> None:
    """Gives numbers that more is held back from by now a new document. Call before their intent."""
    stock = [row for row in rows if row.entity == Entity.INVENTORY and row.payload_id]
    if not stock:
        return
    with scope.tenant(target.tenant_id):
        # An order that reached the till meanwhile counts too: the till was read before that.
        since = min(row.created_at for row in stock)
        known = Q(settled_at__isnull=True) | Q(settled_at__gt=since)
        if not Reservation.objects.filter(known).exists():
            return
        sources = _sources(stock)
        orders = {
            flow.source_id: HeldBack(stock_numbers.held_entries(source, since=since))
            for flow, source in sources.values()
        }
        held: dict[UUID, HeldBack] = {}
        documents = load_many([row.payload_id for row in stock if row.payload_id])
        for row in stock:
            document = documents.get(row.payload_id or 0) or {}
            if not document.get("stock"):
                continue
            flow, source = sources[row.flow_id]
            if not _holds_more(orders[flow.source_id], document, row):
                continue
            if flow.source_id not in held:
                held[flow.source_id] = stock_numbers.now_held(source, since=since)
            _renew(row, document, flow, source, target, held[flow.source_id])


def _sources(rows: Sequence[Delivery]) -> dict[int, tuple[Flow, Session]]:
    """By flow: where its numbers come from."""
    flows = Flow.objects.filter(pk__in={row.flow_id for row in rows}).select_related(
        "source", "target", "pair", "pair__mapping_set"
    )
    return {flow.pk: (flow, open_for_reading(flow.source)) for flow in flows}


def _holds_more(held: HeldBack, document: Mapping[str, Any], row: Delivery) -> bool:
    """Whether more is held back by now than the number in the document is less."""
    before = stock_numbers.held_of(document)
    now = held.of(Stock.model_validate(document["record"]), since=row.created_at)
    return any(pk not in before or before[pk][1] < units for pk, (_, units) in now.items())


def _renew(
    row: Delivery,
    document: Mapping[str, Any],
    flow: Flow,
    source: Session,
    target: Session,
    held: HeldBack,
) -> None:
    record = Stock.model_validate(document["record"])
    worked = stock_numbers.work_out(
        record,
        source=source,
        target=target,
        pair_id=flow.pair_id,
        held_back=held,
        since=row.created_at,
        also=stock_numbers.held_of(document),
    )
    book = rulebooks.of_flow(flow)
    rendered = transform(
        record, source=source, target=target, book=book, missed=[], numbers=worked.numbers
    )
    made = {**document, "fields": rendered.fields, "stock": worked.as_json()}
    row.payload_id = keep(row.tenant_id, f"delivery/{row.flow_id}/{row.key}", made)
    row.content_hash, row.mapping_version = rendered.content_hash, book.label
    row.save(update_fields=["payload_id", "content_hash", "mapping_version"])
