"""Stock as the shop offers it: quantities less what its orders have reserved.

Inventory: Source items; Export stock salable quantities. A reservation belongs to no source, so what
is reserved is taken off the source that orders are shipped from, where it was added when written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from integrations.connector_kit.base import Account
from integrations.connector_kit.errors import NeedsOwner, Rejected
from integrations.connector_kit.payload import Payload
from integrations.connectors.magento import inventory_legacy
from integrations.connectors.magento.answers import Forbidden, NotFound
from integrations.connectors.magento.client import Row, StoreClient
from integrations.connectors.magento.criteria import Criteria, where
from integrations.connectors.magento.inventory_items import COMPOSITES, by_sku, chunks
from integrations.connectors.magento.inventory_levels import BY_PLACE, PATH
from integrations.connectors.magento.inventory_settings import StockPolicy, policy_of
from integrations.connectors.magento.inventory_state import state_of, website
from integrations.connectors.magento.rounding import rounded
from mappings.canonical.inventory import Level, Stock

ZERO = Decimal(0)
NOT_TRACKED = "Magento does not track the stock of this product"

# Such orders are not carried, so the till cannot know them; Magento keeps their goods back all the
# same. What is compared with the till leaves them out.
_WAITING = frozenset({"pending_payment", "payment_review"})


@dataclass(frozen=True)
class Offered:
    """What the shop offers of an article, by source; under "" where it gets one number only."""

    at: Mapping[str, Decimal] = field(default_factory=dict)
    is_tracked: bool = True


def normalise(payload: Payload, account: Account) -> Stock:
    """The stock that `read` put together, as ours."""
    return Stock(
        key=payload.text("sku"),
        sku=payload.text("sku"),
        tracks_stock=payload.flag("is_tracked"),
        levels=tuple(
            Level(
                location=row.maybe_text("source_code") or "",
                on_hand=row.decimal("quantity"),
                committed=row.decimal("quantity") - row.decimal("salable"),
                available=row.decimal("salable"),
            )
            for row in payload.rows("levels")
        ),
    )


def read(client: StoreClient, keys: Sequence[str]) -> dict[str, Mapping[str, Any] | None]:
    """The stock of each SKU as it is now, None for one that is gone or has none of its own."""
    there = by_sku(client, keys, "items[id,sku,type_id],total_count")
    skus = [
        sku
        for sku in keys
        if (row := there[sku].exact) is not None and row.get("type_id") not in COMPOSITES
    ]
    found = offered(client, skus)
    return {key: _as_row(key, found[key]) if key in found else None for key in keys}


def _as_row(sku: str, found: Offered) -> Mapping[str, Any]:
    return {
        "sku": sku,
        "is_tracked": found.is_tracked,
        "levels": [
            {"source_code": place, "quantity": units, "salable": units}
            for place, units in found.at.items()
        ],
    }


def offered(client: StoreClient, skus: Sequence[str]) -> dict[str, Offered]:
    """What the shop offers of each article; one whose quantity was never set is offered at none."""
    policy = policy_of(client)
    if not skus:
        return {}
    if not policy.by_source:
        return _without_sources(client, policy, skus)
    rows: dict[str, dict[str, Decimal]] = {sku: {} for sku in skus}
    for row in _rows(client, PATH, skus, BY_PLACE):
        sku = str(row.get("sku"))
        if sku in rows:
            rows[sku][str(row["source_code"])] = _counting(row)
    kept_back = _kept_back(client, policy, rows)
    return {sku: _by_place(client, policy, rows[sku], kept_back[sku]) for sku in skus}


def _counting(row: Row) -> Decimal:
    """An article that is out of stock at a source is not sold from there, whatever lies there."""
    return rounded(row.get("quantity") or 0) if row.get("status", 1) else ZERO


def _by_place(
    client: StoreClient, policy: StockPolicy, at: Mapping[str, Decimal], kept_back: Decimal
) -> Offered:
    if not client.account.setting("location_map"):
        return Offered({"": at.get(policy.source, ZERO) - kept_back})
    found = dict(at)
    if kept_back:
        is_home = policy.source in found or not found
        home = policy.source if is_home else max(found, key=lambda code: found[code])
        found[home] = found.get(home, ZERO) - kept_back
    return Offered(found)


def _kept_back(
    client: StoreClient, policy: StockPolicy, rows: Mapping[str, Mapping[str, Decimal]]
) -> dict[str, Decimal]:
    """Units that are reserved, less those of orders that nobody carries."""
    book = state_of(client).open_orders
    units = book.look(client)
    states = book.states()
    salable = _salable(client, list(rows))
    sold = state_of(client).sold(client)
    found = {}
    for sku, at in rows.items():
        orders = units.get(sku, {})
        waiting = _waiting(orders, states)
        if sku in salable:
            lying = sum((count for code, count in at.items() if code in sold), ZERO)
            reserved = lying - salable[sku]
        else:
            reserved = sum(orders.values(), ZERO)
        found[sku] = reserved - waiting
    return found


def _waiting(orders: Mapping[str, Decimal], states: Mapping[str, str]) -> Decimal:
    return sum((left for key, left in orders.items() if states.get(key) in _WAITING), ZERO)


def _salable(client: StoreClient, skus: Sequence[str]) -> dict[str, Decimal]:
    """What the shop itself says may be sold, of the articles it tells of.

    Nothing where it lacks the call or does not let us; then open orders tell what is reserved.
    """
    path = f"inventory/export-stock-salable-qty/website/{website(client)}"
    try:
        rows = _rows(client, path, skus, (("sku", "ASC"),))
    except (Forbidden, NotFound):
        return {}
    return {str(row["sku"]): rounded(row["qty"]) for row in rows if row.get("qty") is not None}


def _rows(
    client: StoreClient, path: str, skus: Iterable[str], sort: Sequence[tuple[str, str]]
) -> list[Row]:
    found: list[Row] = []
    for some in chunks(list(skus)):
        condition = "eq" if len(some) == 1 else "in"
        criteria = Criteria([where("sku", ",".join(some), condition)], sort=sort)
        found += client.everything(path, criteria, store="all")
    return found


def _without_sources(
    client: StoreClient, policy: StockPolicy, skus: Sequence[str]
) -> dict[str, Offered]:
    """One call for each article: there is no list of them."""
    book = state_of(client).open_orders
    units, states = book.look(client), book.states()
    found = {}
    for sku in skus:
        row = _single(client, sku)
        if row is None:
            continue
        waiting = _waiting(units.get(sku, {}), states)
        place = policy.source if client.account.setting("location_map") else ""
        quantity = rounded(row.get("qty") or 0) + waiting
        found[sku] = Offered({place: quantity}, inventory_legacy.is_tracked(row))
    return found


def _single(client: StoreClient, sku: str) -> Row | None:
    try:
        return inventory_legacy.read(client, sku)
    except NeedsOwner:
        raise
    except Rejected:
        return None
