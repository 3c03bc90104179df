"""One sandbox account: a shop with its goods, people, keys and faults."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from integrations.connector_kit.sandbox.faults import FaultKind, Faults
from integrations.connector_kit.sandbox.journal import Journal
from integrations.connectors.magento.sandbox.access import KeyRing
from integrations.connectors.magento.sandbox.records import Attribute, Customer, Product
from integrations.connectors.magento.sandbox.routing import Call
from integrations.connectors.magento.sandbox.settings import FIRST_ID, Settings
from integrations.connectors.magento.sandbox.stock import DEFAULT_SOURCE, Stock

if TYPE_CHECKING:
    from integrations.connectors.magento.sandbox.events.office import Events
    from integrations.connectors.magento.sandbox.handshake import Exchange
    from integrations.connectors.magento.sandbox.operations import Bulks
    from integrations.connectors.magento.sandbox.sales.state import Sales

Listener = Callable[[str, int], None]


def digest(*parts: str) -> str:
    """64 hex digits that depend on `parts` alone: keys that survive a restart of the sandbox."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


@dataclass
class Shop:
    """State is changed under `lock`; rules live in the modules that serve the calls. `listeners`
    hear every event by its name and the id of what it is about."""

    settings: Settings
    public_url: str
    listeners: list[Listener] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.lock = threading.RLock()
        self._numbers: dict[str, int] = {}
        self.created_at = self.now()
        self.keys = KeyRing(self.settings)
        self.faults = Faults()
        self.journal = Journal("by_route")
        self.stock = Stock(uses_msi=self.settings.msi)
        self.products: dict[str, Product] = {}
        self._skus: dict[str, str] = {}
        self.attributes: dict[str, Attribute] = {}
        self.customers: dict[int, Customer] = {}
        self.bulks: Bulks
        self.exchange: Exchange | None = None
        self.sales: Sales
        self.events: Events
        self.is_closed = False

    @property
    def name(self) -> str:
        return self.settings.name

    @property
    def base_url(self) -> str:
        return f"{self.public_url}/stores/{self.name}"

    def now(self) -> datetime:
        """The shop's own clock, in UTC and whole seconds."""
        ahead = timedelta(seconds=self.settings.clock_skew)
        return (datetime.now(UTC) + ahead).replace(microsecond=0)

    def next_id(self, kind: str) -> int:
        """Rising numbers, one row for each kind; rows begin apart, so that an id of one kind that
        is sent in the place of another finds nothing."""
        last = self._numbers.get(kind)
        if last is None:
            chosen = self.settings
            spread = int(digest(chosen.seed, chosen.name, kind)[:8], 16) % 900
            last = 1000 * (1 + spread) + chosen.first_id - FIRST_ID
        self._numbers[kind] = last + 1
        return last + 1

    def store_codes(self) -> list[str]:
        """The store views, the default one first."""
        more = range(2, self.settings.store_views + 1)
        return ["default", *(f"view_{number}" for number in more)]

    def is_readable(self, call: Call, created_at: datetime) -> bool:
        """False while the fault "unreadable" hides what is as young as this."""
        fault = self.faults.shown(FaultKind.UNREADABLE, call.what)
        return fault is None or self.now() - created_at >= timedelta(seconds=fault.value)

    def product(self, sku: str) -> Product | None:
        """The product with this SKU; the database compares without regard to case."""
        found = self.products.get(sku)
        if found is not None:
            return found
        return self.products.get(self._skus.get(sku.lower(), ""))

    def add_product(self, product: Product) -> None:
        self.products[product.sku] = product
        self._skus[product.sku.lower()] = product.sku

    def drop_product(self, product: Product) -> None:
        self.products.pop(product.sku, None)
        self._skus.pop(product.sku.lower(), None)
        self.stock.items.pop(product.sku, None)

    def emit(self, event: str, entity_id: int) -> None:
        """Something happened, for example "sales.order.created" to the order of that id."""
        for listener in self.listeners:
            listener(event, entity_id)

    def connection_details(self) -> dict[str, Any]:
        """What a caller of the control API needs to connect to this account."""
        return {
            "base_url": self.base_url,
            "credentials": self.keys.credentials(),
            "settings": {
                "store_view": "default",
                "source_code": DEFAULT_SOURCE,
                **self.events.connection_settings(),
            },
        }
