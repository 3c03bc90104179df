"""Payments: each transaction of an order, read with the others of the order."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from integrations.connector_kit.base import Account, Notice, Page
from integrations.connector_kit.payload import Payload
from integrations.connectors.shopify.client import ShopClient
from integrations.connectors.shopify.gid import to_gid, to_number
from integrations.connectors.shopify.order_lines import two_places
from integrations.connectors.shopify.polling import changed, complete, version
from mappings.canonical.payment import MoneyBack, Payment, PaymentKind, PaymentStatus
from mappings.canonical.record import Entity, Skipped

ZERO = Decimal(0)

# Their word -> ours. What is not here says nothing of money that came: see _LEFT_OUT.
KIND = {
    "SALE": PaymentKind.SALE,
    "CAPTURE": PaymentKind.CAPTURE,
    "AUTHORIZATION": PaymentKind.AUTHORIZATION,
    "EMV_AUTHORIZATION": PaymentKind.AUTHORIZATION,
    "VOID": PaymentKind.VOID,
}
STATUS = {
    "SUCCESS": PaymentStatus.SUCCEEDED,
    "PENDING": PaymentStatus.PENDING,
    "AWAITING_RESPONSE": PaymentStatus.PENDING,
    "FAILURE": PaymentStatus.FAILED,
    "ERROR": PaymentStatus.FAILED,
}
_LEFT_OUT = {
    "REFUND": "money that went back is carried as a refund",
    "SUGGESTED_REFUND": "a refund that was only suggested",
    "CHANGE": "change given in cash",
}
# Like Shopify's own webhook, the poll tells of what has ended, well or badly.
_ENDED = ("SUCCESS", "FAILURE", "ERROR")
_CARD = re.compile(r"(\d{4})\D*$")


def normalise(payload: Payload, account: Account) -> Payment:
    """A transaction with the sums of its order as our payment.

    Raises Rejected naming the field, and Skipped for a transaction that is no payment and for test
    money unless the setting skip_test_orders is "no".
    """
    order = payload.child("order")
    kind = payload.text("kind")
    if kind in _LEFT_OUT:
        raise Skipped(_LEFT_OUT[kind])
    if payload.flag("test", default=False) and account.setting("skip_test_orders", "yes") != "no":
        raise Skipped("a payment of a test order")
    key = to_number(payload.text("id"))
    at = payload.maybe_instant("processedAt") or payload.instant("createdAt")
    card = payload.maybe_child("paymentDetails")
    amount = _amount(payload)
    if amount == 0 and kind != "VOID":
        raise Skipped("a payment of nothing")
    return Payment(
        key=key,
        number=payload.maybe_text("paymentId") or order.maybe_text("name") or "",
        updated_at=at,
        order_key=order.text("legacyResourceId"),
        order_number=order.maybe_text("name") or "",
        kind=payload.one_of("kind", KIND),
        status=payload.one_of("status", STATUS),
        gateway=payload.maybe_text("gateway") or "",
        amount=amount,
        currency=order.text("currencyCode"),
        transaction_id=key,
        card_brand=(card.maybe_text("company") or "") if card else "",
        card_last4=_last4(card.maybe_text("number") or "") if card else "",
        made_at=at,
        received_before=_received_before(order, key),
        refunded=_sum(order, ("REFUND",)),
        refunds=tuple(_back(row) for row in order.rows("refunds")),
    )


def _last4(number: str) -> str:
    found = _CARD.search(number)
    return found[1] if found else ""


def _amount(row: Payload) -> Decimal:
    return two_places(row.child("amountSet").child("shopMoney").decimal("amount"))


def _back(row: Payload) -> MoneyBack:
    money = row.child("totalRefundedSet").child("shopMoney")
    return MoneyBack(key=row.text("legacyResourceId"), amount=two_places(money.decimal("amount")))


def _received_before(order: Payload, key: str) -> Decimal:
    """What sales and captures before this one brought, in the order in which they were made."""
    total = ZERO
    for row in _done(order, ("SALE", "CAPTURE")):
        if to_number(row.text("id")) == key:
            break
        total += _amount(row)
    return total


def _sum(order: Payload, kinds: Sequence[str]) -> Decimal:
    return sum((_amount(row) for row in _done(order, kinds)), ZERO)


def _done(order: Payload, kinds: Sequence[str]) -> list[Payload]:
    rows = [
        row
        for row in order.rows("transactions")
        if row.text("status") == "SUCCESS" and row.text("kind") in kinds
    ]
    return sorted(rows, key=lambda row: int(to_number(row.text("id"))))


# --- calls ---------------------------------------------------------------------------------------


def changes(client: ShopClient, cursor: str, now: datetime) -> Page:
    """Transactions of orders that changed since the cursor, thin, when they were made since then."""
    since = _since(cursor)

    def notices(row: Mapping[str, Any]) -> list[Notice]:
        return [
            Notice(
                entity=Entity.PAYMENT,
                key=to_number(paid["id"]),
                topic="order_transactions/poll",
                version=version(paid["processedAt"] or paid["createdAt"]),
            )
            for paid in row["transactions"]
            if paid["kind"] in KIND
            and paid["status"] in _ENDED
            and datetime.fromisoformat(paid["processedAt"] or paid["createdAt"]) >= since
        ]

    return changed(
        client,
        cursor,
        now,
        operation="PaymentsPage",
        root="orders",
        extra="status:any",
        notices=notices,
    )


def _since(cursor: str) -> datetime:
    """Orders change for many reasons; what was paid long before the cursor was told then."""
    if not cursor:
        return datetime.max.replace(tzinfo=UTC)
    return datetime.fromisoformat(json.loads(cursor)["from"])


def read(client: ShopClient, keys: Sequence[str]) -> dict[str, Mapping[str, Any] | None]:
    """Each transaction with its order. Raises NeedsOwner on a hidden field."""
    found: dict[str, Mapping[str, Any] | None] = {}
    for key in keys:
        answer = complete(client.run("PaymentRead", {"id": to_gid("OrderTransaction", key)}))
        found[key] = answer["node"] or None
    return found
