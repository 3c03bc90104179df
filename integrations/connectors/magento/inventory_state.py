"""What is remembered of one shop's stock between two writes, while its connection is open."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple
from weakref import WeakKeyDictionary

from integrations.connectors.magento.answers import Forbidden, NotFound
from integrations.connectors.magento.bulk import Handed
from integrations.connectors.magento.client import StoreClient
from integrations.connectors.magento.criteria import Criteria, where
from integrations.connectors.magento.inventory_levels import Level, Limit, Place
from integrations.connectors.magento.reservations import OpenOrders

_BY_CODE = (("source_code", "ASC"),)
_SOURCES_KEPT = timedelta(minutes=5)


class Source(NamedTuple):
    """A source of the shop."""

    code: str
    name: str
    is_enabled: bool


@dataclass
class StockState:
    """`limit`: levels one call may carry. `handed`: bulk loads whose end is not known yet.

    `late`: bulk loads that were given up; they may be carried out hours later, with quantities of
    then. `newest`: what was asked for while there are such loads, to be written again in that case.
    """

    open_orders: OpenOrders = field(default_factory=OpenOrders)
    limit: Limit = field(default_factory=Limit)
    handed: list[Handed] = field(default_factory=list)
    late: list[Handed] = field(default_factory=list)
    late_looked_at: datetime | None = None
    asked_at: float | None = None
    """When the shop was asked for loads of other workers, by the clock of this process."""
    newest: dict[Place, Level] = field(default_factory=dict)
    no_bulk_until: datetime | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)
    _sources: tuple[datetime, Sequence[Source]] | None = None
    _sold: tuple[datetime, frozenset[str]] | None = None

    def sources(self, client: StoreClient) -> Sequence[Source]:
        """The sources of the shop, asked for now and then."""
        now = client.now()
        with self.lock:
            if self._sources is None or now - self._sources[0] >= _SOURCES_KEPT:
                rows = client.everything("inventory/sources", Criteria(sort=_BY_CODE), store="all")
                found = [
                    Source(
                        str(row["source_code"]),
                        str(row.get("name") or ""),
                        row.get("enabled") is not False,
                    )
                    for row in rows
                ]
                self._sources = (now, found)
            return self._sources[1]

    def sold(self, client: StoreClient) -> frozenset[str]:
        """Codes of the sources whose goods the website sells: the enabled ones of its stock."""
        enabled = frozenset(one.code for one in self.sources(client) if one.is_enabled)
        now = client.now()
        with self.lock:
            if self._sold is None or now - self._sold[0] >= _SOURCES_KEPT:
                self._sold = (now, _of_stock(client, enabled))
            return self._sold[1]


def website(client: StoreClient) -> str:
    """Code of the website whose stock is kept in step."""
    found = client.shape.website_of(client.account.setting("store_view", "default"))
    return client.account.setting("website") or str((found or {}).get("code") or "base")


def _of_stock(client: StoreClient, enabled: frozenset[str]) -> frozenset[str]:
    """All of them where we may not see which stock they belong to."""
    try:
        stock = client.get(f"inventory/stock-resolver/website/{website(client)}", store="all")
        criteria = Criteria([where("stock_id", str(stock["stock_id"]))], sort=_BY_CODE)
        rows = list(client.everything("inventory/stock-source-links", criteria, store="all"))
    except (Forbidden, NotFound):
        return enabled
    return enabled.intersection(str(row["source_code"]) for row in rows)


_STATES: WeakKeyDictionary[StoreClient, StockState] = WeakKeyDictionary()
_MAKING = threading.Lock()


def state_of(client: StoreClient) -> StockState:
    """The same one as long as the client lives."""
    with _MAKING:
        return _STATES.setdefault(client, StockState())
