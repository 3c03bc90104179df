"""The reservation ledger: units of web orders that the till does not know of yet.

A store lowers its own number when an order is placed; the till learns of it when the order is
delivered. In between, a number worked out from the till alone would offer the same units again. So
each order that becomes known writes down its units, in the transaction that makes its delivery, and
they are held back from every store that sells the stock of this till until the till has the order.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol
from uuid import UUID

from django.db import connection as database
from django.db.models import Q

from integrations.connector_kit.base import Notice
from integrations.models import (
    Delivery,
    DeliveryState,
    Direction,
    Flow,
    InboxItem,
    InboxState,
    Reservation,
    StockedArticle,
)
from integrations.sync import intake, links
from mappings.canonical.order import Order, OrderState
from mappings.canonical.record import Entity, Record
from tenants import scope

DIRTY = "reserved"

# The delivery is settled and carried the order.
_ARRIVED = (DeliveryState.DELIVERED, DeliveryState.UNCHANGED)
_OPEN = (DeliveryState.WAITING, DeliveryState.HELD, DeliveryState.DEAD)


class Known(Protocol):
    """An order on its way to the till: its stored delivery, and whether it was mapped."""

    @property
    def row(self) -> Delivery: ...
    @property
    def record(self) -> Record: ...
    @property
    def is_mapped(self) -> bool: ...


class _Article(Protocol):
    """Units at a till: their article there where it is linked, and its SKU."""

    @property
    def till_id(self) -> UUID: ...
    @property
    def item(self) -> str: ...
    @property
    def sku(self) -> str: ...


_Line = tuple[str, str]  # id of the article in the store, SKU


def note(known: Sequence[Known], *, now: datetime) -> None:
    """Writes down what orders that have just become known hold back. Call where they are stored."""
    orders = [
        (one.row, one.record, wanted)
        for one in known
        if isinstance(one.record, Order)
        and one.row.flow.direction == Direction.TO_POS
        and (wanted := _wanted(one, one.record)) is not None
    ]
    tills = _tills_with_stock({row.target_id for row, _, _ in orders})
    orders = [one for one in orders if one[0].target_id in tills]
    if not orders:
        return
    items = links.find_all(
        (row.flow, Entity.PRODUCT, product)
        for row, _, wanted in orders
        for product, _ in wanted
        if product
    )
    there = _locked(row for row, _, _ in orders)
    changed: dict[int, Reservation] = {}
    before: dict[int, int] = {}
    made: list[Reservation] = []
    for row, order, wanted in orders:
        mine = there.get((row.flow.pair_id, order.key), {})
        for line in {**mine, **wanted}:
            item = items.target_key(row.flow, Entity.PRODUCT, line[0])
            units = wanted.get(line, 0)
            if line in mine:
                entry = mine[line]
                before.setdefault(entry.pk, entry.in_flight)
                changed[entry.pk] = _renewed(entry, row, units, item, now=now)
            elif units:
                entry = _new(row, order, line, units, item, now=now)
                made.append(entry)
    Reservation.objects.bulk_update(
        changed.values(),
        ["units", "there", "released", "delivery_id", "item", "changed_at", "settled_at"],
    )
    Reservation.objects.bulk_create(made)
    # An order that says the same again, as when it is replayed, changes no number.
    others = [entry for pk, entry in changed.items() if entry.in_flight != before[pk]]
    mark_dirty([*others, *(entry for entry in made if entry.in_flight)], now=now)


def _wanted(one: Known, order: Order) -> Mapping[_Line, int] | None:
    """Units by article; None when the delivery says nothing that was not known."""
    row = one.row
    if row.state == DeliveryState.FILTERED and one.is_mapped:
        return None  # an older version
    is_left_out = row.state == DeliveryState.FILTERED
    units: dict[_Line, int] = {}
    if order.state is OrderState.CANCELLED or is_left_out:
        return units
    for line in order.lines:
        if line.quantity and not line.is_gift_card and (line.product_key or line.sku):
            name = (line.product_key, line.sku)
            units[name] = units.get(name, 0) + line.quantity
    return units


def _tills_with_stock(tills: Iterable[UUID]) -> set[UUID]:
    """Those whose stock some store shows."""
    wanted = set(tills)
    if not wanted:
        return wanted
    flows = Flow.objects.filter(source_id__in=wanted, entity=Entity.INVENTORY)
    return set(flows.values_list("source_id", flat=True))


def _locked(rows: Iterable[Delivery]) -> dict[tuple[UUID, str], dict[_Line, Reservation]]:
    match = Q()
    for row in rows:
        match |= Q(pair_id=row.flow.pair_id, order_key=row.key)
    found: dict[tuple[UUID, str], dict[_Line, Reservation]] = {}
    for entry in Reservation.objects.select_for_update().filter(match).order_by("pk"):
        lines = found.setdefault((entry.pair_id, entry.order_key), {})
        lines[(entry.product_key, entry.sku)] = entry
    return found


def _renewed(
    entry: Reservation, row: Delivery, units: int, item: str, *, now: datetime
) -> Reservation:
    before = entry.in_flight
    entry.units, entry.item, entry.delivery_id = units, item or entry.item, row.pk
    if row.state == DeliveryState.UNCHANGED:
        entry.there = units
    entry.changed_at = now
    _settle(entry, before=before, now=now)
    return entry


def _new(
    row: Delivery, order: Order, line: _Line, units: int, item: str, *, now: datetime
) -> Reservation:
    is_there = row.state == DeliveryState.UNCHANGED
    return Reservation(
        tenant_id=row.tenant_id,
        till_id=row.target_id,
        pair_id=row.flow.pair_id,
        order_key=order.key,
        order_number=order.number[:80],
        product_key=line[0][:191],
        sku=line[1][:191],
        item=item,
        units=units,
        there=units if is_there else 0,
        delivery_id=row.pk,
        changed_at=now,
        settled_at=now if is_there else None,
    )


def _settle(entry: Reservation, *, before: int, now: datetime) -> None:
    if entry.in_flight:
        entry.settled_at = None
    elif entry.settled_at is None:
        entry.settled_at, entry.released = now, before


def delivered(rows: Sequence[Delivery], *, now: datetime) -> None:
    """The till has these orders: its own commitments hold their units back from now on.

    A stock level that was read before still counts them; see `held_back`. Call with the outcomes.
    """
    ids = [row.pk for row in rows if row.entity == Entity.ORDER]
    if not ids:
        return
    with database.cursor() as cursor:
        cursor.execute(_DELIVERED, {"ids": ids, "tenant": scope.current(), "now": now})
        gone = [_Gone(*row) for row in cursor.fetchall()]
    mark_dirty([one for one in gone if one.was_unsettled], now=now)


class _Gone(NamedTuple):
    """Units that the till holds back itself from now on."""

    till_id: UUID
    item: str
    sku: str
    was_unsettled: bool


# What a row was before it was changed is told by its other copy only.
_DELIVERED = """
UPDATE integrations_reservation r
SET released = greatest(r.units - r.there, 0), there = r.units,
    settled_at = %(now)s, changed_at = %(now)s
