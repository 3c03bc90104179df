"""Prepares a delivery: one record, validated and mapped for one flow, as a row that can be sent."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from integrations.connector_kit.errors import Rejected
from integrations.models import Delivery, DeliveryState, Flow, InboxItem
from integrations.sync import (
    discards,
    echoes,
    floors,
    history,
    incidents,
    indexing,
    links,
    merging,
    reservations,
    stock_numbers,
    stocked,
    unmapped,
)
from integrations.sync.links import Known
from integrations.sync.rulebooks import RuleBook
from integrations.sync.sessions import Session, keep_many
from integrations.sync.stages.transform import Missed, transform
from integrations.sync.stages.validate import validate
from integrations.sync.stock_numbers import HeldBack, WorkedOut
from mappings.canonical.inventory import Stock
from mappings.canonical.record import Entity, InvalidRecord, Record, Skipped


@dataclass(frozen=True)
class Route:
    """A running flow out of the lane's connection, with its target opened for reading and the
    rules it follows."""

    flow: Flow
    target: Session
    book: RuleBook
    rules_revision: int = 0


@dataclass
class Prepared:
    """The delivery row of one flow, not stored yet; `fields` are missing when it will not go."""

    route: Route
    row: Delivery
    record: Record
    fields: Mapping[str, object] | None = None
    error: Exception | None = None
    """Why it was held."""
    stock: WorkedOut | None = None
    """The arithmetic of a stock level."""
    missed: Missed = field(default_factory=list)
    """What its rules looked up in vain."""
    sources: Mapping[str, Sequence[str]] = field(default_factory=dict)
    two_way: dict[str, object] = field(default_factory=dict)
    """What is noted with the fields of a record that goes both ways (`merging`, `echoes`)."""

    @property
    def is_mapped(self) -> bool:
        """Whether it passed the rules, whatever became of it then."""
        return self.fields is not None

    @property
    def is_left_out(self) -> bool:
        """Whether the record itself is not to be carried, as it stands now.

        Stock that is not tracked any more is: its last number stands in the shop until a person
        has seen to what is held for it.
        """
        is_stock = self.row.entity == Entity.INVENTORY
        return not (self.is_mapped or is_stock) and self.row.state == DeliveryState.FILTERED

    @property
    def is_going(self) -> bool:
        return self.row.state == DeliveryState.WAITING


def prepare(
    session: Session, route: Route, item: InboxItem, record: Record, *, now: datetime
) -> Prepared:
    """The record validated and mapped for one flow. Asks nobody, not even the database."""
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
        mapping_version=route.book.label,
        due_at=now,
        created_at=now,
    )
    made = Prepared(route, row, record)
    try:
        validate(record, target=route.target)
        made.stock = _worked_out(session, route, item, record)
        rendered = transform(
            record,
            source=session,
            target=route.target,
            book=route.book,
            missed=made.missed,
            numbers=made.stock.numbers if made.stock else None,
        )
    except Skipped as error:
        _settle(row, DeliveryState.FILTERED, str(error), now=now)
        return made
    except (Rejected, InvalidRecord) as error:
        row.field, row.said, row.advice = error.field[:200], error.said[:400], error.advice[:600]
        _settle(row, DeliveryState.HELD, str(error), now=now)
        made.error = error
        return made
    row.reference = rendered.reference[:191]
    row.content_hash = rendered.content_hash
    row.needs = [
        [relation.entity.value, relation.key, relation.reference] for relation in record.relations()
    ]
    made.fields, made.sources = rendered.fields, rendered.sources
    return made


def _worked_out(
    session: Session, route: Route, item: InboxItem, record: Record
) -> WorkedOut | None:
    if not isinstance(record, Stock):
        return None
    return stock_numbers.work_out(
        record,
        source=session,
        target=route.target,
        pair_id=route.flow.pair_id,
        held_back=session.held_back or HeldBack(),
        since=stock_numbers.read_at(item),
    )


def store(session: Session, prepared: Sequence[Prepared], *, now: datetime) -> set[UUID]:
    """Writes the rows; answers the connections that have something to send now.

    Call inside the tenant's scope. May be called again after its transaction was undone.
    """
    _leave_out_idle(prepared, now=now)
    _leave_out_discarded(prepared, now=now)
    stocked.hold_untracked(session, prepared, now=now)
    going = [one for one in prepared if one.is_going]
    documents = [(f"delivery/{one.row.flow_id}/{one.record.key}", _document(one)) for one in going]
    for one, payload_id in zip(going, keep_many(session.tenant_id, documents), strict=True):
        one.row.payload_id = payload_id
    incidents.file_many(((one.row, one.error) for one in prepared), now=now)
    unmapped.note(
        (
            (one.route.flow, one.route.book, one.row, one.missed, one.error is not None)
            for one in prepared
            if one.missed
        ),
        now=now,
    )
    for one in prepared:
        one.row.pk = None
    Delivery.objects.bulk_create(one.row for one in prepared)
    history.settle_left_out([one.row for one in prepared if one.is_left_out], now=now)
    reservations.note(prepared, now=now)
    indexing.note(session, prepared, now=now)
    stocked.remember(session, prepared, now=now)
    return {one.row.target_id for one in going}


def _document(one: Prepared) -> Mapping[str, object]:
    record = one.record
    arithmetic = {"stock": one.stock.as_json()} if one.stock else {}
    return {
        **one.two_way,
        "record": record.model_dump(mode="json"),
        "fields": one.fields or {},
        **arithmetic,
        "related": [
            [relation.entity.value, relation.key]
            for relation in (*record.relations(), *record.wanted())
        ],
    }


def _leave_out_idle(prepared: Sequence[Prepared], *, now: datetime) -> None:
    """Settles what the target has already, and what speaks of a record that is not shared."""
    going = [one for one in prepared if one.is_going]
    if not going:
        return
    rows = [one.row for one in going]
    # First what is on its way: what arrives while we look is a link then, and is not missed.
    coming = _newest_waiting(rows)
    known = links.find_all(
        (row.flow, entity, key)
        for row in rows
        for entity, key in ((row.entity, row.key), *(need[:2] for need in row.needs))
    )
    together = {(row.flow.pair_id, row.entity, row.reference) for row in rows}
    _note_both_ways(going, known)
    for one in going:
        row = one.row
        idle = (
            _already_there(row, known, coming)
            if not one.two_way.get("both")
            else _is_echo(one, known, coming)
        ) or _not_ours(row, known, together)
        if idle:
            _settle(row, *idle, now=now)


def _leave_out_discarded(prepared: Sequence[Prepared], *, now: datetime) -> None:
    """Settles what a person has decided about already, also where it would be held once more."""
    asked = [one for one in prepared if one.is_going or one.row.state == DeliveryState.HELD]
    kept = discards.of_deliveries([one.row for one in asked])
    for place, reason in kept.items():
        asked[place].error = None
        _settle(asked[place].row, DeliveryState.FILTERED, reason, now=now)


def _note_both_ways(going: Sequence[Prepared], known: Known) -> None:
    """Notes with the records that go both ways what it takes to tell our own change from theirs."""
    pairs = echoes.going_both_ways({one.route.flow.pk: one.route.flow for one in going}.values())
    mine = [one for one in going if (one.row.flow.pair_id, one.row.entity) in pairs]
    for one in mine:
        if one.row.entity in echoes.STATES:
            one.two_way["both"] = merging.noted(one.route.flow, one.record, one.sources)
    new = [one for one in mine if known.of(one.row.flow, one.row.entity, one.row.key) is None]
    if new:
        unsettled = echoes.unsettled([one.row for one in new], known)
        for place, others in unsettled.items():
            new[place].two_way["unsettled"] = others


def _is_echo(
    one: Prepared, known: Known, coming: Mapping[tuple[int, str], str]
) -> tuple[DeliveryState, str] | None:
    """Whether the record says nothing that is new to the other side."""
    row = one.row
    if (row.flow_id, row.key) in coming:
        # What is on its way changes what counts as new.
        return None
    merge = merging.begun(row, {**one.two_way, "fields": one.fields or {}}, known, one.route.target)
    return merging.echo(merge) if merge else None


def _newest_waiting(rows: Sequence[Delivery]) -> dict[tuple[int, str], str]:
    """The version of the last waiting delivery by flow and key."""
    floor = min(floors.deliveries_from(target) for target in {row.target_id for row in rows})
    found = (
        Delivery.objects.filter(
            id__gte=floor,
            flow__in={row.flow_id for row in rows},
            key__in={row.key for row in rows},
            state=DeliveryState.WAITING,
        )
        .order_by("id")
        .values_list("flow_id", "key", "version")
    )
    return {(flow_id, key): version for flow_id, key, version in found}


def _already_there(
    row: Delivery, known: Known, coming: Mapping[tuple[int, str], str]
) -> tuple[DeliveryState, str] | None:
    """Whether the target has this version, or a newer one.

    Stock is always sent: the store changes its own number with every sale, so what we sent last
    says nothing of what stands there now.
    """
    if row.entity == Entity.INVENTORY:
        return _replayed(row)
    newest = coming.get((row.flow_id, row.key))
    if newest is not None:
        # What is on its way changes the target again, so what was delivered last says nothing.
        if row.version and newest > row.version:
            return DeliveryState.FILTERED, "A newer version is on its way already"
        return None
    link = known.of(row.flow, row.entity, row.key)
    if link is None:
        return None
    if echoes.is_own_fact(row.flow, link):
        return DeliveryState.FILTERED, echoes.OURS
    if row.version and link.version_of(row.flow.direction) > row.version:
        return DeliveryState.FILTERED, "A newer version was delivered before"
    if link.hash_of(row.flow.direction) == row.content_hash:
        return DeliveryState.UNCHANGED, "The target already has exactly this"
    return None


def _replayed(row: Delivery) -> tuple[DeliveryState, str] | None:
    """Whether exactly this was the last that was sent, for the same notice: it was replayed."""
    if row.inbox_item.passed_to < 2:
        return None
    last = Delivery.objects.filter(flow=row.flow, key=row.key).order_by("-id").first()
    if (
        last is not None
        and last.inbox_item_id == row.inbox_item_id
        and last.state in (DeliveryState.DELIVERED, DeliveryState.UNCHANGED)
        and last.content_hash == row.content_hash
    ):
        return DeliveryState.UNCHANGED, "The target already has exactly this"
    return None


def _not_ours(
    row: Delivery, known: Known, together: Collection[tuple[UUID, str, str]]
) -> tuple[DeliveryState, str] | None:
    """Whether the record speaks of one that neither is linked nor will be.

    `together`: pair, entity and reference of those that are stored in the same breath.
    """
    for entity, key, reference in row.needs:
        if known.of(row.flow, entity, key):
            continue
        if (row.flow.pair_id, entity, reference) in together and reference:
            continue
        if not reference and links.may_still_come(row, entity, key, now=row.created_at):
            continue
        if not links.is_coming(row.flow, entity, reference, key):
            name = reference or key
            return (
                DeliveryState.FILTERED,
                f"The {entity} {name} is not shared by this pair",
            )
    return None


def _settle(row: Delivery, state: DeliveryState, reason: str, *, now: datetime) -> None:
    row.state, row.reason, row.finished_at = state, reason[:600], now
