"""What the three kinds of sales documents answer alike."""

from __future__ import annotations

from decimal import Decimal

from integrations.connectors.heartland.sandbox.state import documents, payments
from integrations.connectors.heartland.sandbox.state.account import Account
from integrations.connectors.heartland.sandbox.state.values import Row
from integrations.connectors.heartland.sandbox.wire.answers import Embed, view


def lines(account: Account, row: Row) -> list[Row]:
    return [view(line) for line in account.lines.get(row["id"], [])]


def ticket_lines(account: Account, row: Row) -> list[Row]:
    return [view(line) for line in documents.all_lines(account, row)]


def paid(account: Account, row: Row) -> list[Row]:
    return [view(payment) for payment in payments.payments_of(account, row)]


def customer(account: Account, row: Row) -> Row | None:
    return view(account.customers[row["customer_id"]]) if row["customer_id"] else None


def subtotal(account: Account, row: Row) -> Decimal:
    return Decimal(row["_subtotal"])


def tax_total(account: Account, row: Row) -> Decimal:
    return Decimal(row["_tax_total"])


def address(field: str) -> Embed:
    """The address a document names in `field`."""

    def embed(account: Account, row: Row) -> Row | None:
        return view(account.addresses[row[field]]) if row[field] else None

    return embed


DOCUMENT_EMBEDS: dict[str, Embed] = {
    "lines": lines,
    "payments": paid,
    "customer": customer,
    "subtotal": subtotal,
    "tax_total": tax_total,
}
TICKET_EMBEDS: dict[str, Embed] = {**DOCUMENT_EMBEDS, "lines": ticket_lines}
ORDER_EMBEDS: dict[str, Embed] = {
    **DOCUMENT_EMBEDS,
    "shipping_address": address("shipping_address_id"),
    "billing_address": address("billing_address_id"),
}
