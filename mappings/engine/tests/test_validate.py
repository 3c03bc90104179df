"""What is left out on purpose, and what is held."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from mappings.canonical.inventory import Stock
from mappings.canonical.order import Order, OrderLine, OrderState, PaymentState
from mappings.canonical.record import InvalidRecord, Skipped
from mappings.engine.validate import validate


def order(*lines: OrderLine, total: str) -> Order:
    return Order(
        key="1",
        number="#1001",
        currency="USD",
        state=OrderState.OPEN,
        payment=PaymentState.PAID,
        placed_at=datetime(2026, 3, 2, 15, 4, 5, tzinfo=UTC),
        lines=lines,
        total=Decimal(total),
    )


def line(price: str, discount: str = "0") -> OrderLine:
    return OrderLine(
        key="1", sku="A", quantity=1, unit_price=Decimal(price), discount=Decimal(discount)
    )


def test_an_order_with_nothing_left_is_skipped() -> None:
    with pytest.raises(Skipped, match="nothing is left"):
        validate(order(total="0"))


def test_a_line_below_nothing_is_held_although_the_order_adds_up() -> None:
    with pytest.raises(InvalidRecord) as caught:
        validate(order(line("5"), line("1", discount="2"), total="4"))
    assert caught.value.field == "line_items[1]"
    assert caught.value.said == "-1"


def test_untracked_stock_is_skipped_and_stock_without_sku_is_held() -> None:
    with pytest.raises(Skipped, match="not tracked"):
        validate(Stock(key="9", sku="A", tracks_stock=False))
    with pytest.raises(InvalidRecord, match="has no SKU"):
        validate(Stock(key="9", sku=""))
