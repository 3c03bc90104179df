"""Reconciles the payments of a day: both sides read, compared order by order, kept for the page.

What counts is what each order has received by now, not when it was entered: a payment taken before
midnight in the store may be recorded after midnight at the till.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db import connection as database
from django.db import transaction

from integrations.connector_kit.base import Notice
from integrations.connector_kit.errors import ConnectorError
from integrations.connector_kit.money import MoneyPort, Movement, OrderMoney
from integrations.connector_kit.registry import get
from integrations.models import Link, Pair, ReconciledOrder, Reconciliation, Verdict
from integrations.sync import intake
from integrations.sync.sessions import Session, open_session
from mappings.canonical.record import Entity
from tenants import scope

ZERO = Decimal(0)
BOOK = "book"
_MOST_PAGES = 2000


class CannotReconcile(ValueError):
    """The payments of this pair cannot be compared; the message says why."""


@dataclass
class _Side:
    """One side's day: its movements by order, and what the orders have received."""

    rows: list[Movement] = field(default_factory=list)
    orders: dict[str, OrderMoney] = field(default_factory=dict)
    by_order: dict[str, list[Movement]] = field(default_factory=dict)

    def add(self, rows: Sequence[Movement]) -> None:
        self.rows += rows
        for row in rows:
            self.by_order.setdefault(row.order_key, []).append(row)

    def keys(self) -> list[str]:
        return [key for key in self.by_order if key]

    def of(self, key: str) -> list[Movement]:
        return self.by_order.get(key, []) if key else []


def can_reconcile(pair: Pair) -> bool:
    """Whether both systems tell their money. Asks nobody."""
    return all(get(side.connector).money is not None for side in (pair.pos, pair.store))


def reconcile(*, pair: Pair, day: date, now: datetime) -> Reconciliation:
    """Compares the day anew and keeps the result. Call outside any scope: both systems are asked.

    A system that cannot be asked is named in `problem`. Raises CannotReconcile when one of them
    never can. With the setting payment_mismatch on "book", payments that the point of sale lacks
    are sent again.
    """
    with scope.tenant(pair.tenant_id):
        if not can_reconcile(pair):
            raise CannotReconcile(f"One system of {pair.name} does not tell its payments.")
        pos, store = open_session(pair.pos), open_session(pair.store)
    if not database.in_atomic_block:
        # The pool gets the connection back while we wait for the network.
        database.close()
    zone = ZoneInfo("UTC")
    try:
        zone = _zone(store)
        start, end = _span(day, zone)
        there, here = _read(store, start, end), _read(pos, start, end)
        links = _links(pair, there.keys(), here.keys())
        _read_orders(store, there, [*there.keys(), *links.by_pos.values()])
        _read_orders(pos, here, list(links.by_store.values()))
    except ConnectorError as error:
        return _failed(pair, day, zone, error.message, now=now)
    rows = _compare(there, here, links)
    again = _again(pos, there, rows)
    return _keep(pair, day, zone, (there, here), rows, again, now=now)


def today_of(pair: Pair, *, now: datetime) -> date:
    """The day it is at the store, as far as known."""
    last = Reconciliation.objects.filter(pair=pair).order_by("-day").first()
    return now.astimezone(zone_named(last.zone if last else "UTC")).date()


