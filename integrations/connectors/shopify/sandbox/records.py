"""The things a shop keeps. Plain data; rules live beside the operations that apply them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from integrations.connectors.shopify.sandbox.money import ZERO

# The states of stock that add up to what is on hand (incoming is not there yet).
ON_HAND = ("available", "committed", "reserved", "damaged", "quality_control", "safety_stock")


@dataclass
class Location:
    id: int
    name: str
    created_at: datetime


@dataclass
class Product:
    id: int
    title: str
    handle: str
    product_type: str
    created_at: datetime
    updated_at: datetime
    tags: list[str] = field(default_factory=list)
    variants: list[Variant] = field(default_factory=list)
    status: str = "ACTIVE"
    vendor: str = "Sandbox Goods"
    html: str = ""
    images: list[tuple[str, str]] = field(default_factory=list)
    """Address and alternative text of each, the main image first."""


@dataclass
class Variant:
    """A product variant and its inventory item, which have ids of their own."""

    id: int
    item_id: int
    product: Product
    sku: str
    barcode: str
    options: tuple[tuple[str, str], ...]
    price: Decimal
    cost: Decimal
    position: int
    created_at: datetime
    updated_at: datetime
    compare_at_price: Decimal | None = None
    tracked: bool = True
    taxable: bool = True
    requires_shipping: bool = True
    policy: str = "DENY"
    weight: tuple[float, str] = (0.0, "KILOGRAMS")
    levels: dict[int, Level] = field(default_factory=dict)

    @property
    def title(self) -> str:
        return " / ".join(value for _, value in self.options)


@dataclass
class Level:
    """Stock of one item at one location, by state."""

    variant: Variant
    location: Location
    created_at: datetime
    updated_at: datetime
    is_active: bool = True
    counts: dict[str, int] = field(default_factory=dict)

    def quantity(self, name: str) -> int:
        if name == "on_hand":
            return sum(self.counts.get(state, 0) for state in ON_HAND)
        return self.counts.get(name, 0)

    def shift(self, name: str, delta: int) -> None:
        self.counts[name] = self.counts.get(name, 0) + delta


@dataclass
class Address:
    """`owned_by`: the suffix of a customer address's global id, None for one of an order."""

    id: int
    first_name: str | None = None
    last_name: str | None = None
    company: str | None = None
    address1: str | None = None
    address2: str | None = None
    city: str | None = None
    province_code: str | None = None
    country_code: str | None = None
    zip: str | None = None
    phone: str | None = None
    owned_by: str | None = None


@dataclass
class Customer:
    id: int
    created_at: datetime
    updated_at: datetime
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    phone: str | None = None
    note: str | None = None
    tags: list[str] = field(default_factory=list)
    tax_exempt: bool = False
    locale: str = "en"
    addresses: list[Address] = field(default_factory=list)
    marketing_state: str = "NOT_SUBSCRIBED"
    marketing_level: str = "SINGLE_OPT_IN"
    marketing_at: datetime | None = None


@dataclass
class TaxLine:
    title: str
    rate: Decimal
    amount: Decimal


@dataclass
class Discount:
    """A code discount; `taken` is the money it took off the order."""

    code: str
    value: Decimal
    is_percentage: bool
    taken: Decimal


@dataclass
class LineItem:
    id: int
    variant: Variant
    sku: str
    title: str
    variant_title: str
    quantity: int
    price: Decimal
    allocated: Decimal = ZERO
    tax_lines: list[TaxLine] = field(default_factory=list)
    fulfilled: int = 0
    removed: int = 0
    returned: int = 0

    @property
    def current(self) -> int:
        """Units left after refunds: `removed` had not left the house, `returned` had."""
        return self.quantity - self.removed - self.returned

    @property
    def gross(self) -> Decimal:
        return self.price * self.quantity

    @property
    def net(self) -> Decimal:
        return self.gross - self.allocated

    @property
    def unfulfilled(self) -> int:
        return self.quantity - self.removed - self.fulfilled


@dataclass
class ShippingLine:
    id: int
    title: str
    code: str
    price: Decimal
    tax_lines: list[TaxLine] = field(default_factory=list)


@dataclass
class Transaction:
    id: int
    kind: str
    status: str
    gateway: str
    amount: Decimal
    processed_at: datetime
    parent: Transaction | None = None
    card: tuple[str, str] | None = None
    """Brand and last four digits."""


@dataclass
class FulfillmentOrderLine:
    id: int
    line: LineItem
    total: int
    remaining: int


@dataclass
class FulfillmentOrder:
    id: int
    order: Order
    location: Location
    lines: list[FulfillmentOrderLine]
    created_at: datetime
    updated_at: datetime
    status: str = "OPEN"


@dataclass
class FulfillmentLine:
    id: int
    line: LineItem
    quantity: int
    source: FulfillmentOrderLine


@dataclass
class Fulfillment:
    id: int
    name: str
    order: Order
    location: Location
    lines: list[FulfillmentLine]
    origins: list[FulfillmentOrder]
    created_at: datetime
    updated_at: datetime
    status: str = "SUCCESS"
    company: str | None = None
    numbers: list[str] = field(default_factory=list)
    urls: list[str] = field(default_factory=list)


@dataclass
class RefundLine:
    id: int
    line: LineItem
    quantity: int
    restock_type: str
    subtotal: Decimal
    tax: Decimal


@dataclass
class Refund:
    id: int
    created_at: datetime
    lines: list[RefundLine]
    transactions: list[Transaction]
    note: str | None = None
    shipping: Decimal = ZERO
    shipping_tax: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        return sum((entry.amount for entry in self.transactions), ZERO)


@dataclass
class Order:
    """`view` caches the order as GraphQL shows it; whoever changes the order calls `touch`."""

    id: int
    number: int
    token: str
    created_at: datetime
    updated_at: datetime
    currency: str
    taxes_included: bool
    customer: Customer | None
    email: str | None
    shipping_address: Address | None
    billing_address: Address | None
    lines: list[LineItem]
    shipping: ShippingLine
    discount: Discount | None = None
    phone: str | None = None
    note: str | None = None
    po_number: str | None = None
    tags: list[str] = field(default_factory=list)
    attributes: list[tuple[str, str | None]] = field(default_factory=list)
    transactions: list[Transaction] = field(default_factory=list)
    fulfillment_orders: list[FulfillmentOrder] = field(default_factory=list)
    fulfillments: list[Fulfillment] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)
    cancelled_at: datetime | None = None
    cancel_reason: str | None = None
    closed_at: datetime | None = None
    source_name: str = "web"
    source_identifier: str | None = None
    view: dict[str, Any] | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        return f"#{self.number}"

    def touch(self, moment: datetime) -> None:
        self.updated_at = moment
        self.view = None


@dataclass
class CardEntry:
    """A change of a gift card's balance; below zero for a debit."""

    id: int
    amount: Decimal
    at: datetime
    note: str | None = None


@dataclass
class GiftCard:
    """`code` in lower case."""

    id: int
    code: str
    initial: Decimal
    balance: Decimal
    created_at: datetime
    updated_at: datetime
    note: str | None = None
    entries: list[CardEntry] = field(default_factory=list)
