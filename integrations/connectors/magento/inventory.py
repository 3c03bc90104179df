"""Stock levels as a target: absolute quantities, many in one call.

A shop with sources (MSI) gets quantities by source, one without gets one quantity for each article.
What is written is not the number itself but what makes the shop offer it: see reservations.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from integrations.connector_kit.base import EntityPort, Outcome, Outgoing, Receipt, Result
from integrations.connector_kit.errors import ConnectorError, Rejected, TryLater
from integrations.connectors.magento import (
    inventory_legacy,
    inventory_levels,
    inventory_load,
    reservations,
    stock,
    survey,
)
from integrations.connectors.magento.client import StoreClient
from integrations.connectors.magento.inventory_items import Item, find_items
from integrations.connectors.magento.inventory_levels import Level, Place
from integrations.connectors.magento.inventory_settings import StockPolicy, policy_of
from integrations.connectors.magento.inventory_state import StockState, state_of
from integrations.connectors.magento.reservations import ADD_UNSHIPPED, correction, spread

BATCH_SIZE = 1000
_ROUNDS = 4

OpenUnits = Mapping[str, Mapping[str, Decimal]]


@dataclass(frozen=True)
class _Article:
    """One article to set. `at`: its place in the batch; `numbers`: what may be sold, by source."""

    at: int
    outgoing: Outgoing
    item: Item
    numbers: tuple[tuple[str, Decimal], ...]

    @property
    def sku(self) -> str:
        return self.item.sku


def write_many(client: StoreClient, batch: Sequence[Outgoing]) -> list[Result]:
    """Makes the shop offer each number, results in the order of the batch.

    Quantities are absolute, so a batch whose outcome is unknown may simply be sent again. Raises
    TryLater and NeedsOwner for the batch as a whole; a part of it may be written then.
    """
    state, policy = state_of(client), policy_of(client)
    if policy.by_source:
        inventory_load.adopt(client, state)
    inventory_load.put_right(client, state)
    results: dict[int, Result] = {}
    articles = _one_per_sku(_articles(client, state, policy, batch, results), results)
    if articles:
        _set(client, state, policy, articles, results)
    return [results[at] for at in range(len(batch))]


# --- what is asked for ----------------------------------------------------------------------------


def _articles(
    client: StoreClient,
    state: StockState,
    policy: StockPolicy,
    batch: Sequence[Outgoing],
    results: dict[int, Result],
) -> list[_Article]:
    known = {source.code for source in state.sources(client)} if policy.by_source else set()
    made = []
    for at, (outgoing, item) in enumerate(zip(batch, find_items(client, batch), strict=True)):
        if isinstance(item, ConnectorError):
            results[at] = item
            continue
        try:
            numbers = _numbers(outgoing, policy, known)
        except Rejected as refused:
            results[at] = refused
        else:
            made.append(_Article(at, outgoing, item, numbers))
    return made


def _numbers(
    outgoing: Outgoing, policy: StockPolicy, known: set[str]
) -> tuple[tuple[str, Decimal], ...]:
    rows: Sequence[Mapping[str, Any]] = outgoing.fields.get("levels") or (outgoing.fields,)
    found = []
    for row in rows:
        source = str(row.get("location_id") or policy.source)
        quantity = row.get("quantity")
        if not isinstance(quantity, int) or isinstance(quantity, bool):
            raise Rejected(
                f"quantity is {quantity!r}, a whole number was expected",
                field="quantity",
                said=str(quantity),
                advice="Map the quantity with the type integer.",
            )
        if policy.by_source and source not in known:
            raise Rejected(
                f"Magento has no source {source!r}",
                field="source_code",
                said=source,
                advice="Choose one of its sources in the settings of the Magento connection:"
                f" {', '.join(sorted(known)) or 'none'}. Then replay.",
            )
        found.append((source, Decimal(quantity)))
    if not policy.by_source:
        # It knows one place only.
        return ((policy.source, sum((units for _, units in found), Decimal(0))),)
    return tuple(found)


def _one_per_sku(articles: Sequence[_Article], results: dict[int, Result]) -> list[_Article]:
    """Leaves out articles that fight over one product."""
    groups: dict[str, list[_Article]] = {}
    for article in articles:
        groups.setdefault(article.sku, []).append(article)
    kept = []
    for sku, group in groups.items():
        keys = {one.outgoing.key for one in group}
        if len(keys) == 1:
            # The same article twice: the later one is newer, and speaks for both.
            kept.append(group[-1])
            results |= {one.at: Receipt(sku, Outcome.UNCHANGED, sku) for one in group[:-1]}
            continue
        refused = Rejected(
            f"Several articles set the stock of the Magento product {sku}",
            field="sku",
            said=", ".join(sorted(keys)),
            advice="Give each article its own product, then replay.",
        )
        results |= {one.at: refused for one in group}
    return kept


# --- writing --------------------------------------------------------------------------------------


def _set(
    client: StoreClient,
    state: StockState,
    policy: StockPolicy,
    articles: Sequence[_Article],
    results: dict[int, Result],
) -> None:
    """Writes, then looks whether an order moved meanwhile, and writes those articles again."""
    adds = policy.reservations == ADD_UNSHIPPED
    added = _corrections(state.open_orders.look(client), policy, articles) if adds else {}
    waiting = list(articles)
    for _ in range(_ROUNDS):
        written = _write(client, state, policy, waiting, added)
        results |= {one.at: written[one.sku] for one in waiting}
        if not adds:
            return
        now = _corrections(state.open_orders.look(client), policy, articles)
        waiting = [
            one
            for one in waiting
            if isinstance(written[one.sku], Receipt) and now.get(one.sku) != added.get(one.sku)
        ]
        if not waiting:
            return
        added = now
    busy = TryLater("Orders of this article keep changing in Magento.", after=5, of_record=True)
    results |= {one.at: busy for one in waiting}


def _corrections(
    units: OpenUnits, policy: StockPolicy, articles: Sequence[_Article]
) -> dict[str, Decimal]:
    found = {
        one.sku: correction(one.outgoing, units.get(one.sku, {}), reserves=policy.by_source)
        for one in articles
    }
    return {sku: change for sku, change in found.items() if change}


def _write(
    client: StoreClient,
    state: StockState,
    policy: StockPolicy,
    articles: Sequence[_Article],
    added: Mapping[str, Decimal],
) -> dict[str, Result]:
    if not policy.by_source:
        return {one.sku: _write_one(client, policy, one, added) for one in articles}
    levels = {one.sku: _levels(one, policy, added) for one in articles}
    every = [level for some in levels.values() for level in some]
    same = inventory_levels.there(client, every)
    changed = [level for level in every if level not in same]
    inventory_load.overtake(client, state, every)
    if len(changed) >= policy.bulk_threshold and not inventory_load.is_off(client, state):
        refused: Mapping[Place, ConnectorError] = inventory_load.load(client, state, changed)
    else:
        refused = inventory_levels.write(client, changed, state.limit)
    return {
        sku: next(
            (refused[level.place] for level in some if level.place in refused),
            Receipt(sku, Outcome.UNCHANGED if same.issuperset(some) else Outcome.UPDATED, sku),
        )
        for sku, some in levels.items()
    }


def _levels(article: _Article, policy: StockPolicy, added: Mapping[str, Decimal]) -> list[Level]:
    quantities = spread(article.numbers, added.get(article.sku, reservations.ZERO), policy.source)
    return [
        Level(article.sku, source, quantity, quantity > 0 or policy.stays_in_stock)
        for (source, _), quantity in zip(article.numbers, quantities, strict=True)
    ]


def _write_one(
    client: StoreClient, policy: StockPolicy, article: _Article, added: Mapping[str, Decimal]
) -> Result:
    (level,) = _levels(article, policy, added)
    try:
        outcome = inventory_legacy.write(
            client, article.sku, level.quantity, in_stock=level.in_stock
        )
    except Rejected as refused:
        return refused
    return Receipt(article.sku, outcome, article.sku)


PORT = EntityPort(
    normalise=stock.normalise,
    read=stock.read,
    write_many=write_many,
    survey=survey.survey,
    listing=survey.listing,
    count=survey.count,
    batch_size=BATCH_SIZE,
)
