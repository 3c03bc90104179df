"""Where a record lies in both systems, and which other records belong to it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from integrations.models import (
    Connection,
    Delivery,
    Flow,
    InboxItem,
    Link,
    SearchTerm,
    TermKind,
)
from integrations.services.records import with_outcome
from integrations.services.search import Place, latest_of
from integrations.sync.search_terms import comparable
from integrations.sync.sessions import open_for_reading
from mappings.canonical.record import Entity

MOST = 50


@dataclass(frozen=True)
class Spot:
    """One record at one account. `label` is what people look for there; `url` its page, "" where
    none is known."""

    connection: Connection
    key: str
    label: str = ""
    url: str = ""


@dataclass(frozen=True)
class Relative:
    """Another record that belongs to this one; `outcome` as on its own page."""

    item: InboxItem
    outcome: str


def page_of(connection: Connection, entity: str, key: str) -> str:
    """The address of the record in the system's own pages, "" where none is known."""
    session = open_for_reading(connection)
    if session.connector.record_url is None or not key:
        return ""
    return session.connector.record_url(session.account, Entity(entity), key) or ""


def spots(item: InboxItem, links: Sequence[Link], deliveries: Sequence[Delivery]) -> list[Spot]:
    """The record at its source, then on each other side. Call inside the tenant's scope."""
    source = item.connection
    found = [_spot(source, item.entity, item.key, item.number)]
    labels = {row.target_id: row.target_label for row in deliveries if row.target_label}
    for link in links:
        from_pos = link.pair.pos_id == source.pk
        there = link.pair.store if from_pos else link.pair.pos
        key = link.store_key if from_pos else link.pos_key
        found.append(_spot(there, item.entity, key, labels.pop(there.pk, "")))
    for row in deliveries:
        if row.target_id in labels:
            label = labels.pop(row.target_id)
            found.append(_spot(row.target, item.entity, row.target_key, label))
    return found


def _spot(connection: Connection, entity: str, key: str, label: str) -> Spot:
    return Spot(connection, key, label, page_of(connection, entity, key))


def relatives(item: InboxItem, deliveries: Sequence[Delivery]) -> list[Relative]:
    """An order's payments, shipments and refunds; of those, their order. In the tenant's scope."""
    if item.entity == Entity.ORDER:
        places = _of_order(item, deliveries)
    else:
        places = _needed(item, deliveries)
    latest = latest_of(dict.fromkeys(places)) if places else {}
    mine = {pk for pk in latest.values() if pk != item.pk}
    flows = list(Flow.objects.order_by("pk").values_list("pk", flat=True))
    rows = InboxItem.objects.filter(pk__in=mine).select_related("connection")
    return [Relative(row, str(row.outcome)) for row in with_outcome(rows, flows).order_by("id")]


def _of_order(item: InboxItem, deliveries: Sequence[Delivery]) -> list[Place]:
    """What names the order, by its number or by our reference for it, at an account it goes to."""
    names = {comparable(text) for text in (item.number, *(row.reference for row in deliveries))}
    there = _accounts(item)
    rows = SearchTerm.objects.filter(
        kind=TermKind.OF_ORDER, term__in=names - {""}, connection_id__in=there
    )
    return list(rows.order_by("pk").values_list("connection_id", "entity", "key")[:MOST])


def _accounts(item: InboxItem) -> set[UUID]:
    """Its own account, and those of its pairs."""
    pairs = Flow.objects.filter(source_id=item.connection_id).values_list("source_id", "target_id")
    return {item.connection_id, *(pk for pair in pairs for pk in pair)}


def _needed(item: InboxItem, deliveries: Iterable[Delivery]) -> list[Place]:
    """The records it speaks of: at its own account, or where they came from."""
    found: list[Place] = []
    for row in deliveries:
        for entity, key, *_ in row.needs:
            found.append((item.connection_id, entity, key))
            mine, other = (
                ("pos", "store")
                if row.flow.pair.pos_id == item.connection_id
                else (
                    "store",
                    "pos",
                )
            )
            links = Link.objects.filter(
                pair_id=row.flow.pair_id, entity=entity, **{f"{mine}_key": key}
            )
            found += [
                (getattr(row.flow.pair, f"{other}_id"), entity, there)
                for there in links.values_list(f"{other}_key", flat=True)
            ]
    return found
