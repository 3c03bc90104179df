"""What lies where, and what is promised: sources, source items and reservations.

With MSI an order reserves (a negative reservation), a shipment takes from a source and writes the
opposite reservation; salable = sum of the sources + reservations. Without it placing an order takes
from the one stock at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from integrations.connector_kit.sandbox.ordering import NothingLeft

DEFAULT_SOURCE = "default"
DEFAULT_STOCK = 1
WEBSITE_CODE = "base"
ZERO = Decimal(0)


class OutOfStock(NothingLeft):
    """More was wanted than may be sold."""

    def __init__(self, sku: str) -> None:
        super().__init__(f"Not enough of {sku} is left")
        self.sku = sku


@dataclass
class Source:
    """`details`: address and contact as they were written."""

    code: str
    name: str
    is_enabled: bool = True
    details: dict[str, object] = field(default_factory=dict)


@dataclass
class SourceItem:
    """Stock of one article at one source; status 1 in stock, 0 out of stock."""

    sku: str
    source_code: str
    quantity: Decimal
    status: int


@dataclass
class StockGroup:
    """What Magento calls a stock: sources in their order, for the websites that sell from them."""

    id: int
    name: str
    source_codes: list[str]
    website_codes: list[str]


@dataclass(frozen=True)
class Reservation:
    """`quantity` below zero holds goods back, above zero gives them free; `order` is an entity id."""

    sku: str
    quantity: Decimal
    order: int
    event: str


class Stock:
    """All stock of one shop. The caller holds the shop's lock."""

    def __init__(self, *, uses_msi: bool) -> None:
        self.uses_msi = uses_msi
        self.sources: dict[str, Source] = {}
        self.stocks = {
            DEFAULT_STOCK: StockGroup(
                DEFAULT_STOCK, "Default Stock", [DEFAULT_SOURCE], [WEBSITE_CODE]
            )
        }
        self.items: dict[str, dict[str, SourceItem]] = {}
        self.reservations: list[Reservation] = []
        self._promised: dict[str, Decimal] = {}

    def on_hand(self, sku: str, source: str = DEFAULT_SOURCE) -> Decimal:
        found = self.items.get(sku, {}).get(source)
        return found.quantity if found is not None else ZERO

    def reserved(self, sku: str) -> Decimal:
        """The sum of the reservations: below zero while goods are promised."""
        return self._promised.get(sku, ZERO)

    def of_website(self) -> StockGroup:
        """The stock that the website sells from."""
        for group in self.stocks.values():
            if WEBSITE_CODE in group.website_codes:
                return group
        return self.stocks[DEFAULT_STOCK]

    def salable(self, sku: str, group: StockGroup | None = None) -> Decimal:
        """What a buyer may still order: enabled sources that are in stock, and reservations.
        Reservations are the website's, so another stock has none."""
        chosen = group or self.of_website()
        lying = sum(
            (
                item.quantity
                for code, item in self.items.get(sku, {}).items()
                if item.status and code in chosen.source_codes and self.sources[code].is_enabled
            ),
            ZERO,
        )
        return lying + self.reserved(sku) if chosen is self.of_website() else lying

    def put(
        self, sku: str, source: str, quantity: Decimal, status: int | None = None
    ) -> SourceItem:
        """Sets one source's quantity; without a status it is in stock when there is any."""
        shown = int(quantity > 0) if status is None else status
        made = SourceItem(sku, source, quantity, shown)
        self.items.setdefault(sku, {})[source] = made
        return made

    def drop(self, sku: str, source: str) -> bool:
        return self.items.get(sku, {}).pop(source, None) is not None

    def reserve(self, sku: str, qty: Decimal, order: int) -> None:
        """An order is placed. Raises OutOfStock."""
        if self.salable(sku) < qty:
            raise OutOfStock(sku)
        self._promise(sku, -qty, order, "order_placed")

    def release(self, sku: str, qty: Decimal, order: int, event: str = "order_canceled") -> None:
        """What was reserved and never left: the order is cancelled or refunded before shipping."""
        self._promise(sku, qty, order, event)

    def deduct(self, sku: str, qty: Decimal, source_code: str, order: int = 0) -> None:
        """A shipment takes goods from a source; the order's reservation is made good. The source
        may go below zero, as it does when somebody counted wrong."""
        if not self.uses_msi:
            return
        self._move(sku, source_code, -qty)
        self._promise(sku, qty, order, "shipment_created")

    def put_back(self, sku: str, qty: Decimal, source_code: str = DEFAULT_SOURCE) -> None:
        """Goods that had left are on the shelf again."""
        self._move(sku, source_code if self.uses_msi else DEFAULT_SOURCE, qty)

    def _promise(self, sku: str, qty: Decimal, order: int, event: str) -> None:
        if not self.uses_msi:
            self._move(sku, DEFAULT_SOURCE, qty)
            return
        self.reservations.append(Reservation(sku, qty, order, event))
        self._promised[sku] = self.reserved(sku) + qty

    def _move(self, sku: str, source: str, qty: Decimal) -> None:
        found = self.items.get(sku, {}).get(source)
        if found is None:
            self.put(sku, source, qty)
            return
        found.quantity += qty
        found.status = int(found.quantity > 0)
