"""Prepares a delivery: one record, validated and mapped for one flow, as a row that can be sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from integrations.connector_kit.errors import Rejected
from integrations.models import Delivery, DeliveryState, Flow, InboxItem
from integrations.sync import incidents, links
from integrations.sync.sessions import Session, keep
from integrations.sync.stages.transform import Rendered, transform
from integrations.sync.stages.validate import validate
from mappings.canonical.record import Entity, InvalidRecord, Record, Skipped


@dataclass(frozen=True)
class Route:
    """A running flow out of the lane's connection, with its target opened for reading."""

    flow: Flow
    target: Session


def prepare(
    session: Session, route: Route, item: InboxItem, record: Record, *, now: datetime
) -> bool:
    """The delivery row of one flow; answers whether there is something to send."""
    row = Delivery(
        tenant_id=session.tenant_id,
        flow=route.flow,
        inbox_item=item,
        target_id=route.flow.target_id,
        entity=item.entity,
        key=record.key,
        number=record.number[:80],
        version=record.version,
        rank=item.rank,
        due_at=now,
        created_at=now,
    )
    try:
        validate(record, target=route.target)
        rendered = transform(record, source=session, target=route.target)
    except Skipped as error:
        _settle(row, DeliveryState.FILTERED, str(error), now=now)
        return False
    except (Rejected, InvalidRecord) as error:
        row.field, row.said, row.advice = error.field[:200], error.said[:400], error.advice[:600]
        _settle(row, DeliveryState.HELD, str(error), now=now, error=error)
        return False
    row.reference = rendered.reference[:191]
    row.content_hash, row.mapping_version = rendered.content_hash, rendered.mapping_version
    idle = _already_there(row) or _not_ours(route.flow, record)
    if idle:
        _settle(row, *idle, now=now)
        return False
    row.needs = [
        [relation.entity.value, relation.key, relation.reference] for relation in record.relations()
    ]
    row.payload_id = keep(
        session.tenant_id, f"delivery/{route.flow.pk}/{record.key}", _document(record, rendered)
    )
    row.save()
    return True


def _document(record: Record, rendered: Rendered) -> Mapping[str, object]:
    return {
        "record": record.model_dump(mode="json"),
        "fields": rendered.fields,
        "related": [
            [relation.entity.value, relation.key]
            for relation in (*record.relations(), *record.wanted())
        ],
    }


def _already_there(row: Delivery) -> tuple[DeliveryState, str] | None:
    """Whether the target has this version, or a newer one.

    Stock is always sent: the store changes its own number with every sale, so what we sent last
    says nothing of what stands there now.
    """
    if row.entity == Entity.INVENTORY:
        return None
    coming = Delivery.objects.filter(
        flow=row.flow, key=row.key, state=DeliveryState.WAITING
    ).order_by("-id")
    newest = coming.first()
    if newest is not None:
        # What is on its way changes the target again, so what was delivered last says nothing.
        if row.version and newest.version > row.version:
            return DeliveryState.FILTERED, "A newer version is on its way already"
        return None
    link = links.find(row.flow, row.entity, row.key)
    if link is None:
        return None
    if row.version and link.delivered_version > row.version:
        return DeliveryState.FILTERED, "A newer version was delivered before"
    if link.delivered_hash == row.content_hash:
        return DeliveryState.UNCHANGED, "The target already has exactly this"
    return None


def _not_ours(flow: Flow, record: Record) -> tuple[DeliveryState, str] | None:
    """Whether the record speaks of one that neither is linked nor will be."""
    for relation in record.relations():
        if links.find(flow, relation.entity, relation.key):
            continue
        if not links.is_coming(flow, relation.entity, relation.reference):
            name = relation.reference or relation.key
            return (
                DeliveryState.FILTERED,
                f"The {relation.entity} {name} is not shared by this pair",
            )
    return None


def _settle(
    row: Delivery,
    state: DeliveryState,
    reason: str,
    *,
    now: datetime,
    error: Exception | None = None,
) -> None:
    row.state, row.reason, row.finished_at = state, reason[:600], now
    incidents.file(row, error, now=now)
    row.save()
