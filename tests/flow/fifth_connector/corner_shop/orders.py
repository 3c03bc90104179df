"""Their order as ours."""

from __future__ import annotations

from integrations.connector_kit.base import Account
from integrations.connector_kit.payload import Payload
from mappings.canonical.order import (
    Order,
    OrderCustomer,
    OrderLine,
    OrderPayment,
    OrderState,
    PaymentState,
)

# Their word -> ours. A word not listed is an error, not a guess.
PAYMENT = {"paid": PaymentState.PAID, "open": PaymentState.PENDING}


def normalise(payload: Payload, account: Account) -> Order:
    """Raises Rejected naming the field that is missing or unknown."""
    payment, total = payload.one_of("payment", PAYMENT), payload.decimal("total")
    key = payload.text("id")
    paid = OrderPayment(key=f"{key}:paid", gateway="corner", amount=total)
    return Order(
        key=key,
        number=payload.text("number"),
        updated_at=payload.instant("changed"),
        currency=payload.text("currency"),
        state=OrderState.OPEN,
        payment=payment,
        placed_at=payload.instant("placed"),
        customer=OrderCustomer(email=payload.maybe_text("email") or ""),
        lines=tuple(
            OrderLine(
                key=row.text("line"),
                sku=row.text("sku"),
                quantity=row.integer("units"),
                unit_price=row.decimal("price"),
            )
            for row in payload.rows("lines")
        ),
        payments=(paid,) if payment is PaymentState.PAID else (),
        total=total,
    )
