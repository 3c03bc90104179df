"""What a shop keeps of its sales. Plain data; rules live beside the operations that apply them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from integrations.connectors.magento.sandbox.sales.amounts import Amounts
from integrations.connectors.magento.sandbox.sales.gift_cards import UsedCard

NONE = Decimal(0)


@dataclass
class OrderAddress:
    """An address as the order keeps it, whatever the customer changes later."""

    id: int
    kind: str
    firstname: str
    lastname: str
    street: list[str]
    city: str
    postcode: str
    country_id: str
    telephone: str
    email: str
    region: str = ""
    region_code: str = ""
    region_id: int = 0
    company: str = ""
    customer_address_id: int | None = None


@dataclass
class Item:
    """A row of an order. `calculates_children` and `ships_separately` are the two ways a bundle can
    be set up; `per_parent`: units of a child in one unit of its parent."""

    id: int
    quote_item_id: int
    sku: str
    name: str
    product_id: int
    product_type: str
    ordered: Decimal
    amounts: Amounts
    weight: Decimal = NONE
    tax_percent: Decimal | None = None
    discount_percent: Decimal = NONE
    rule_ids: str = ""
    parent: Item | None = None
    children: list[Item] = field(default_factory=list)
    per_parent: Decimal = Decimal(1)
    calculates_children: bool = False
    ships_separately: bool = False
    is_virtual: bool = False
    option: dict[str, Any] | None = None
    stock_sku: str = ""
    """The SKU whose stock the row takes; "" when a child takes it."""
    invoiced: Decimal = NONE
    shipped: Decimal = NONE
    refunded: Decimal = NONE
    canceled: Decimal = NONE
    tax_canceled: Decimal = NONE
    reserved: Decimal = NONE
    """Units of stock that are reserved and neither shipped nor given back."""

    @property
    def is_dummy(self) -> bool:
        """Whether the row carries no money of its own: a configurable's child, a dynamic bundle."""
        if self.children:
            return self.calculates_children
        return self.parent is not None and not self.parent.calculates_children

    @property
    def is_ship_dummy(self) -> bool:
        """Whether the row is not shipped for itself but with its parent or its children."""
        if self.children:
            return self.ships_separately
        return self.parent is not None and not self.parent.ships_separately

    @property
    def to_invoice(self) -> Decimal:
        return NONE if self.is_dummy else max(self.ordered - self.invoiced - self.canceled, NONE)

    @property
    def to_refund(self) -> Decimal:
        return NONE if self.is_dummy else max(self.invoiced - self.refunded, NONE)

    @property
    def unshipped(self) -> Decimal:
        return max(self.ordered - self.shipped - self.refunded - self.canceled, NONE)

    @property
    def to_ship(self) -> Decimal:
        return NONE if self.is_ship_dummy or self.is_virtual else self.unshipped

    @property
    def to_cancel(self) -> Decimal:
        """What neither money nor goods have moved for."""
        if self.is_virtual:
            return self.to_invoice
        return min(self.ordered - self.invoiced - self.canceled, self.unshipped)


@dataclass
class Payment:
    id: int
    method: str
    title: str
    amounts: Amounts
    card: tuple[str, str] | None = None
    """Brand code and last four digits."""
    last_trans_id: str = ""
    is_online: bool = False


@dataclass
class Comment:
    """Of an order (then with its status) or of an invoice, a shipment or a credit memo."""

    id: int
    created_at: datetime
    text: str | None
    status: str = ""
    entity_name: str = "order"
    is_notified: bool = False
    is_visible: bool = False


@dataclass
class DocumentItem:
    """A row of an invoice, a shipment or a credit memo."""

    id: int
    item: Item
    qty: Decimal
    amounts: Amounts = field(default_factory=Amounts)


@dataclass
class Invoice:
    """`state`: 1 open, 2 paid, 3 canceled."""

    id: int
    increment_id: str
    order: Order
    created_at: datetime
    updated_at: datetime
    items: list[DocumentItem]
    amounts: Amounts
    state: int = 2
    transaction_id: str = ""
    comments: list[Comment] = field(default_factory=list)
    extension: Amounts = field(default_factory=Amounts)
    is_used_for_refund: bool = False


@dataclass
class Track:
    id: int
    created_at: datetime
    number: str
    title: str
    carrier_code: str
    description: str = ""
    weight: Decimal = NONE
    qty: Decimal = NONE


@dataclass
class Shipment:
    id: int
    increment_id: str
    order: Order
    created_at: datetime
    updated_at: datetime
    items: list[DocumentItem]
    source_code: str
    tracks: list[Track] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)


@dataclass
class CreditMemo:
    """`state`: 1 open, 2 refunded, 3 canceled."""

    id: int
    increment_id: str
    order: Order
    created_at: datetime
    updated_at: datetime
    items: list[DocumentItem]
    amounts: Amounts
    invoice: Invoice | None = None
    state: int = 2
    is_online: bool = False
    transaction_id: str = ""
    comments: list[Comment] = field(default_factory=list)
    extension: Amounts = field(default_factory=Amounts)


@dataclass
class Transaction:
    """Of a payment gateway. `kind`: payment, order, authorization, capture, void or refund."""

    id: int
    order: Order
    txn_id: str
    kind: str
    created_at: datetime
    parent: Transaction | None = None
    is_closed: bool = False
    information: list[str] = field(default_factory=list)


@dataclass
class Order:
    """`view` caches the order as REST shows it; whoever changes the order calls `touch`."""

    id: int
    increment_id: str
    quote_id: int
    protect_code: str
    created_at: datetime
    updated_at: datetime
    state: str
    status: str
    email: str
    firstname: str
    lastname: str
    customer_id: int | None
    items: list[Item]
    amounts: Amounts
    payment: Payment
    billing: OrderAddress
    shipping: OrderAddress | None
    shipping_method: str
    shipping_title: str
    own_currency: str
    base_currency: str
    rate: Decimal
    tax_rate: Decimal = NONE
    shipping_tax_rate: Decimal = NONE
    taxes_included: bool = False
    coupon: str = ""
    note: str | None = None
    cards: list[UsedCard] = field(default_factory=list)
    extension: Amounts = field(default_factory=Amounts)
    history: list[Comment] = field(default_factory=list)
    held_state: str = ""
    held_status: str = ""
    ext_order_id: str | None = None
    ext_customer_id: str | None = None
    attributes: dict[str, Any] = field(default_factory=dict)
    """Custom attributes a client wrote by POST /V1/orders."""
    invoices: list[Invoice] = field(default_factory=list)
    shipments: list[Shipment] = field(default_factory=list)
    memos: list[CreditMemo] = field(default_factory=list)
    transactions: list[Transaction] = field(default_factory=list)
    stock_id: int = 1
    view: dict[str, Any] | None = field(default=None, repr=False)

    @property
    def is_virtual(self) -> bool:
        return self.shipping is None

    def touch(self, moment: datetime) -> None:
        self.updated_at = moment
        self.view = None

    def item(self, number: int) -> Item | None:
        return next((row for row in self.items if row.id == number), None)
