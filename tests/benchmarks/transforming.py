"""How long 60 rules take for an order of 50 lines: plain ones, and a set with all kinds of rules."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import psutil

from integrations.connector_kit.presets import incoming
from mappings.canonical.address import Address
from mappings.canonical.order import (
    Order,
    OrderCustomer,
    OrderLine,
    OrderState,
    PaymentState,
    ShippingCharge,
)
from mappings.canonical.record import Entity
from mappings.engine.document import document
from mappings.engine.rules import Rule, RuleSet, rule_set
from mappings.engine.transform import transform

LINES = 50
RULES = 60
TIMES = 200
TABLES = {
    "states": {"open": "pending", "closed": "complete"},
    "shipping": {"Standard": "12"},
    "countries": {"US": "1"},
}

CONDITIONS: tuple[dict[str, Any], ...] = (
    {
        "target": "tags",
        "append": True,
        "constant": "loyalty:gold",
        "when": {"path": "attributes.Tier", "op": "equals", "value": "gold"},
    },
    {
        "target": "tags",
        "append": True,
        "constant": "wholesale",
        "when": {"path": "tags", "op": "contains", "value": "wholesale"},
    },
    {"target": "tags", "append": True, "source": "tags"},
    {
        "target": "lines[].kind",
        "constant": "GiftCard",
        "when": {"path": "units[].sku", "op": "one_of", "value": ["GIFT-25", "GIFT-50"]},
    },
    {
        "target": "lines[].weight",
        "constant": "1",
        "when": {"path": "units[].quantity", "op": "equals", "value": "2"},
    },
    {"target": "custom.state", "lookup": {"table": "states", "source": "state"}},
    {"target": "shipping[].method", "lookup": {"table": "shipping", "source": "charges[].title"}},
    {"target": "custom.country", "lookup": {"table": "countries", "source": "shipping.country"}},
)
EXPRESSIONS: tuple[dict[str, Any], ...] = (
    {"target": "custom.name", "expression": "customer.first_name & ' ' & customer.last_name"},
    {"target": "custom.phone", "expression": "$phone(shipping.phone, shipping.country)"},
    {"target": "custom.net", "expression": "$subtract(total, tax_total)", "type": "decimal"},
    {"target": "lines[].short", "expression": "$substring(sku, 0, 12)"},
)


def measure() -> dict[str, Any]:
    """Milliseconds for one order: 60 plain rules; 8 of them with conditions and lookups; and
    4 expressions besides, one of them over all lines (CPU of all processes, and time waited)."""
    preset = incoming("heartland", "retail", Entity.ORDER)
    return {
        "milliseconds": _measured(_filled(preset, ()))["cpu_ms"],
        "conditions": _measured(_filled(preset, CONDITIONS)),
        "expressions": _measured(_filled(preset, (*CONDITIONS, *EXPRESSIONS))),
        "rules": RULES,
        "lines": LINES,
    }


def _filled(preset: RuleSet, more: Sequence[dict[str, Any]]) -> RuleSet:
    """60 rules: as many of the preset as there is room for beside `more`, and if those are too
    few, rules that write one value again."""
    rules = [*preset.rules[: RULES - len(more)], *(Rule.model_validate(row) for row in more)]
    plain = [rule for rule in preset.rules if rule.source and "[" not in rule.target]
    copies = [
        plain[number % len(plain)].model_copy(update={"target": f"custom.copy_{number}"})
        for number in range(RULES - len(rules))
    ]
    return rule_set("benchmark", [*rules, *copies])


def _measured(rules: RuleSet) -> dict[str, float]:
    record = order(LINES)
    _transformed(rules, record)  # starts the process that evaluates expressions
    began = _elsewhere()
    cpu, waited = [], []
    for _ in range(TIMES):
        # CPU time besides: other processes of the machine must not count.
        at, used = time.perf_counter(), time.thread_time()
        _transformed(rules, record)
        cpu.append((time.thread_time() - used) * 1000)
        waited.append((time.perf_counter() - at) * 1000)
    elsewhere = (_elsewhere() - began) / TIMES * 1000
    return {
        "cpu_ms": round(statistics.median(cpu) + elsewhere, 3),
        "wall_ms": round(statistics.median(waited), 3),
    }


def _transformed(rules: RuleSet, record: Order) -> None:
    done = transform(rules, document(record, reference="S-1001"), TABLES)
    if done.problems:
        raise ValueError(f"the rules do not fit the order: {done.problems[:3]}")


def _elsewhere() -> float:
    """Seconds of CPU that the processes used which evaluate expressions for us."""
    used = [child.cpu_times() for child in psutil.Process().children()]
    return sum(times.user + times.system for times in used)


def order(lines: int) -> Order:
    return Order(
        key="1",
        number="#1001",
        currency="USD",
        state=OrderState.OPEN,
        payment=PaymentState.PAID,
        placed_at=datetime(2026, 3, 2, tzinfo=UTC),
        customer=OrderCustomer(first_name="Ann", last_name="Lee"),
        shipping=Address(lines=("12 Elm St",), city="Austin", country="US", phone="512-555-0134"),
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
        charges=(ShippingCharge(title="Standard", amount=Decimal("5.00")),),
        tags=("wholesale",),
        attributes={"Tier": "gold"},
        total=Decimal("58.97") * lines + 5,
    )