FROM (
    SELECT id, settled_at IS NULL AS was_unsettled FROM integrations_reservation
    WHERE tenant_id = %(tenant)s AND delivery_id = ANY(%(ids)s) AND units <> there
    ORDER BY id FOR UPDATE
) AS was
WHERE r.tenant_id = %(tenant)s AND r.id = was.id
RETURNING r.till_id, r.item, r.sku, was.was_unsettled
"""


def settle(*, now: datetime, deliveries: Collection[int] | None = None) -> int:
    """Lets go of units whose order was delivered, left out or discarded; answers how many rows.

    What happens anyway when the outcome is kept or a record is discarded; this finds the rest, or
    looks at these deliveries alone. Call inside the tenant's scope.
    """
    unsettled = Reservation.objects.select_for_update().filter(settled_at__isnull=True)
    if deliveries is not None:
        unsettled = unsettled.filter(delivery_id__in=deliveries)
    entries = list(unsettled.order_by("pk"))
    states = dict(
        Delivery.objects.filter(pk__in={entry.delivery_id for entry in entries}).values_list(
            "pk", "state"
        )
    )
    over = []
    for entry in entries:
        state = states.get(entry.delivery_id)
        if state in _OPEN or (state == DeliveryState.REPLACED and _runs_again(entry)):
            continue
        before = entry.in_flight
        if state in _ARRIVED:
            entry.there = entry.units
        else:
            entry.units = entry.there
        entry.changed_at = now
        _settle(entry, before=before, now=now)
        over.append(entry)
    Reservation.objects.bulk_update(
        over, ["units", "there", "released", "changed_at", "settled_at"], batch_size=500
    )
    mark_dirty(over, now=now)
    return len(over)


def _runs_again(entry: Reservation) -> bool:
    """Whether the order is being replayed: its next delivery is not made yet, or points elsewhere."""
    row = Delivery.objects.select_related("inbox_item").filter(pk=entry.delivery_id).first()
    if row is None:
        return False
    return (
        row.inbox_item.state in (InboxState.WAITING, InboxState.HELD, InboxState.DEAD)
        or Delivery.objects.filter(flow=row.flow_id, key=row.key, state__in=_OPEN).exists()
        or InboxItem.objects.filter(
            connection=row.inbox_item.connection_id,
            entity=Entity.ORDER,
            key=row.key,
            state=InboxState.WAITING,
        ).exists()
    )


def mark_dirty(entries: Sequence[_Article], *, now: datetime) -> None:
    """Has the numbers of these articles worked out again, where their stock was published."""
    by_till: dict[UUID, list[_Article]] = {}
    for entry in entries:
        by_till.setdefault(entry.till_id, []).append(entry)
    for till, some in sorted(by_till.items(), key=lambda one: str(one[0])):
        keys = _keys(till, some)
        if keys:
            intake.accept(
                tenant_id=scope.current(),
                connection_id=till,
                notices=[Notice(Entity.INVENTORY, key, topic=DIRTY) for key in keys],
                now=now,
            )


def _keys(till: UUID, entries: Sequence[_Article]) -> list[str]:
    """Their ids at the till, of those whose stock was published."""
    match = Q(key__in={entry.item for entry in entries if entry.item}) | Q(
        sku__in={entry.sku for entry in entries if entry.sku and not entry.item}
    )
    found = StockedArticle.objects.filter(match, till_id=till).values_list("key", flat=True)
    return sorted(found)
