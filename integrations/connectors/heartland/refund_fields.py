"""The fields of a refund as the mapping rules leave them, read into types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from integrations.connector_kit.base import Outgoing
from integrations.connector_kit.errors import Rejected
from integrations.connector_kit.payload import Payload

ZERO = Decimal(0)


@dataclass(frozen=True)
class Taken:
    """Units of one article taken back. `amount`: given back for all of them, before tax on top."""

    path: str
    sku: str
    product_key: str
    quantity: int
    amount: Decimal
    restock: bool
    description: str


@dataclass(frozen=True)
class Given:
    """Money given back through one tender."""

    key: str
    amount: Decimal
    gateway: str
    transaction_id: str
    payment_type_id: str = ""


@dataclass(frozen=True)
class RefundFields:
    """What Heartland is asked to record. All amounts are above zero but `adjustment`."""

    public_id: str
    external_id: str
    order_key: str
    order_total: Decimal | None
    currency: str
    total: Decimal
    lines: tuple[Taken, ...]
    shipping: Decimal
    tax: Decimal
    duty: Decimal
    adjustment: Decimal
    tenders: tuple[Given, ...]
    custom: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"Refund {self.public_id}"

    def arithmetic(self) -> str:
        """The store's sum, so that a person sees which part differs."""
        goods = sum((line.amount for line in self.lines), ZERO)
        return (
            f"lines {goods} + shipping {self.shipping} + tax {self.tax} + duty {self.duty}"
            f" + adjustment {self.adjustment} = {self.total} {self.currency}"
        )


def refund_fields(outgoing: Outgoing) -> RefundFields:
    """Raises Rejected naming the field that is missing or of another type."""
    refund = Payload(outgoing.fields)
    custom = refund.maybe_child("custom")
    return RefundFields(
        public_id=refund.maybe_text("public_id") or outgoing.reference,
        external_id=refund.maybe_text("external_refund_id") or outgoing.key,
        order_key=refund.text("order_key"),
        order_total=refund.maybe_decimal("order_total"),
        currency=refund.maybe_text("currency") or "",
        total=refund.decimal("total"),
        lines=tuple(_line(row, index) for index, row in enumerate(refund.rows("lines"))),
        shipping=refund.maybe_decimal("shipping_total") or ZERO,
        tax=refund.maybe_decimal("tax_total") or ZERO,
        duty=refund.maybe_decimal("duty_total") or ZERO,
        adjustment=refund.maybe_decimal("adjustment_total") or ZERO,
        tenders=tuple(_given(row) for row in refund.rows("tenders")),
        custom={}
        if custom is None
        else {key: custom.maybe_text(key) or "" for key in custom.raw()},
    )


def only_adjustment(refund: RefundFields) -> RefundFields:
    """The part of the refund that no line explains, given back through its first tenders."""
    left, tenders = refund.adjustment, []
    for tender in refund.tenders:
        part = min(left, tender.amount)
        if part > 0:
            tenders.append(replace(tender, amount=part))
            left -= part
    return replace(
        refund,
        lines=(),
        shipping=ZERO,
        tax=ZERO,
        duty=ZERO,
        total=refund.adjustment,
        tenders=tuple(tenders),
    )


def _line(row: Payload, index: int) -> Taken:
    quantity = row.integer("qty")
    if quantity < 1:
        raise Rejected(
            f"{row.path('qty')} is {quantity}; a return takes back at least one unit.",
            field=row.path("qty"),
            said=str(quantity),
            advice="Correct the refund or the mapping rule, then replay.",
        )
    return Taken(
        path=f"lines[{index}]",
        sku=row.maybe_text("sku") or "",
        product_key=row.maybe_text("product_key") or "",
        quantity=quantity,
        amount=row.maybe_decimal("amount") or ZERO,
        restock=row.flag("restock", default=True),
        description=row.maybe_text("description") or "",
    )


def _given(row: Payload) -> Given:
    return Given(
        key=row.text("key"),
        amount=row.decimal("amount"),
        gateway=row.maybe_text("gateway") or "",
        transaction_id=row.maybe_text("transaction_id") or "",
        payment_type_id=row.maybe_text("payment_type_id") or "",
    )
