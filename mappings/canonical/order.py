"""What an order is, and the arithmetic it must keep."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from pydantic import AwareDatetime, Field

from mappings.canonical.address import Address
from mappings.canonical.money import Amount, Currency, Money, to_minor, unit_prices
from mappings.canonical.record import Entity, InvalidRecord, Key, Part, Record, Relation

ZERO = Decimal(0)


class OrderState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class PaymentState(StrEnum):
    PENDING = "pending"
    AUTHORISED = "authorised"
    PARTIALLY_PAID = "partially_paid"
    PAID = "paid"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"
    VOIDED = "voided"


class Fulfilment(StrEnum):
    """How much of the goods has left. `RETURNED`: what had left is back in stock."""

    NONE = "none"
    PARTIAL = "partial"
    WHOLE = "whole"
    RETURNED = "returned"


class OrderLine(Part):
    """One article of an order. Amounts are for the whole line, in the currency of the order."""

    key: str
    sku: str = ""
    product_key: str = Field("", description="Id of the article in the source system")
    title: str = ""
    quantity: int = Field(ge=0)
    unit_price: Amount = Field(description="Price of one unit before discounts")
    discount: Amount = Field(ZERO, description="All discounts of the line together")
    tax: Amount = ZERO
    requires_shipping: bool = True
    is_gift_card: bool = False

    @property
    def net(self) -> Decimal:
        """What is paid for the line, before tax that comes on top."""
        return self.unit_price * self.quantity - self.discount


class ShippingCharge(Part):
    """What is charged for one way of shipping, after discounts."""

    title: str = ""
    code: str = ""
    amount: Amount
    tax: Amount = ZERO


class OrderPayment(Part):
    """Money received for an order. Never holds more of a card than brand and last four digits."""

    key: str
    gateway: str
    amount: Amount
    transaction_id: str = ""
    card_brand: str = ""
    card_last4: str = Field("", pattern=r"^(\d{4})?$")
    paid_at: AwareDatetime | None = None
    is_sum: bool = Field(
        False, description="All that was paid so far in one amount, not one single payment"
    )


class OrderCustomer(Part):
    """The buyer as the order knows them; `key` is empty for a guest."""

    key: str = ""
    email: str = ""
    first_name: str = ""
    last_name: str = ""
    phone: str = ""


class TakenOff(Part):
    """A refund that took goods or shipping off an order."""

    key: Key = Field(description="Id of the refund in the source system")
    amount: Amount = Field(description="What it took off the total")
    money: Amount | None = Field(
        None, description="What of that went back of the payments; nothing where that is all of it"
    )


class Order(Record):
    """An order placed in a web store."""

    currency: Currency
    state: OrderState
    payment: PaymentState
    placed_at: AwareDatetime
    fulfilment: Fulfilment = Field(
        Fulfilment.NONE, description="How much of the goods has left the store's stock"
    )
    is_test: bool = False
    source: str = Field("", description='Sales channel, for example "web"')
    customer: OrderCustomer | None = None
    billing: Address | None = None
    shipping: Address | None = None
    lines: tuple[OrderLine, ...]
    charges: tuple[ShippingCharge, ...] = ()
    payments: tuple[OrderPayment, ...] = ()
    taxes_included: bool = Field(False, description="Line and shipping prices contain the tax")
    tax_total: Amount = ZERO
    tip_total: Amount = ZERO
    duty_total: Amount = ZERO
    total: Amount = Field(description="What the buyer pays in all")
    refunds: tuple[TakenOff, ...] = Field(
        (), description="Refunds that the lines and the total are already without, oldest first"
    )
    presentment: Money | None = Field(
        None, description="What the buyer saw as the total, when that was in another currency"
    )
    note: str = ""
    tags: tuple[str, ...] = ()
    attributes: dict[str, str] = Field(default_factory=dict)

    @property
    def entity(self) -> Entity:
        return Entity.ORDER

    def wanted(self) -> tuple[Relation, ...]:
        """Articles, the buyer and refunds, whose links on the other side are used when known."""
        keys = dict.fromkeys(line.product_key for line in self.lines if line.product_key)
        found = [Relation(entity=Entity.PRODUCT, key=key) for key in keys]
        if self.customer and self.customer.key:
            found.append(Relation(entity=Entity.CUSTOMER, key=self.customer.key))
        found += [Relation(entity=Entity.REFUND, key=refund.key) for refund in self.refunds]
        return tuple(found)

    @property
    def lines_total(self) -> Decimal:
        return sum((line.net for line in self.lines), ZERO)

    @property
    def shipping_total(self) -> Decimal:
        return sum((charge.amount for charge in self.charges), ZERO)

    @property
    def added_tax(self) -> Decimal:
        """Tax that comes on top of the prices."""
        return ZERO if self.taxes_included else self.tax_total

    @property
    def paid_total(self) -> Decimal:
        return sum((payment.amount for payment in self.payments), ZERO)

    def arithmetic(self) -> str:
        """The sum a person can follow: lines + shipping + tax + tip + duty = total."""
        return (
            f"lines {self.lines_total} + shipping {self.shipping_total} + tax {self.added_tax}"
            f" + tip {self.tip_total} + duty {self.duty_total} = {self.computed_total},"
            f" the order says {self.total} {self.currency}"
        )

    @property
    def computed_total(self) -> Decimal:
        return (
            self.lines_total
            + self.shipping_total
            + self.added_tax
            + self.tip_total
            + self.duty_total
        )


def check_order(order: Order) -> None:
    """Raises InvalidRecord when the parts of the order do not add up to its total to the cent."""
    if to_minor(order.computed_total, order.currency) != to_minor(order.total, order.currency):
        raise InvalidRecord(
            f"Order {order.number}: {order.arithmetic()}",
            field="total",
            said=str(order.total),
            advice="Correct the order in the store, or tell us which amount is missing here.",
        )


def priced_units(line: OrderLine, currency: str) -> list[tuple[int, Decimal]]:
    """The line as quantities with exact unit prices after discount; see money.unit_prices."""
    return unit_prices(to_minor(line.net, currency), line.quantity, currency)
