"""What a payment is: one thing that happened with the money of an order, told as it happened."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from pydantic import AwareDatetime, Field

from mappings.canonical.money import Amount, Currency
from mappings.canonical.record import Entity, Key, Part, Record, Relation

ZERO = Decimal(0)


class PaymentKind(StrEnum):
    """`SALE` and `CAPTURE` move money; `AUTHORIZATION` promises it, `VOID` takes that back."""

    SALE = "sale"
    CAPTURE = "capture"
    AUTHORIZATION = "authorization"
    VOID = "void"


class PaymentStatus(StrEnum):
    SUCCEEDED = "succeeded"
    PENDING = "pending"
    FAILED = "failed"


class MoneyBack(Part):
    """A refund of the order that a payment belongs to."""

    key: Key = Field(description="Id of the refund in the source system")
    amount: Amount = Field(description="What it gave back in all")


class Payment(Record):
    """One transaction of an order. Never holds more of a card than brand and last four digits."""

    order_key: Key = Field(description="Id of the order in the source system")
    order_number: str = Field("", description='What people call the order, for example "#1001"')
    kind: PaymentKind
    status: PaymentStatus
    gateway: str = Field("", description='Who took the money, for example "shopify_payments"')
    amount: Amount = Field(ge=0)
    currency: Currency
    transaction_id: str = Field(description="By which the payment is found again on both sides")
    card_brand: str = ""
    card_last4: str = Field("", pattern=r"^(\d{4})?$")
    made_at: AwareDatetime | None = None
    received_before: Amount = Field(
        ZERO, description="What the order had received in all before this payment"
    )
    refunded: Amount = Field(ZERO, description="What of the order's money went back so far")

    refunds: tuple[MoneyBack, ...] = Field((), description="The refunds that make up that amount")

    @property
    def entity(self) -> Entity:
        return Entity.PAYMENT

    @property
    def is_money(self) -> bool:
        """Whether money came with it."""
        moves = self.kind in (PaymentKind.SALE, PaymentKind.CAPTURE)
        return moves and self.status is PaymentStatus.SUCCEEDED

    @property
    def mark(self) -> str:
        """What it says of the order when no money came: "declined", "voided", "authorized",
        "pending"; "" for money."""
        if self.is_money:
            return ""
        if self.status is PaymentStatus.FAILED:
            return "declined"
        if self.status is PaymentStatus.PENDING:
            return "pending"
        return "voided" if self.kind is PaymentKind.VOID else "authorized"

    def relations(self) -> tuple[Relation, ...]:
        return (Relation(entity=Entity.ORDER, key=self.order_key),)

    def wanted(self) -> tuple[Relation, ...]:
        """Refunds, whose links tell which of them the order on the other side came without."""
        return tuple(Relation(entity=Entity.REFUND, key=one.key) for one in self.refunds)
