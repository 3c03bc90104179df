"""The money of a day: paid invoices, gift cards and store credit, credit memos; and what each order
has received."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from integrations.connector_kit.base import Account
from integrations.connector_kit.money import MoneyPort, Movement, Movements, OrderMoney
from integrations.connector_kit.payload import Payload
from integrations.connectors.magento import (
    order_lines,
    order_money,
    order_reading,
    order_refunds,
    order_shape,
    payments,
)
from integrations.connectors.magento.client import StoreClient
from integrations.connectors.magento.criteria import Criteria, where
from integrations.connectors.magento.order_refunds import MEMOS
from integrations.connectors.magento.polling import written
from integrations.connectors.magento.shape import GIFT_CARDS, STORE_CREDIT

ZERO = Decimal(0)
_AT_ONCE = 50
_BY_ID = (("entity_id", "ASC"),)

Row = Mapping[str, Any]
_Tell = Callable[[Row, Mapping[str, Payload], Account], Iterator[Movement]]


def movements(client: StoreClient, start: datetime, end: datetime, cursor: str) -> Movements:
    """Money that moved between the two moments, one list of the shop after the other."""
    path, _, offset = (cursor or f"{_PATHS[0]}:0").partition(":")
    span = (
        where("created_at", written(start), "gteq"),
        where("created_at", written(end), "lt"),
    )
    found = client.rows(path, Criteria(filters=span, sort=_BY_ID), int(offset))
    orders = _orders_of(client, path, found.items)
    tell = _TELL[path]
    told = tuple(move for row in found.items for move in tell(row, orders, client.account))
    if found.more:
        return Movements(told, f"{path}:{found.following}")
    rest = _PATHS[_PATHS.index(path) + 1 :]
    if rest[:1] == ["orders"] and not _has_other_money(client):
        rest = []
    return Movements(told, f"{rest[0]}:0" if rest else "")


def _has_other_money(client: StoreClient) -> bool:
    shape = client.shape
    return not shape.tells_modules or shape.has(GIFT_CARDS) or shape.has(STORE_CREDIT)


def _orders_of(client: StoreClient, path: str, rows: Sequence[Row]) -> dict[str, Payload]:
    """The orders that these rows belong to, but for those of a website that is not connected."""
    if path == "orders":
        found = {str(row["entity_id"]): Payload(order_reading.placed(client, row)) for row in rows}
    else:
        found = _orders(client, [str(row["order_id"]) for row in rows])
    if client.account.setting("orders_of", "website") == "all":
        return found
    return {key: one for key, one in found.items() if not one.has(order_shape.ELSEWHERE)}


def _orders(client: StoreClient, keys: Sequence[str]) -> dict[str, Payload]:
    found: dict[str, Payload] = {}
    wanted = list(dict.fromkeys(key for key in keys if key.isdecimal()))
    for place in range(0, len(wanted), _AT_ONCE):
        chunk = ",".join(wanted[place : place + _AT_ONCE])
        criteria = Criteria((where("entity_id", chunk, "in"),), sort=_BY_ID)
        for row in client.everything("orders", criteria):
            found[str(row["entity_id"])] = Payload(order_reading.placed(client, row))
    return found


def _of_invoice(row: Row, orders: Mapping[str, Payload], account: Account) -> Iterator[Movement]:
    order = orders.get(str(row["order_id"]))
    if order is None or str(row.get("state") or payments.PAID) != payments.PAID:
        return
    payload = Payload(row)
    books = order_money.books(order, account)
    if amount := books.amount(payload, "grand_total"):
        yield Movement(
            key=str(row["entity_id"]),
            order_key=str(row["order_id"]),
            method=order_shape.method(order),
            amount=amount,
            at=order_shape.instant(payload, "created_at"),
        )


def _of_memo(row: Row, orders: Mapping[str, Payload], account: Account) -> Iterator[Movement]:
    order, payload = orders.get(str(row["order_id"])), Payload(row)
    if order is None or not order_refunds.is_refunded(payload):
        return
    books = order_money.books(order, account)
    memo = order_refunds.memo(payload, order, books, ())
    for given in memo.given:
        if given.amount:
            yield Movement(
                key=f"creditmemo:{memo.key}:{given.gateway}",
                order_key=str(row["order_id"]),
                method=given.gateway,
                amount=-given.amount,
                at=order_shape.instant(payload, "created_at"),
            )


def _of_order(row: Row, orders: Mapping[str, Payload], account: Account) -> Iterator[Movement]:
    """What gift cards and store credit brought, which Magento takes when the order is placed."""
    order = orders.get(str(row["entity_id"]))
    if order is None or order.maybe_text("state") == "canceled":
        return
    books = order_money.books(order, account)
    for one in order_money.other_money(order, order_lines.reading(order, books)):
        yield Movement(
            key=payments.other_key(order, one),
            order_key=order.text("entity_id"),
            method=one.gateway,
            amount=one.amount,
            at=order_shape.instant(order, "created_at"),
        )


_TELL: Mapping[str, _Tell] = {
    "invoices": _of_invoice,
    "creditmemos": _of_memo,
    "orders": _of_order,
}
_PATHS = list(_TELL)


def orders(client: StoreClient, keys: Sequence[str]) -> dict[str, OrderMoney]:
    """What each order comes to and has received, in the currency that is booked."""
    found = _orders(client, keys)
    refunded = [key for key, order in found.items() if order_refunds.needs_memos(order)]
    memos: dict[str, list[Row]] = {key: [] for key in refunded}
    for place in range(0, len(refunded), _AT_ONCE):
        for row in order_reading.of_order(
            client, "creditmemos", *refunded[place : place + _AT_ONCE]
        ):
            memos[str(row["order_id"])].append(row)
    return {
        key: _money(Payload({**order.raw(), MEMOS: memos.get(key, [])}), client.account)
        for key, order in found.items()
    }


def _money(order: Payload, account: Account) -> OrderMoney:
    books = order_money.books(order, account)
    is_cancelled = order.maybe_text("state") == "canceled"
    reading = order_lines.reading(order, books)
    rows = {one.key for one in order_lines.counted(order, books)}
    memos = order_refunds.memos(order, books, rows)
    other = () if is_cancelled else order_money.other_money(order, reading)
    whole = ZERO if is_cancelled else order_money.total(order, reading)
    given = tuple(memo.total for memo in memos)
    return OrderMoney(
        number=order.maybe_text("increment_id") or order.text("entity_id"),
        total=whole - sum((memo.taken for memo in memos), ZERO),
        received=books.amount(order, "total_paid") + sum((one.amount for one in other), ZERO),
        refunded=sum(given, ZERO),
        refunds=given,
        state=order.maybe_text("status") or order.maybe_text("state") or "",
    )


def zone(client: StoreClient) -> str:
    """The shop's time zone, such as America/New_York."""
    return client.shape.timezone or "UTC"


PORT = MoneyPort(movements=movements, orders=orders, zone=zone)
