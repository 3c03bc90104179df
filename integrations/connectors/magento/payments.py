"""Payments: every paid invoice of an order, what gift cards and store credit brought, and what the
gateway said without money.

Magento's transactions have no amount. What was captured stands on the invoice that came with it, in
part or in whole, and offline payments have nothing else; so invoices tell of money, transactions of
authorisations and voids alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from integrations.connector_kit.base import Account, EntityPort, Notice, Page, Places
from integrations.connector_kit.payload import Payload
from integrations.connectors.magento import (
    order_lines,
    order_money,
    order_reading,
    order_refunds,
    order_shape,
)
from integrations.connectors.magento.answers import Forbidden
from integrations.connectors.magento.client import StoreClient
from integrations.connectors.magento.order_money import Books
from integrations.connectors.magento.polling import PLACES, changed, cursor_at
from mappings.canonical.payment import MoneyBack, Payment, PaymentKind, PaymentStatus
from mappings.canonical.record import Entity, Skipped

ZERO = Decimal(0)

# Where `read` leaves the order, its paid invoices, and which of its other payments is meant.
ORDER, INVOICES, OTHER = "clarity_order", "clarity_invoices", "clarity_payment"
# In front of the id of a transaction, since invoices have ids of their own.
_TRANSACTION = "t"

# The state of an invoice; only a paid one brought money.
PAID = "2"
_NO_MONEY = {
    "1": "the invoice is not paid yet",
    "3": "the invoice was cancelled",
}
KIND = {"authorization": PaymentKind.AUTHORIZATION, "void": PaymentKind.VOID}
_LEFT_OUT = {
    "capture": "its invoice tells of this payment",
    "payment": "its invoice tells of this payment",
    "order": "a payment that was only begun",
    "refund": "money that went back is carried as a refund",
}


def normalise(payload: Payload, account: Account) -> Payment:
    """An invoice, a transaction or a gift card of an order as our payment.

    Raises Rejected naming the field, and Skipped for what brought no money and says nothing new.
    """
    order_shape.skip_elsewhere(payload.child(ORDER), account)
    if payload.has(OTHER):
        return _other(payload, account)
    return _spoken(payload, account) if payload.has("txn_type") else _invoice(payload, account)


def _invoice(payload: Payload, account: Account) -> Payment:
    state = payload.maybe_text("state") or PAID
    if state in _NO_MONEY:
        raise Skipped(_NO_MONEY[state])
    order = payload.child(ORDER)
    books = order_money.books(order, account)
    amount = books.needed(payload, "grand_total")
    if not amount:
        raise Skipped("a payment of nothing")
    key = payload.text("entity_id")
    kind = PaymentKind.CAPTURE if payload.has("transaction_id") else PaymentKind.SALE
    before = sum((one.amount for one in _others(order, books)), ZERO)
    before += sum(
        books.amount(row, "grand_total")
        for row in payload.rows(INVOICES)
        if row.text("state") == PAID and row.integer("entity_id") < int(key)
    )
    return _payment(
        order,
        books,
        key=key,
        number=payload.maybe_text("transaction_id") or payload.maybe_text("increment_id") or "",
        updated_at=order_shape.maybe_instant(payload, "updated_at"),
        kind=kind,
        gateway=order_shape.method(order),
        amount=amount,
        made_at=order_shape.maybe_instant(payload, "created_at"),
        received_before=before,
    )


def _spoken(payload: Payload, account: Account) -> Payment:
    """What the gateway said without money."""
    word = payload.text("txn_type")
    if word in _LEFT_OUT:
        raise Skipped(_LEFT_OUT[word])
    order = payload.child(ORDER)
    books = order_money.books(order, account)
    payment = order.child("payment")
    return _payment(
        order,
        books,
        key=f"{_TRANSACTION}{payload.text('transaction_id')}",
        number=payload.maybe_text("txn_id") or "",
        updated_at=order_shape.maybe_instant(payload, "created_at"),
        kind=payload.one_of("txn_type", KIND),
        gateway=order_shape.method(order),
        amount=books.amount(payment, "amount_authorized"),
        made_at=order_shape.maybe_instant(payload, "created_at"),
    )


def _other(payload: Payload, account: Account) -> Payment:
    """A gift card, store credit or reward points that an order was paid with."""
    order, key = payload.child(ORDER), payload.text(OTHER)
    books = order_money.books(order, account)
    before = ZERO
    for one in _others(order, books):
        if other_key(order, one) == key:
            return _payment(
                order,
                books,
                key=key,
                updated_at=order_shape.maybe_instant(order, "updated_at"),
                kind=PaymentKind.SALE,
                gateway=one.gateway,
                amount=one.amount,
                made_at=order_shape.maybe_instant(order, "created_at"),
                received_before=before,
            )
        before += one.amount
    raise Skipped("it was given back when its order was cancelled")


def _payment(order: Payload, books: Books, *, key: str, kind: PaymentKind, **more: Any) -> Payment:
    rows = {one.key for one in order_lines.counted(order, books)}
    memos = order_refunds.memos(order, books, rows)
    payment = order.maybe_child("payment")
    is_main = more["gateway"] == order_shape.method(order)
    number = order.maybe_text("increment_id") or order.text("entity_id")
    return Payment(
        key=key,
        kind=kind,
        order_key=order.text("entity_id"),
        order_number=number,
        status=PaymentStatus.SUCCEEDED,
        currency=books.currency,
        transaction_id=key,
        card_brand=(payment.maybe_text("cc_type") or "") if payment and is_main else "",
        card_last4=order_shape.last4(payment) if payment and is_main else "",
        refunded=sum((memo.total for memo in memos), ZERO),
        # What was given back for nothing that was bought is not taken off the order's payments.
        refunds=tuple(
            MoneyBack(key=memo.key, amount=min(memo.taken, memo.total)) for memo in memos
        ),
        **more,
    )


def _others(order: Payload, books: Books) -> tuple[order_money.Paid, ...]:
    if order.maybe_text("state") == "canceled":
        return ()
    return order_money.other_money(order, order_lines.reading(order, books))


def other_key(order: Payload, one: order_money.Paid) -> str:
    """Names a payment that is no invoice, for one order always the same way."""
    return f"{order.text('entity_id')}:{one.gateway}:{one.mark}".rstrip(":")


# --- calls ---------------------------------------------------------------------------------------


def changes(client: StoreClient, cursor: str, now: datetime) -> Page:
    """Invoices changed, and authorisations and voids made since the cursor, thin."""
    place = json.loads(cursor) if cursor else {}
    invoices = changed(client, "invoices", place.get("invoices", ""), now, notice=_paid_notice)
    said = _said(client, place.get("transactions", ""), now)
    return Page(
        (*invoices.notices, *said.notices),
        json.dumps({"invoices": invoices.cursor, "transactions": said.cursor}),
        more=invoices.more or said.more,
    )


def _paid_notice(row: Mapping[str, Any]) -> Notice | None:
    if str(row.get("state") or PAID) != PAID:
        return None
    return Notice(Entity.PAYMENT, str(row["entity_id"]), topic="invoices/poll")


def _said(client: StoreClient, cursor: str, now: datetime) -> Page:
    def notice(row: Mapping[str, Any]) -> Notice | None:
        if row.get("txn_type") not in KIND:
            return None
        key = f"{_TRANSACTION}{row['transaction_id']}"
        return Notice(Entity.PAYMENT, key, topic="transactions/poll")

    try:
        return changed(
            client,
            "transactions",
            cursor,
            now,
            notice=notice,
            key="transaction_id",
            by="created_at",
        )
    except Forbidden:
        # They bring no money: without the right to see them only the marks on orders are missing.
        return Page((), cursor)


def read(client: StoreClient, keys: Sequence[str]) -> dict[str, Mapping[str, Any] | None]:
    """Each payment with its order and the invoices beside it, None for one that is gone."""
    return {key: _read(client, key) for key in keys}


def _read(client: StoreClient, key: str) -> dict[str, Any] | None:
    if ":" in key:
        found: Mapping[str, Any] | None = {OTHER: key, "order_id": key.partition(":")[0]}
    elif key.startswith(_TRANSACTION):
        found = order_reading.one(client, "transactions", key.removeprefix(_TRANSACTION))
        found = found and order_shape.without_notes(found)
    else:
        found = order_reading.one(client, "invoices", key)
    order = found and order_reading.order(client, str(found["order_id"]))
    if not found or not order:
        return None
    made = {**found, ORDER: order}
    if "grand_total" in found and _is_part(found, order):
        rows = order_reading.of_order(client, "invoices", str(found["order_id"]))
        made[INVOICES] = list(_sums(rows))
    return made


def _is_part(invoice: Mapping[str, Any], order: Mapping[str, Any]) -> bool:
    return Decimal(str(invoice["grand_total"])) != Decimal(str(order.get("total_paid") or 0))


def _sums(rows: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    names = ("entity_id", "state", "grand_total", "base_grand_total")
    for row in rows:
        yield {name: row.get(name) for name in names}


def _cursor_at(moment: datetime, flavour: str) -> str:
    start = cursor_at(moment)
    return json.dumps({"invoices": start, "transactions": start})


def _reached(cursor: str) -> datetime | None:
    """Invoices bring the money; transactions only leave marks."""
    try:
        return PLACES.reached(str(json.loads(cursor)["invoices"]))
    except (ValueError, KeyError, TypeError):
        return None


PORT = EntityPort(
    normalise=normalise, changes=changes, places=Places(_reached, _cursor_at), read=read
)
