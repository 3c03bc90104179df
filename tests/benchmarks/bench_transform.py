"""How long the rules of the Heartland order preset take for an order of 50 lines."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

from integrations.connector_kit.presets import incoming
from mappings.canonical.order import Order, OrderLine, OrderState, PaymentState
from mappings.canonical.record import Entity
from mappings.engine.document import document
from mappings.engine.transform import transform
from tests.benchmarks.conftest import median_of


def order(lines: int) -> Order:
    return Order(
        key="1",
        number="#1001",
        currency="USD",
        state=OrderState.OPEN,
        payment=PaymentState.PAID,
        placed_at=datetime(2026, 3, 2, tzinfo=UTC),
        lines=tuple(
            OrderLine(
                key=str(index),
                sku=f"SKU-{index}",
                quantity=3,
                unit_price=Decimal("19.99"),
                discount=Decimal("1.00"),
            )
            for index in range(lines)
        ),
        total=Decimal("58.97") * lines,
    )


def test_fifty_lines(report: Callable[..., None]) -> None:
    rules, record = incoming("heartland", "retail", Entity.ORDER), order(50)

    def once() -> float:
        times = []
        for _ in range(100):
            began = time.perf_counter()
            done = transform(rules, document(record, reference="S-1001"))
            times.append(time.perf_counter() - began)
            assert not done.problems
        return statistics.median(times) * 1000

    report(milliseconds=round(median_of(once), 2), rules=len(rules.rules), target_milliseconds=2)
