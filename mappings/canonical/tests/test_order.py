"""An order adds up to the cent, or says how it does not."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from mappings.canonical.order import (
    Order,
    OrderLine,
    OrderState,
    PaymentState,
    ShippingCharge,
    check_order,
)
from mappings.canonical.record import InvalidRecord

PLACED = datetime(2026, 3, 2, 15, 4, 5, tzinfo=UTC)


def order(**changes: Any) -> Order:
    values: dict[str, Any] = {
        "key": "1",
        "number": "#1001",
        "currency": "USD",
        "state": OrderState.OPEN,
        "payment": PaymentState.PAID,
        "placed_at": PLACED,
        "updated_at": PLACED,
        "lines": (
            OrderLine(
                key="1", sku="A", quantity=3, unit_price=Decimal("4.00"), discount=Decimal("2.00")
            ),
        ),
        "charges": (ShippingCharge(amount=Decimal("5.00")),),
        "tax_total": Decimal("1.05"),
        "total": Decimal("16.05"),
    }
    return Order(**(values | changes))


def test_an_order_that_adds_up_passes() -> None:
    check_order(order())


def test_a_missing_cent_holds_the_order_and_shows_the_sum() -> None:
    with pytest.raises(InvalidRecord) as caught:
        check_order(order(total=Decimal("16.06")))
    assert caught.value.field == "total"
    assert caught.value.said == "16.06"
    assert "lines 10.00 + shipping 5.00 + tax 1.05" in str(caught.value)
    assert "= 16.05, the order says 16.06 USD" in str(caught.value)


def test_included_tax_is_not_added_again() -> None:
    check_order(order(taxes_included=True, total=Decimal("15.00")))


def test_versions_sort_by_time() -> None:
    earlier = order(updated_at=datetime(2026, 3, 2, 9, tzinfo=UTC))
    later = order(updated_at=datetime(2026, 3, 2, 9, 0, 0, 1, tzinfo=UTC))
    assert earlier.version < later.version
