"""Works out the numbers that are published: settings, safety stock and what is in flight.

What is in flight is looked up before the till is asked for its stock. So an order that reaches the
till meanwhile counts twice for a moment, never not at all, and its articles are read again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Protocol
from uuid import UUID

from django.db.models import Count, Max, Q

from integrations.connector_kit.errors import Rejected
from integrations.connector_kit.location_table import location_map
from integrations.models import InboxItem, Pair, Reservation, SafetyStock
from integrations.sync.sessions import Session
from mappings.canonical.inventory import Stock
from mappings.canonical.record import Entity
from mappings.engine.stock import InFlight, Number, StockRules, numbers

ALL = "*"
# Records that carry the stock they were read with, those of a backfill, note when that was by the
# clock of a host. Clocks of hosts may differ by so much.
CLOCKS = timedelta(seconds=5)

Held = Mapping[int, tuple[str, int]]
"""By row of the ledger: the order's number, and its units."""

Safety = Mapping[tuple[UUID, str], Mapping[str, Decimal]]
"""By pair and SKU ("*" for all): units by location ("" for all)."""


class Read(Protocol):
    """A notice, with the record as it came or None while it must be fetched."""

    @property
    def item(self) -> InboxItem: ...
    @property
    def raw(self) -> Mapping[str, Any] | None: ...


@dataclass(frozen=True)
class Entry:
    """An open row of the ledger, or one that was settled lately."""

    pk: int
    item: str
    sku: str
    order: str
    units: int
    settled_at: datetime | None


@dataclass(frozen=True)
class HeldBack:
    """What one till's stock is held back by, as it stood before the till was asked."""

    entries: Sequence[Entry] = ()
    safety: Safety = field(default_factory=dict)
    safety_stamp: object = None

    def of(self, stock: Stock, *, since: datetime | None) -> dict[int, tuple[str, int]]:
        """What holds this article back; also what was settled after `since`, if that is given."""
        return {
            one.pk: (one.order, one.units)
            for one in self.entries
            if (one.item == stock.key if one.item else one.sku == stock.sku)
            and (one.settled_at is None or (since is not None and one.settled_at > since))
        }


@dataclass(frozen=True)
class WorkedOut:
    """The numbers of one article for one target, and the rows of the ledger in them."""

    numbers: Sequence[Number]
    held: Held

    def as_json(self) -> dict[str, Any]:
        """What a delivery's document keeps: the arithmetic of each number."""
        return {
            "numbers": [one.as_json() for one in self.numbers],
            "held": {str(pk): list(one) for pk, one in self.held.items()},
        }


def before_reading(session: Session, received: Sequence[Read]) -> HeldBack | None:
    """What is held back right now, None when no stock is among the notices.

    Call inside the tenant's scope, before any of them is fetched.
    """
    stock = [one for one in received if one.item.entity == Entity.INVENTORY]
    if not stock:
        return None
    read_at = [one.item.occurred_at for one in stock if one.raw is not None]
    since = min((at for at in read_at if at is not None), default=None)
    return now_held(session, since=since)


def now_held(session: Session, *, since: datetime | None = None) -> HeldBack:
    """What holds the till's stock back; with `since` also what was settled after it."""
    entries = held_entries(session, since=since)
    pairs = list(Pair.objects.filter(pos=session.connection).values_list("pk", flat=True))
    safety, stamp = _safety(pairs, known=session.held_back)
    return HeldBack(entries, safety, stamp)


def held_entries(session: Session, *, since: datetime | None = None) -> list[Entry]:
    """The rows of the ledger in it, without safety stock, of which there may be a lot."""
    match = Q(settled_at__isnull=True)
    if since is not None:
        match |= Q(settled_at__gt=since - CLOCKS)
    rows = Reservation.objects.filter(match, till=session.connection)
    return [_entry(row) for row in rows.order_by("pk")]


def _entry(row: Reservation) -> Entry:
    units = row.in_flight if row.settled_at is None else row.released
    order = row.order_number or row.order_key
    return Entry(row.pk, row.item, row.sku, order, units, row.settled_at)


def _safety(pairs: Sequence[UUID], *, known: HeldBack | None) -> tuple[Safety, object]:
    """Read again only when it has changed: there may be a row for every article."""
    rows = SafetyStock.objects.filter(pair__in=pairs)
    found = rows.aggregate(count=Count("pk"), at=Max("changed_at"), last=Max("pk"))
    stamp = (tuple(map(str, pairs)), found["count"], found["at"], found["last"])
    if known is not None and known.safety_stamp == stamp:
        return known.safety, stamp
    return _by_article(rows.values_list("pair_id", "sku", "location", "units")), stamp


def _by_article(rows: Iterable[tuple[UUID, str, str, Decimal]]) -> Safety:
    made: dict[tuple[UUID, str], dict[str, Decimal]] = {}
    for pair, sku, location, units in rows:
        made.setdefault((pair, sku), {})[location] = units
    return made


def read_at(item: InboxItem) -> datetime | None:
    """When the stock was read that the notice carries; None when it is read now."""
    if item.payload_id is None or item.occurred_at is None:
        return None
    return item.occurred_at - CLOCKS


def work_out(
    stock: Stock,
    *,
    source: Session,
    target: Session,
    pair_id: UUID,
    held_back: HeldBack,
    since: datetime | None = None,
    also: Held | None = None,
) -> WorkedOut:
    """The numbers of the article. `also`: what else holds it back. Raises Rejected.

    `since`: when the stock was read, where that was before `held_back` was looked up.
    """
    held = _merged(held_back.of(stock, since=since), also or {})
    rules = StockRules(
        counting=frozenset(_words(source.account.setting("stock_locations"))),
        places=location_map(target.account.setting("location_map")),
        home=source.account.setting("location_id"),
        safety=_safety_of(stock, source, pair_id, held_back.safety),
        in_flight=tuple(InFlight(order, Decimal(units)) for order, units in held.values()),
    )
    return WorkedOut(numbers(stock, rules), held)


def held_of(document: Mapping[str, Any]) -> Held:
    """What the number of a stored delivery is lowered by, as `WorkedOut.as_json` kept it."""
    kept = (document.get("stock") or {}).get("held") or {}
    return {int(pk): (str(order), int(units)) for pk, (order, units) in kept.items()}


def _merged(one: Held, other: Held) -> dict[int, tuple[str, int]]:
    return {
        pk: max((found[pk] for found in (one, other) if pk in found), key=lambda entry: entry[1])
        for pk in sorted({*one, *other})
    }


def _safety_of(
    stock: Stock, source: Session, pair_id: UUID, safety: Safety
) -> Mapping[str, Decimal]:
    """The most precise row counts: of the article before all, of a place before every place."""
    usual = source.account.setting("safety_stock", "0")
    try:
        everywhere = max(Decimal(0), Decimal(usual))
    except InvalidOperation:
        raise Rejected(
            f"Safety stock is {usual!r}, a number of units was expected",
            field="safety_stock",
            said=usual,
            advice=f"Correct it in the settings of {source.connection.name}, then replay.",
        ) from None
    return {
        "": everywhere,
        **safety.get((pair_id, ALL), {}),
        **safety.get((pair_id, stock.sku), {}),
    }


def _words(setting: str) -> list[str]:
    return [word.strip() for word in setting.split(",") if word.strip()]
