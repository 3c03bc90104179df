"""What a connector tells of the money of a day, so that both sides can be compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

Client = Any


@dataclass(frozen=True)
class Movement:
    """Money that came, or went back (`amount` below zero).

    `order_key`: id of its order on this side, "" when the side does not say. `method`: who took it,
    a gateway or a payment type.
    """

    key: str
    order_key: str
    method: str
    amount: Decimal
    at: datetime


@dataclass(frozen=True)
class Movements:
    """One page; `cursor` leads to the next page, "" when this was the last."""

    rows: Sequence[Movement]
    cursor: str = ""


@dataclass(frozen=True)
class OrderMoney:
    """An order as its side sees it now. `received`: all that came in; `refunded`: what went back,
    0 where the side books that elsewhere, `refunds` one by one. `state`: its own word."""

    number: str
    total: Decimal
    received: Decimal
    refunded: Decimal
    state: str
    refunds: Sequence[Decimal] = ()


@dataclass(frozen=True)
class MoneyPort:
    """`movements(client, start, end, cursor)`: money moved from `start` on and before `end`, paged.
    `orders(client, keys)`: those of the orders that exist. `zone(client)`: name of the account's
    time zone, where it has one; its day is the day of the report."""

    movements: Callable[[Client, datetime, datetime, str], Movements]
    orders: Callable[[Client, Sequence[str]], Mapping[str, OrderMoney]]
    zone: Callable[[Client], str] | None = None
