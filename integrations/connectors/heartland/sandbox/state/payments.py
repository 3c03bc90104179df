"""Tenders taken on orders and tickets. No card data: amounts, a payment type and a description."""

from __future__ import annotations

from decimal import Decimal

from integrations.connectors.heartland.sandbox.state import custom_fields
from integrations.connectors.heartland.sandbox.state.account import Account
from integrations.connectors.heartland.sandbox.state.refusal import invalid, payment_refused
from integrations.connectors.heartland.sandbox.state.values import (
    Body,
    Row,
    flag,
    money,
    reference,
    store_stamp,
    words,
)

# Three programs use three words for the same thing; which one the real product takes is not known.
TYPES = ("ExternalPayment", "Payments::ExternalPayment", "CustomPayment")


def pay(account: Account, document: Row, body: Body) -> Row:
    """Records a tender. Raises payment_error for a type that cannot be taken by API."""
    kind = words(body, "type")
    if kind not in TYPES:
        raise payment_refused(f"Payment type {kind or '(none)'} cannot be taken through the API")
    if document["status"] == account.options.cancel_word:
        raise payment_refused("The transaction is cancelled")
    amount = money(body, "amount", "Payment")
    if amount is None or amount == 0:
        raise invalid("Payment", amount="must be other than 0")
    payment_type = reference(body, "payment_type_id", account.payment_types, "Payment", needed=True)
    return record(
        account,
        document,
        amount=amount,
        payment_type_id=payment_type,
        kind=kind,
        description=words(body, "description"),
        deposit=flag(body, "deposit", default=False),
        custom=custom_fields.merged(body),
    )


def record(
    account: Account,
    document: Row,
    *,
    amount: Decimal,
    payment_type_id: int | None,
    kind: str = TYPES[0],
    description: str = "",
    deposit: bool = False,
    custom: Row | None = None,
) -> Row:
    """Writes a finished tender and lowers the balance of its document."""
    row = account.add(
        account.payments,
        type=kind,
        amount=amount,
        status="complete",
        payment_type_id=payment_type_id,
        transaction_id=document["id"],
        customer_id=document["customer_id"],
        description=description,
        **{"deposit?": deposit},
        custom=custom or {},
        completed_at="",
        local_completed_at="",
    )
    row["completed_at"] = row["created_at"]
    row["local_completed_at"] = store_stamp(row["created_at"])
    document["total_paid"] += amount
    document["balance"] = document["total"] - document["total_paid"]
    account.touch(document)
    account.happened("payment_succeeded", row)
    if document["id"] in account.orders:
        account.happened("order_updated", document)
    return row


def payments_of(account: Account, document: Row) -> list[Row]:
    return [row for row in account.payments.values() if row["transaction_id"] == document["id"]]


def payment_type(account: Account, name: str) -> int:
    """The id of the payment type of this name; the first one when there is none."""
    for row in account.payment_types.values():
        if row["name"] == name:
            return int(row["id"])
    return min(account.payment_types)
