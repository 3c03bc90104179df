"""The fields of a payment as the mapping rules leave them, read into types."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from integrations.connector_kit.base import Outgoing
from integrations.connector_kit.errors import Rejected
from integrations.connector_kit.payload import Payload
from integrations.connectors.heartland.order_fields import Tender
from integrations.connectors.heartland.order_refunds import is_net
from mappings.canonical.record import Entity

ZERO = Decimal(0)


@dataclass(frozen=True)
class PaymentFields:
    """What Heartland is asked to record.

    `order_id`: the order there. `mark`: what the payment says of the order when no money came, ""
    for money. `before`: what the store had received for the order before it. `refunded`: what of it
    went back since, `netted` what the order came without of that.
    """

    order_id: str
    order_number: str
    tender: Tender
    mark: str
    before: Decimal
    refunded: Decimal
    netted: Decimal

    @property
    def name(self) -> str:
        return f"Payment of order {self.order_number}"

    @property
    def own_id(self) -> str:
        """Names the payment where Heartland keeps no row of its own for it."""
        return f"{self.order_id}/{self.tender.transaction_id}"


def payment_fields(outgoing: Outgoing) -> PaymentFields:
    """Raises Rejected naming the field that is missing or of another type."""
    row = Payload(outgoing.fields)
    order_key = row.text("order_key")
    order_id = outgoing.related.get(f"{Entity.ORDER}:{order_key}", "")
    if not order_id:
        raise Rejected(
            f"The payment {outgoing.key} belongs to order {order_key}, which is not in Heartland.",
            field="order_key",
            said=order_key,
            advice="Replay the order first, then the payment.",
        )
    refunded = row.maybe_decimal("refunded") or ZERO
    return PaymentFields(
        order_id=order_id,
        order_number=row.maybe_text("order_number") or order_key,
        tender=Tender(
            key=outgoing.key,
            amount=row.decimal("amount"),
            description=row.maybe_text("description") or "",
            gateway=row.maybe_text("gateway") or "",
            transaction_id=row.maybe_text("transaction_id") or outgoing.key,
            card_last4=row.maybe_text("card_last4") or "",
            payment_type_id=row.maybe_text("payment_type_id") or "",
        ),
        mark=row.maybe_text("mark") or "",
        before=row.maybe_decimal("received_before") or ZERO,
        refunded=refunded,
        netted=_netted(row, outgoing) if row.has("refunds") else refunded,
    )


def _netted(row: Payload, outgoing: Outgoing) -> Decimal:
    """Other refunds are returns of their own there, and take nothing off what the order received."""
    return sum(
        (
            refund.decimal("amount")
            for refund in row.rows("refunds")
            if is_net(outgoing.related.get(f"{Entity.REFUND}:{refund.text('key')}", ""))
        ),
        ZERO,
    )
