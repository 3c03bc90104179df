"""What an order comes to: as ordered, as it stands now, and what is paid."""

from __future__ import annotations

from decimal import Decimal

from integrations.connectors.shopify.sandbox.money import ZERO, cents
from integrations.connectors.shopify.sandbox.records import LineItem, Order, TaxLine


def tax_of(lines: list[TaxLine]) -> Decimal:
    return sum((line.amount for line in lines), ZERO)


def items_price(order: Order) -> Decimal:
    return sum((line.gross for line in order.lines), ZERO)


def discounts(order: Order) -> Decimal:
    return sum((line.allocated for line in order.lines), ZERO)


def subtotal(order: Order) -> Decimal:
    return sum((line.net for line in order.lines), ZERO)


def tax(order: Order) -> Decimal:
    lines = sum((tax_of(line.tax_lines) for line in order.lines), ZERO)
    return lines + tax_of(order.shipping.tax_lines)


def tax_lines(order: Order) -> list[TaxLine]:
    """The order's taxes summed by title and rate."""
    summed: dict[tuple[str, Decimal], TaxLine] = {}
    sources = [line.tax_lines for line in order.lines] + [order.shipping.tax_lines]
    for tax_line in (entry for source in sources for entry in source):
        key = (tax_line.title, tax_line.rate)
        total = summed.setdefault(key, TaxLine(tax_line.title, tax_line.rate, ZERO))
        total.amount += tax_line.amount
    return list(summed.values())


def total(order: Order) -> Decimal:
    extra = ZERO if order.taxes_included else tax(order)
    return subtotal(order) + order.shipping.price + extra


def _share(amount: Decimal, line: LineItem) -> Decimal:
    return cents(amount * line.current / line.quantity)


def current_subtotal(order: Order) -> Decimal:
    return sum((_share(line.net, line) for line in order.lines), ZERO)


def current_discounts(order: Order) -> Decimal:
    return sum((_share(line.allocated, line) for line in order.lines), ZERO)


def current_shipping(order: Order) -> Decimal:
    if order.cancelled_at:
        return ZERO
    return order.shipping.price - sum((refund.shipping for refund in order.refunds), ZERO)


def current_tax(order: Order) -> Decimal:
    lines = sum((_share(tax_of(line.tax_lines), line) for line in order.lines), ZERO)
    if order.cancelled_at:
        return lines
    back = sum((refund.shipping_tax for refund in order.refunds), ZERO)
    return lines + tax_of(order.shipping.tax_lines) - back


def current_total(order: Order) -> Decimal:
    extra = ZERO if order.taxes_included else current_tax(order)
    return current_subtotal(order) + current_shipping(order) + extra


def received(order: Order) -> Decimal:
    return sum(
        (
            entry.amount
            for entry in order.transactions
            if entry.status == "SUCCESS" and entry.kind in ("SALE", "CAPTURE")
        ),
        ZERO,
    )


def refunded(order: Order) -> Decimal:
    return sum((refund.total for refund in order.refunds), ZERO)


def outstanding(order: Order) -> Decimal:
    return max(current_total(order) - (received(order) - refunded(order)), ZERO)


def financial_status(order: Order) -> str:
    """As GraphQL names it; webhook bodies have it in lower case."""
    paid, back = received(order), refunded(order)
    if back:
        return "REFUNDED" if back >= paid else "PARTIALLY_REFUNDED"
    if paid:
        return "PAID" if paid >= total(order) else "PARTIALLY_PAID"
    if order.cancelled_at or _kinds(order) >= {"AUTHORIZATION", "VOID"}:
        return "VOIDED"
    return "AUTHORIZED" if "AUTHORIZATION" in _kinds(order) else "PENDING"


def _kinds(order: Order) -> set[str]:
    return {entry.kind for entry in order.transactions if entry.status == "SUCCESS"}


def fulfillment_status(order: Order) -> str:
    shipped = sum(line.fulfilled for line in order.lines)
    if not shipped:
        return "UNFULFILLED"
    open_units = sum(line.unfulfilled for line in order.lines)
    return "PARTIALLY_FULFILLED" if open_units else "FULFILLED"


def gateways(order: Order) -> list[str]:
    return list(dict.fromkeys(entry.gateway for entry in order.transactions))