def zone_named(name: str) -> ZoneInfo:
    """The zone of that name, UTC when nobody here knows it."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


# --- reading ---------------------------------------------------------------------------------------


def _port(session: Session) -> MoneyPort:
    port = session.connector.money
    assert port is not None  # noqa: S101 - the caller looked
    return port


def _zone(store: Session) -> ZoneInfo:
    asked = _port(store).zone
    return zone_named(asked(store.client)) if asked else ZoneInfo("UTC")


def _span(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """From midnight to midnight there; 23 or 25 hours when the clocks change."""
    return (
        datetime.combine(day, time(), zone),
        datetime.combine(day + timedelta(days=1), time(), zone),
    )


def _read(session: Session, start: datetime, end: datetime) -> _Side:
    found = _Side()
    seen: set[str] = set()
    cursor = ""
    for _ in range(_MOST_PAGES):
        page = _port(session).movements(session.client, start, end, cursor)
        # An order that changes while it is read may come up on two pages.
        found.add([row for row in page.rows if row.key not in seen])
        seen.update(row.key for row in page.rows)
        cursor = page.cursor
        if not cursor:
            break
    return found


def _read_orders(session: Session, side: _Side, keys: Iterable[str]) -> None:
    wanted = list(dict.fromkeys(keys))
    if wanted:
        side.orders.update(_port(session).orders(session.client, wanted))


@dataclass(frozen=True)
class _Links:
    by_store: Mapping[str, str]
    by_pos: Mapping[str, str]


def _links(pair: Pair, store_keys: Sequence[str], pos_keys: Sequence[str]) -> _Links:
    with scope.tenant(pair.tenant_id):
        rows = Link.objects.filter(pair=pair, entity=Entity.ORDER.value)
        found = [
            *rows.filter(store_key__in=store_keys).values_list("store_key", "pos_key"),
            *rows.filter(pos_key__in=pos_keys).values_list("store_key", "pos_key"),
        ]
    if not database.in_atomic_block:
        database.close()
    return _Links(dict(found), {pos: store for store, pos in found})


# --- comparing -------------------------------------------------------------------------------------


def _compare(there: _Side, here: _Side, links: _Links) -> list[ReconciledOrder]:
    """A row for each order with money on that day on either side, differences first."""
    entered = (links.by_pos[key] for key in here.by_order if key in links.by_pos)
    keys = dict.fromkeys([*there.keys(), *entered])
    rows = [_row(key, links.by_store.get(key, ""), there, here) for key in keys]
    rows.sort(key=lambda row: (row.verdict == Verdict.AGREES, row.number))
    for place, row in enumerate(rows):
        row.place = place
    return rows


def _row(store_key: str, pos_key: str, there: _Side, here: _Side) -> ReconciledOrder:
    store, pos = there.orders.get(store_key), here.orders.get(pos_key)
    moved, booked = there.of(store_key), here.of(pos_key)
    return ReconciledOrder(
        verdict=_verdict(store, pos),
        number=(store.number if store else pos.number if pos else store_key)[:80],
        store_key=store_key,
        pos_key=pos_key,
        store_methods=_methods(moved),
        pos_methods=_methods(booked),
        store_day=_sum(moved),
        pos_day=_sum(booked),
        store_received=store.received if store else None,
        pos_received=pos.received if pos else None,
        store_state=(store.state if store else "")[:40],
        pos_state=(pos.state if pos else "")[:40],
    )


def _verdict(store: OrderMoney | None, pos: OrderMoney | None) -> Verdict:
    if store is None:
        return Verdict.GONE
    if pos is None:
        return Verdict.MISSING
    # An order that came after some of its refunds was entered without what had gone back by then.
    if store.received - pos.received in _sums((store.refunded,), store.refunds):
        return Verdict.AGREES
    return Verdict.LESS if pos.received < store.received else Verdict.MORE


def _sums(known: Iterable[Decimal], amounts: Sequence[Decimal]) -> set[Decimal]:
    """All sums that some of the amounts come to. An order seldom has more than a few refunds."""
    found = {ZERO, *known}
    for amount in amounts[:12]:
        found |= {one + amount for one in found}
    return found


def _sum(rows: Iterable[Movement]) -> Decimal:
    return sum((row.amount for row in rows), ZERO)


def _methods(rows: Iterable[Movement]) -> str:
    return ", ".join(dict.fromkeys(row.method for row in rows if row.method))[:200]


def _totals(side: str, rows: Sequence[Movement]) -> list[dict[str, Any]]:
    """Sums by method; amounts as text, so that no cent is lost in JSON."""
    counts = Counter(row.method for row in rows)
    return [
        {
            "side": side,
            "method": method,
            "count": counts[method],
            "came": str(_sum(row for row in rows if row.method == method and row.amount > 0)),
            "went": str(-_sum(row for row in rows if row.method == method and row.amount < 0)),
        }
        for method in sorted(counts)
    ]


# --- keeping ---------------------------------------------------------------------------------------


def _again(pos: Session, there: _Side, rows: Sequence[ReconciledOrder]) -> list[Notice]:
    """The payments to be sent again, where the settings say so. Each is written once at most."""
    if pos.account.setting("payment_mismatch", "report") != BOOK:
        return []
    return [
        Notice(Entity.PAYMENT, movement.key, topic="reconciliation")
        for row in rows
        if row.verdict == Verdict.LESS
        for movement in there.of(row.store_key)
        if movement.amount > 0
    ]


def _keep(
    pair: Pair,
    day: date,
    zone: ZoneInfo,
    sides: tuple[_Side, _Side],
    rows: Sequence[ReconciledOrder],
    again: Sequence[Notice],
    *,
    now: datetime,
) -> Reconciliation:
    there, here = sides
    with scope.tenant(pair.tenant_id), transaction.atomic():
        # Two people may ask for one day at once; the later one replaces the earlier one.
        Pair.objects.select_for_update(of=("self",)).get(pk=pair.pk)
        kept = _fresh(pair, day, zone, now=now)
        kept.totals = [*_totals("store", there.rows), *_totals("pos", here.rows)]
        kept.orders = len(rows)
        kept.differing = sum(row.verdict != Verdict.AGREES for row in rows)
        kept.sent_again = len(again)
        kept.save()
        for row in rows:
            row.tenant_id, row.reconciliation = pair.tenant_id, kept
        ReconciledOrder.objects.bulk_create(rows, batch_size=1000)
        if again:
            intake.accept(
                tenant_id=pair.tenant_id, connection_id=pair.store_id, notices=again, now=now
            )
    return kept


def _failed(
    pair: Pair, day: date, zone: ZoneInfo, problem: str, *, now: datetime
) -> Reconciliation:
    """A day that could not be compared keeps what was known of it, with the reason."""
    with scope.tenant(pair.tenant_id):
        kept = Reconciliation.objects.filter(pair=pair, day=day).first()
        if kept is None:
            kept = Reconciliation(
                tenant_id=pair.tenant_id, pair=pair, day=day, zone=zone.key, compared_at=now
            )
        kept.problem = problem[:600]
        kept.save()
    return kept


def _fresh(pair: Pair, day: date, zone: ZoneInfo, *, now: datetime) -> Reconciliation:
    Reconciliation.objects.filter(pair=pair, day=day).delete()
    return Reconciliation(
        tenant_id=pair.tenant_id, pair=pair, day=day, zone=zone.key, compared_at=now
    )
