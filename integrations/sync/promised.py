"""Which web orders a stock number has been lowered by already, for a store that reserves by itself.

Some stores keep two figures: what lies there, and what open orders have reserved of it. A number
worked out here is what may be sold, so it is lowered by every order that is known: by the ledger
while the order is on its way, by the till's own commitment from then on. Such a store subtracts its
open orders once more, unless those are added to what is written, and exactly those: an order that
nobody here knows of yet must stay subtracted there.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection as database

from integrations.models import Delivery, Link, Reservation
from integrations.sync.stock_numbers import held_of
from mappings.canonical.record import Entity
from tenants import scope

Promised = Callable[[Collection[str]], Mapping[str, int | None]]


def of(row: Delivery, document: Mapping[str, Any]) -> Promised:
    """Answers for the number of this delivery, as it stands in its document.

    What was known when the number was made is kept in the document; so an order that becomes known
    while the number is on its way does not count, and the number made for that order puts it right.
    """
    tenant_id, pair_id, since = row.tenant_id, row.flow.pair_id, row.created_at
    record = document.get("record") or {}
    article = (str(record.get("key") or row.key), str(record.get("sku") or ""))
    held = held_of(document)

    def promised(orders: Collection[str]) -> Mapping[str, int | None]:
        """Units by order. Any thread may ask."""
        if not orders:
            return {}
        with scope.tenant(tenant_id):
            found = _units(pair_id, article, orders, held, since)
        database.close()
        return found

    return promised


def _units(
    pair_id: UUID,
    article: tuple[str, str],
    orders: Collection[str],
    held: Mapping[int, tuple[str, int]],
    since: datetime,
) -> dict[str, int | None]:
    found: dict[str, int | None] = {}
    in_ledger: set[str] = set()
    key, sku = article
    for row in Reservation.objects.filter(pair_id=pair_id, order_key__in=sorted(orders)):
        in_ledger.add(row.order_key)
        if not (row.item == key if row.item else row.sku == sku):
            continue
        units = _known(row, held, since)
        if units is None:
            found[row.order_key] = None
        elif units and found.get(row.order_key, 0) is not None:
            found[row.order_key] = (found.get(row.order_key) or 0) + units
    # From before the ledger was kept, or from so long ago that it was tidied: the till has it all.
    linked = Link.objects.filter(
        pair_id=pair_id,
        entity=Entity.ORDER,
        store_key__in=sorted(set(orders) - in_ledger),
    )
    return {**found, **dict.fromkeys(linked.values_list("store_key", flat=True))}


def _known(row: Reservation, held: Mapping[int, tuple[str, int]], since: datetime) -> int | None:
    """Units the number knows of: those it was lowered by, and those the till had when it was read.

    None for an order that was discarded or left out after all: it was decided that it holds nothing
    back, so all of it is offered again.
    """
    if row.settled_at is None:
        return row.there + _lowered(row, held)
    before = max(0, row.units - row.released)
    if row.pk in held:
        return before + _lowered(row, held)
    if row.settled_at > since:
        return before
    return row.units or None


def _lowered(row: Reservation, held: Mapping[int, tuple[str, int]]) -> int:
    return held[row.pk][1] if row.pk in held else 0
