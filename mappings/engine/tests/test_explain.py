"""Every rule tells what it read and what it made of it, exactly as it was done."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from mappings.engine.explain import explain
from mappings.engine.rules import rule_set
from mappings.engine.transform import transform

SOURCE: dict[str, Any] = {
    "total": Decimal("16.05"),
    "currency": "USD",
    "note": "",
    "custom": {"Tier": "gold"},
    "units": [{"sku": "A", "quantity": 2}, {"sku": "B", "quantity": 1}],
}
RULES = rule_set(
    "test",
    [
        {"target": "total", "expression": "$money(total, currency)", "type": "decimal"},
        {"target": "note", "source": "note", "default": "none"},
        {"target": "memo", "source": "note"},
        {"target": "lines[].sku", "source": "units[].sku"},
        {
            "target": "lines[].many",
            "constant": True,
            "when": {"path": "units[].quantity", "op": "equals", "value": 2},
        },
        {"target": "lines[].up", "expression": "$uppercase(sku) & $record.nowhere"},
        {"target": "tier", "lookup": {"table": "tiers", "source": "custom.Tier"}},
        {"target": "lines[].kind", "constant": "item"},
        {
            "target": "level",
            "lookup": {"table": "tiers", "source": "custom.Tier"},
            "default": "0",
        },
    ],
)


def test_each_field_has_its_sources_values_and_result() -> None:
    found = explain(RULES, SOURCE, {"tiers": {}})
    told = [(one.target, one.sources, one.values, one.result, one.note) for one in found]
    assert told == [
        ("total", ("total", "currency"), (Decimal("16.05"), "USD"), Decimal("16.05"), ""),
        ("note", ("note",), ("",), "none", "note is empty: its default"),
        ("memo", ("note",), ("",), None, "note is empty"),
        ("lines[0].sku", ("units[0].sku",), ("A",), "A", ""),
        ("lines[1].sku", ("units[1].sku",), ("B",), "B", ""),
        ("lines[0].many", ("units[0].quantity",), (2,), True, ""),
        ("lines[1].many", ("units[1].quantity",), (1,), None, "its condition does not hold"),
        ("lines[0].up", ("units[0].sku", "nowhere"), ("A", None), "A", ""),
        ("lines[1].up", ("units[1].sku", "nowhere"), ("B", None), "B", ""),
        ("tier", ("custom.Tier",), ("gold",), None, ""),
        ("lines[0].kind", (), (), "item", ""),
        ("lines[1].kind", (), (), "item", ""),
        (
            "level",
            ("custom.Tier",),
            ("gold",),
            "0",
            "custom.Tier has no entry in the table 'tiers': its default",
        ),
    ]
    assert [one.problem.message for one in found if one.problem] == [
        "custom.Tier: 'gold' has no entry in the table 'tiers'"
    ]


def test_what_is_told_is_what_is_done() -> None:
    tables = {"tiers": {"gold": "3"}}
    done = transform(RULES, SOURCE, tables)
    told = {one.target: one.result for one in explain(RULES, SOURCE, tables) if not one.note}
    assert {name: done.fields[name] for name in ("total", "tier")} == {
        name: told[name] for name in ("total", "tier")
    }
    for index, line in enumerate(done.fields["lines"]):
        assert line == {
            name: told[f"lines[{index}].{name}"]
            for name in ("sku", "many", "up", "kind")
            if f"lines[{index}].{name}" in told
        }
