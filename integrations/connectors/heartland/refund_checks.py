"""What must agree before the money of a refund is booked; each difference comes with its sums."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from integrations.connector_kit.errors import Rejected
from integrations.connectors.heartland.client import Row
from integrations.connectors.heartland.order_settings import OrderSettings
from integrations.connectors.heartland.order_settlement import amount
from integrations.connectors.heartland.refund_fields import RefundFields
from integrations.connectors.heartland.refund_plan import Ticket
from integrations.connectors.heartland.refund_run import TICKETS, Work

ZERO = Decimal(0)


def check_currency(refund: RefundFields, settings: OrderSettings) -> None:
    if settings.currency and refund.currency and settings.currency != refund.currency:
        raise Rejected(
            f"{refund.name} is in {refund.currency}, this Heartland sells in {settings.currency}.",
            field="currency",
            said=refund.currency,
            advice="Heartland keeps one currency. Leave such refunds out, or correct the setting.",
        )


def check_total(work: Work, ticket: Ticket, there: Row) -> None:
    theirs = -amount(there, "total")
    if abs(theirs - ticket.total) < work.settings.tolerance:
        return
    tax = there.get("tax_total")
    parts = f", of which {tax} tax it computed itself" if tax else ""
    raise Rejected(
        f"{work.refund.name}: Heartland comes to {theirs}{parts}, the store to {ticket.total}.",
        field="total",
        said=f"Heartland {theirs}, store {ticket.total}, difference {theirs - ticket.total}",
        advice=f"Store: {work.refund.arithmetic()}. Heartland: {theirs}{parts}. Correct or void"
        f" the ticket {ticket.public_id} in Heartland, then replay.",
    )


def check_sum(work: Work, ids: Sequence[str]) -> None:
    """Where Heartland computes the tax, only all tickets together come to the store's total."""
    paths = [f"{TICKETS}/{ticket_id}" for ticket_id in ids]
    rows = [work.client.get(path, what=work.refund.name) for path in paths]
    theirs = -sum((amount(row, "total") for row in rows), ZERO)
    if abs(theirs - work.refund.total) < work.settings.tolerance:
        return
    raise Rejected(
        f"{work.refund.name}: Heartland comes to {theirs} with the tax it computed, the store to"
        f" {work.refund.total}.",
        field="total",
        said=f"Heartland {theirs}, store {work.refund.total},"
        f" difference {theirs - work.refund.total}",
        advice=f"Store: {work.refund.arithmetic()}. Enter this return in Heartland by hand, void"
        " what stands there of it, then dismiss the record.",
    )


def check_given_back(refund: RefundFields, order: Row) -> None:
    """Raises Rejected when the units were taken off the order there, and their money was not."""
    too_much = amount(order, "total_paid") - amount(order, "total")
    if too_much <= ZERO:
        return
    number = order.get("public_id")
    raise Rejected(
        f"{refund.name}: its units are off order {number} in Heartland, which has received"
        f" {too_much} more than it comes to.",
        field="total",
        said=str(refund.total),
        advice=f"Give {too_much} back on order {number} in Heartland by hand, then replay.",
    )


def check_kept(refund: RefundFields, order: Row) -> None:
    """Raises Rejected when the order there has received more than it comes to, and the refund gave
    back, or kept, what no line explains.

    Such money belongs to the order (it was edited, or came without what the refund took back); a
    return would lower the sale a second time.
    """
    too_much = amount(order, "total_paid") - amount(order, "total")
    if not refund.adjustment or too_much <= ZERO:
        return
    number, part = order.get("public_id"), abs(refund.adjustment)
    back = refund.adjustment > 0
    raise Rejected(
        f"{refund.name}: {part} was {'given back' if back else 'kept'} that no line explains"
        f" ({refund.arithmetic()}), and order {number} has received {too_much} more in Heartland"
        " than it comes to.",
        field="adjustment_total",
        said=str(refund.adjustment),
        advice=f"{'Give' if back else 'Book'} {part} {'back ' if back else ''}on order {number} in"
        " Heartland by hand, so that its balance is right, then dismiss the record.",
    )
