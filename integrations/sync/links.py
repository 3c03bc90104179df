"""Links: finds the other side's id of a record, and remembers it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q

from integrations.models import Delivery, DeliveryState, Direction, Flow, Link
from mappings.canonical.record import Entity


def find(flow: Flow, entity: Entity | str, source_key: str) -> Link | None:
    """The link of a record of the flow's source system."""
    return Link.objects.filter(
        pair_id=flow.pair_id, entity=str(entity), **{_source_side(flow): source_key}
    ).first()


def target_key(flow: Flow, link: Link) -> str:
    """The record's id in the flow's target system."""
    return link.pos_key if flow.direction == Direction.TO_POS else link.store_key


def find_many(flow: Flow, wanted: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Ids in the target system by "entity:source key"; records without a link are missing."""
    side = _source_side(flow)
    match = Q()
    for entity, key in wanted:
        match |= Q(entity=entity, **{side: key})
    if not match:
        return {}
    return {
        f"{link.entity}:{getattr(link, side)}": target_key(flow, link)
        for link in Link.objects.filter(match, pair_id=flow.pair_id)
    }


def is_coming(flow: Flow, entity: Entity | str, reference: str) -> bool:
    """Whether a record of the pair that bears this name is on its way, or held, and not linked."""
    return (
        bool(reference)
        and Delivery.objects.filter(
            flow__pair_id=flow.pair_id,
            entity=str(entity),
            reference=reference,
            state__in=(DeliveryState.WAITING, DeliveryState.HELD, DeliveryState.DEAD),
        ).exists()
    )


def remember(
    flow: Flow,
    entity: Entity | str,
    *,
    source_key: str,
    target_key: str,
    now: datetime,
    label: str = "",
    delivered_hash: str = "",
    delivered_version: str = "",
) -> None:
    """Makes or renews the link. Call inside a transaction.

    When one of the ids was linked to another record, that older link gives way: the system that
    owns the id has just told us what it belongs to.
    """
    to_pos = flow.direction == Direction.TO_POS
    pos_key, store_key = (target_key, source_key) if to_pos else (source_key, target_key)
    mine = Link.objects.filter(pair_id=flow.pair_id, entity=str(entity))
    mine.filter(
        Q(pos_key=pos_key) & ~Q(store_key=store_key) | Q(store_key=store_key) & ~Q(pos_key=pos_key)
    ).delete()
    values = {"updated_at": now} | {
        name: value
        for name, value in (
            ("label", label),
            ("delivered_hash", delivered_hash),
            ("delivered_version", delivered_version),
        )
        if value
    }
    Link.objects.update_or_create(
        pair_id=flow.pair_id,
        entity=str(entity),
        pos_key=pos_key,
        store_key=store_key,
        defaults=values,
    )


def learn(flow: Flow, found: Iterable[tuple[Entity, str, str]], *, now: datetime) -> None:
    """Remembers links found on the way, as (entity, source key, target key); known ones are left.

    Always in one order, so that two deliveries that learn the same links do not block each other.
    """
    wanted = sorted({(str(entity), source, target) for entity, source, target in found})
    known = find_many(flow, [(entity, source) for entity, source, _ in wanted])
    for entity, source, target in wanted:
        if known.get(f"{entity}:{source}") != target:
            remember(flow, entity, source_key=source, target_key=target, now=now)


def _source_side(flow: Flow) -> str:
    return "store_key" if flow.direction == Direction.TO_POS else "pos_key"
