"""What is worked out for rules is described, like the fields of the record."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from mappings.canonical.inventory import Level, Stock
from mappings.canonical.order import Order, OrderLine, OrderState, PaymentState
from mappings.canonical.record import Record
from mappings.canonical.refund import Refund
from mappings.canonical.schema import field_tree
from mappings.engine.document import document

RECORDS: list[Record] = [
    Order(
        key="1",
        currency="USD",
        state=OrderState.OPEN,
        payment=PaymentState.PAID,
        placed_at=datetime(2026, 3, 2, tzinfo=UTC),
        lines=(OrderLine(key="1", quantity=1, unit_price=Decimal(5)),),
        total=Decimal(5),
    ),
    Stock(
        key="1", sku="A", levels=(Level(location="3", on_hand=Decimal(1), available=Decimal(1)),)
    ),
    Refund(key="1", order_key="1", currency="USD", total=Decimal(0)),
]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: str(record.entity))
def test_every_computed_field_is_described(record: Record) -> None:
    made = document(record, reference="S-1")
    described = {one.path for one in field_tree(record.entity)}
    missing = set(
        _paths({name: made[name] for name in made if name not in type(record).model_fields})
    )
    assert missing - described == set(), "add it to mappings/canonical/field_docs.toml"


def _paths(values: dict[str, Any], before: str = "") -> list[str]:
    found = []
    for name, value in values.items():
        found.append(f"{before}{name}")
        if isinstance(value, list) and value and isinstance(value[0], dict):
            found += _paths(value[0], f"{before}{name}[].")
    return found
