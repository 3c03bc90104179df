"""The fields of an order as the mapping rules leave them, read into types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from integrations.connector_kit.base import Outgoing
from integrations.connector_kit.payload import Payload
from integrations.connectors.heartland.address_fields import Place, place

ZERO = Decimal(0)
CANCELLED = "cancelled"


@dataclass(frozen=True)
class Line:
    """`path` leads to the line of the store's order that it came from."""

    path: str
    sku: str
    product_key: str
    quantity: int
    price: Decimal
    description: str
    discount: Decimal = ZERO
    is_gift_card: bool = False


@dataclass(frozen=True)
class Charge:
    title: str
    amount: Decimal


@dataclass(frozen=True)
class Tender:
    """Money the store received. Never holds more of a card than its last four digits.

    `is_sum`: all that was paid so far in one amount. `payment_type_id`: "" for the usual one.
    """

    key: str
    amount: Decimal
    description: str
    gateway: str
    transaction_id: str
    card_last4: str
    is_sum: bool = False
    payment_type_id: str = ""


@dataclass(frozen=True)
class TakenOff:
    """A refund of the store, what it took off the total of its order, and how much of that went
    back of the payments."""

    key: str
    amount: Decimal
    money: Decimal


@dataclass(frozen=True)
class Buyer:
    key: str = ""
    email: str = ""
    first_name: str = ""
    last_name: str = ""
    phone: str = ""


@dataclass(frozen=True)
class OrderFields:
    """What Heartland is asked to record. Amounts are in `currency`.

    `refunds`: those whose goods and shipping it is without, oldest first. `left_before_cancelled`: how much
    of the goods of a cancelled order had left the store ("none", "partial", "whole", "returned").
    """

    public_id: str
    currency: str
    state: str
    total: Decimal
    placed_at: str
    external_id: str
    buyer: Buyer
    shipping_address: Place | None
    billing_address: Place | None
    lines: tuple[Line, ...]
    shipping: tuple[Charge, ...]
    tax: Decimal
    tip: Decimal
    duty: Decimal
    tenders: tuple[Tender, ...]
    custom: Mapping[str, str] = field(default_factory=dict)
    refunds: tuple[TakenOff, ...] = ()
    left_before_cancelled: str = ""

    @property
    def lines_total(self) -> Decimal:
        return sum((line.price * line.quantity - line.discount for line in self.lines), ZERO)

    @property
    def paid_total(self) -> Decimal:
        return sum((tender.amount for tender in self.tenders), ZERO)

    @property
    def shipping_total(self) -> Decimal:
        return sum((charge.amount for charge in self.shipping), ZERO)

    def arithmetic(self) -> str:
        """The store's sum, so that a person sees which part differs."""
        return (
            f"lines {self.lines_total} + shipping {self.shipping_total} + tax {self.tax}"
            f" + tip {self.tip} + duty {self.duty} = {self.total} {self.currency}"
        )


def order_fields(outgoing: Outgoing) -> OrderFields:
    """Raises Rejected naming the field that is missing or of another type."""
    order = Payload(_plain(outgoing.fields))
    return OrderFields(
        public_id=order.maybe_text("public_id") or outgoing.reference,
        currency=order.maybe_text("currency") or "",
        state=order.maybe_text("state") or "open",
        total=order.decimal("total"),
        placed_at=order.maybe_text("placed_at") or "",
        external_id=order.maybe_text("external_order_id") or outgoing.key,
        buyer=_buyer(order.maybe_child("customer")),
        shipping_address=place(order.maybe_child("shipping_address")),
        billing_address=place(order.maybe_child("billing_address")),
        lines=tuple(_line(row) for row in order.rows("lines") if row.integer("qty") > 0),
        shipping=tuple(
            Charge(row.maybe_text("title") or "Shipping", row.decimal("amount"))
            for row in order.rows("shipping")
        ),
        tax=order.maybe_decimal("tax_total") or ZERO,
        tip=order.maybe_decimal("tip_total") or ZERO,
        duty=order.maybe_decimal("duty_total") or ZERO,
        tenders=tuple(_tender(row) for row in order.rows("payments") if row.decimal("amount") > 0),
        custom=_custom(order.maybe_child("custom")),
        refunds=tuple(
            TakenOff(
                row.maybe_text("key") or "",
                row.decimal("amount"),
                row.decimal("amount") if (part := row.maybe_decimal("money")) is None else part,
            )
            for row in order.rows("refunds")
        ),
        left_before_cancelled=order.maybe_text("left_before_cancelled") or "",
    )


def _line(row: Payload) -> Line:
    return Line(
        path=row.maybe_text("path") or row.path("sku").removesuffix(".sku"),
        sku=row.maybe_text("sku") or "",
        product_key=row.maybe_text("product_key") or "",
        quantity=row.integer("qty"),
        price=row.decimal("unit_price"),
        description=row.maybe_text("description") or "",
        discount=row.maybe_decimal("discount") or ZERO,
        is_gift_card=row.flag("is_gift_card", default=False),
    )


def _tender(row: Payload) -> Tender:
    return Tender(
        key=row.text("key"),
        amount=row.decimal("amount"),
        description=row.maybe_text("description") or "",
        gateway=row.maybe_text("gateway") or "",
        transaction_id=row.maybe_text("transaction_id") or "",
        card_last4=row.maybe_text("card_last4") or "",
        is_sum=row.flag("is_sum", default=False),
        payment_type_id=row.maybe_text("payment_type_id") or "",
    )


def _buyer(row: Payload | None) -> Buyer:
    if row is None:
        return Buyer()
    return Buyer(
        key=row.maybe_text("key") or "",
        email=(row.maybe_text("email") or "").strip(),
        first_name=row.maybe_text("first_name") or "",
        last_name=row.maybe_text("last_name") or "",
        phone=row.maybe_text("phone") or "",
    )


def _custom(row: Payload | None) -> dict[str, str]:
    return {} if row is None else {key: row.maybe_text(key) or "" for key in row.raw()}


def _plain(value: Any) -> Any:
    """Times as text: the rules may hand a time over as it is."""
    if isinstance(value, Mapping):
        return {key: _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    return value.isoformat() if isinstance(value, datetime) else value
