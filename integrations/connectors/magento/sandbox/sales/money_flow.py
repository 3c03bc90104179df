"""Money that comes in and goes back: captures, refunds, gift cards and store credit of an order."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from integrations.connectors.magento.sandbox.sales.amounts import ZERO, Amounts
from integrations.connectors.magento.sandbox.sales.records import (
    CreditMemo,
    Invoice,
    Order,
    Payment,
    Transaction,
)

if TYPE_CHECKING:
    from integrations.connectors.magento.sandbox.shop import Shop

# Parts of an order that were paid with a gift card or with store credit.
_CREDITS = ("gift_cards", "customer_balance")


def take_off(order: Order, amounts: Amounts, extension: Amounts, stage: str) -> None:
    """Takes gift cards and store credit off a document's total, as far as the order has some left.
    `stage`: "invoiced" for an invoice, "refunded" for a credit memo. A card that was refunded gets no
    money back by itself: in Magento a person decides where it goes."""
    limit = "amount" if stage == "invoiced" else "invoiced"
    for name in _CREDITS:
        if not order.extension.get(f"{name}_amount")[0]:
            continue
        for there, totals, here in zip(
            order.extension.sides(), amounts.sides(), extension.sides(), strict=True
        ):
            left = there.get(f"{name}_{limit}", ZERO) - there.get(f"{name}_{stage}", ZERO)
            part = max(min(left, totals["grand_total"]), ZERO)
            totals["grand_total"] -= part
            there[f"{name}_{stage}"] = there.get(f"{name}_{stage}", ZERO) + part
            here[f"{name}_amount"] = part


def pay(shop: Shop, order: Order, invoice: Invoice) -> None:
    """The money of an invoice comes in; a gateway writes a capture."""
    total = invoice.amounts.get("grand_total")
    payment = order.payment
    order.amounts.add("total_paid", *total)
    payment.amounts.add("amount_paid", *total)
    payment.amounts.add("shipping_captured", *invoice.amounts.get("shipping_amount"))
    if payment.is_online:
        _add_base(payment, "amount_paid_online", total[1])
        made = transact(shop, order, "capture", is_closed=False)
        invoice.transaction_id = made.txn_id
        payment.last_trans_id = made.txn_id
    invoice.state = 2
    reckon_due(order)


def _add_base(payment: Payment, name: str, amount: Decimal) -> None:
    """Of what went through a gateway only the base currency is kept."""
    payment.amounts.base[name] = payment.amounts.base.get(name, ZERO) + amount


def transact(
    shop: Shop, order: Order, kind: str, *, is_closed: bool, parent: Transaction | None = None
) -> Transaction:
    """What a payment gateway writes beside an order."""
    number = shop.next_id("transaction")
    opened = next((row for row in order.transactions if row.kind == "authorization"), None)
    above = parent or (opened if kind == "capture" else None)
    gateway = f"{above.txn_id}-{kind}" if above is not None else f"ch_{order.increment_id}"
    taken = any(row.txn_id == gateway for row in order.transactions)
    made = Transaction(
        id=number,
        order=order,
        txn_id=f"{gateway}-{number}" if taken else gateway,
        kind=kind,
        created_at=shop.now(),
        parent=above,
        is_closed=is_closed,
    )
    order.transactions.append(made)
    shop.sales.transactions[made.id] = made
    return made


def give_back(shop: Shop, order: Order, memo: CreditMemo) -> None:
    """The money of a credit memo goes back, through the gateway when it is an online one."""
    own, base = memo.amounts.get("grand_total")
    way = "online" if memo.is_online else "offline"
    order.amounts.add("total_refunded", own, base)
    order.amounts.add(f"total_{way}_refunded", own, base)
    order.payment.amounts.add("amount_refunded", own, base)
    order.payment.amounts.add("shipping_refunded", *memo.amounts.get("shipping_amount"))
    if memo.is_online:
        _add_base(order.payment, "amount_refunded_online", base)
        paid = next(
            (
                row
                for row in order.transactions
                if memo.invoice is not None and row.txn_id == memo.invoice.transaction_id
            ),
            None,
        )
        made = transact(shop, order, "refund", is_closed=True, parent=paid)
        memo.transaction_id = made.txn_id


def reckon_due(order: Order) -> None:
    for figures in order.amounts.sides():
        due = figures["grand_total"] - figures.get("total_paid", ZERO)
        figures["total_due"] = max(due, ZERO)
