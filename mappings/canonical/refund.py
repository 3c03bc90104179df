"""What a refund is: money and goods of one order that went back, and the arithmetic it must keep."""

from __future__ import annotations

from decimal import Decimal

from pydantic import AwareDatetime, Field

from mappings.canonical.money import Amount, Currency, to_minor
from mappings.canonical.record import Entity, InvalidRecord, Key, Part, Record, Relation

ZERO = Decimal(0)


class RefundedLine(Part):
    """Units of one article that were taken back. Amounts are above zero, for the whole line."""

    key: str = Field("", description="Id of the refunded line in the source system")
    sku: str = ""
    product_key: str = Field("", description="Id of the article in the source system")
    title: str = ""
    quantity: int = Field(gt=0)
    amount: Amount = Field(ZERO, description="Given back for the line after discounts")
    tax: Amount = ZERO
    restock: bool = Field(True, description="Whether the units went back into stock")
    location: str = Field("", description="Location id in the source system")


class GivenBack(Part):
    """Money given back through one tender. Never holds anything of a card."""

    key: str
    gateway: str
    amount: Amount
    transaction_id: str = ""
    parent_id: str = Field("", description="Id of the payment that the money went back to")


class Refund(Record):
    """One refund, or one return at the till, of an order."""

    order_key: Key = Field(description="Id of the order in the source system")
    order_number: str = Field("", description="Name of the order; at the till our own name for it")
    order_is_cancelled: bool = False
    order_total: Amount | None = Field(
        None, description="What the order comes to now, with all that was taken back"
    )
    currency: Currency
    created_at: AwareDatetime | None = None
    lines: tuple[RefundedLine, ...] = ()
    taxes_included: bool = Field(False, description="Amounts of lines and shipping contain the tax")
    shipping_total: Amount = ZERO
    tax_total: Amount = Field(ZERO, description="Tax of lines and shipping together")
    duty_total: Amount = ZERO
    adjustment_total: Amount = Field(
        ZERO, description="Money that no line explains; below zero: kept back"
    )
    total: Amount = Field(description="What the buyer got back in all")
    tenders: tuple[GivenBack, ...] = ()
    note: str = ""

    @property
    def entity(self) -> Entity:
        return Entity.REFUND

    def relations(self) -> tuple[Relation, ...]:
        return (Relation(entity=Entity.ORDER, key=self.order_key, reference=self.order_number),)

    def wanted(self) -> tuple[Relation, ...]:
        keys = dict.fromkeys(line.product_key for line in self.lines if line.product_key)
        return tuple(Relation(entity=Entity.PRODUCT, key=key) for key in keys)

    @property
    def lines_total(self) -> Decimal:
        return sum((line.amount for line in self.lines), ZERO)

    @property
    def added_tax(self) -> Decimal:
        """Tax that comes on top of the amounts."""
        return ZERO if self.taxes_included else self.tax_total

    @property
    def computed_total(self) -> Decimal:
        return (
            self.lines_total
            + self.shipping_total
            + self.added_tax
            + self.duty_total
            + self.adjustment_total
        )

    def arithmetic(self) -> str:
        """The sum a person can follow."""
        return (
            f"lines {self.lines_total} + shipping {self.shipping_total} + tax {self.added_tax}"
            f" + duty {self.duty_total} + adjustment {self.adjustment_total}"
            f" = {self.computed_total}, the refund says {self.total} {self.currency}"
        )


def check_refund(refund: Refund) -> None:
    """Raises InvalidRecord when its parts, or its tenders, do not add up to its total to the cent."""
    total = to_minor(refund.total, refund.currency)
    given = sum((tender.amount for tender in refund.tenders), ZERO)
    said = ""
    if to_minor(refund.computed_total, refund.currency) != total:
        said = refund.arithmetic()
    elif to_minor(given, refund.currency) != total:
        said = f"given back {given}, the refund says {refund.total} {refund.currency}"
    if said:
        raise InvalidRecord(
            f"Refund {refund.number}: {said}",
            field="total",
            said=str(refund.total),
            advice="Correct the refund where it was made, or tell us which amount is missing here.",
        )
