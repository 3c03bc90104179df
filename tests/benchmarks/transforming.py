"""How long 60 rules take for an order of 50 lines."""

from __future__ import annotations

import statistics
import time
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from integrations.connector_kit.presets import incoming
from mappings.canonical.order import Order, OrderLine, OrderState, PaymentState
from mappings.canonical.record import Entity
from mappings.engine.document import document
from mappings.engine.transform import transform

LINES = 50
RULES = 60
TIMES = 200


def measure() -> dict[str, Any]:
    """The rules of the Heartland preset, and those that write one value again under other names."""
    preset, record = incoming("heartland", "retail", Entity.ORDER), order(LINES)
    plain = [rule for rule in preset.rules if "[" not in rule.target]
    more = [
        plain[number % len(plain)].model_copy(update={"target": f"custom.copy_{number}"})
        for number in range(RULES - len(preset.rules))
    ]
    rules = preset.model_copy(update={"rules": (*preset.rules, *more)})
    times = []
    for _ in range(TIMES):
        # CPU time: nothing is waited for, and other processes must not count.
        began = time.thread_time()
        done = transform(rules, document(record, reference="S-1001"))
        times.append((time.thread_time() - began) * 1000)
        if done.problems:
            raise ValueError(f"the rules do not fit the order: {done.problems[:3]}")
    return {
        "milliseconds": round(statistics.median(times), 3),
        "rules": len(rules.rules),
        "lines": LINES,
    }


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
