"""Rules fill the target's fields, or say what is wrong with all of them at once."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from mappings.engine.paths import BadPath, parse
from mappings.engine.rules import RuleSet, rule_set
from mappings.engine.transform import transform

SOURCE: dict[str, Any] = {
    "number": "#1001",
    "note": "",
    "total": Decimal("16.05"),
    "shipping": {"lines": ("12 Elm St", "Apt 3"), "country": "US"},
    "units": [
        {"sku": "A", "quantity": 2, "unit_price": Decimal("3.33")},
        {"sku": "", "quantity": 1, "unit_price": Decimal("3.34")},
    ],
    "tier": "gold",
}


def rules(*rows: dict[str, Any]) -> RuleSet:
    return rule_set("test", rows)


def test_paths_indexes_and_nesting() -> None:
    done = transform(
        rules(
            {"target": "public_id", "source": "number"},
            {"target": "address.line_1", "source": "shipping.lines[0]"},
            {"target": "address.line_3", "source": "shipping.lines[2]"},
            {"target": "custom.system", "constant": "clarity"},
        ),
        SOURCE,
    )
    assert done.problems == []
    assert done.fields == {
        "public_id": "#1001",
        "address": {"line_1": "12 Elm St"},
        "custom": {"system": "clarity"},
    }


def test_a_rule_repeats_over_a_list() -> None:
    done = transform(
        rules(
            {"target": "lines[].qty", "source": "units[].quantity", "type": "text"},
            {"target": "lines[].price", "source": "units[].unit_price"},
            {"target": "lines[].kind", "constant": "ItemLine"},
        ),
        SOURCE,
    )
    assert done.fields["lines"] == [
        {"qty": "2", "price": Decimal("3.33"), "kind": "ItemLine"},
        {"qty": "1", "price": Decimal("3.34"), "kind": "ItemLine"},
    ]


def test_defaults_stand_in_for_missing_null_and_empty() -> None:
    done = transform(
        rules(
            {"target": "note", "source": "note", "default": "none"},
            {"target": "other", "source": "nowhere", "default": 0},
        ),
        SOURCE,
    )
    assert done.fields == {"note": "none", "other": 0}


def test_every_problem_is_reported_with_its_place() -> None:
    done = transform(
        rules(
            {"target": "lines[].sku", "source": "units[].sku", "required": True},
            {"target": "count", "source": "total", "type": "integer"},
            {"target": "tier", "lookup": {"table": "tiers", "source": "tier"}},
        ),
        SOURCE,
        {"tiers": {"silver": "2"}},
    )
    assert [(p.target, p.source) for p in done.problems] == [
        ("lines[].sku", "units[1].sku"),
        ("count", "total"),
        ("tier", "tier"),
    ]
    assert "16.05 is not a whole number" in done.problems[1].message
    assert "'gold' has no entry in the table 'tiers'" in done.problems[2].message


def test_a_lookup_finds_its_word() -> None:
    done = transform(
        rules({"target": "level", "lookup": {"table": "tiers", "source": "tier"}}),
        SOURCE,
        {"tiers": {"gold": "3"}},
    )
    assert done.fields == {"level": "3"}


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"target": "a"}, "needs one of"),
        ({"target": "a", "source": "b", "constant": 1}, "needs one of"),
        ({"target": "a[].b", "source": "c"}, "one side only"),
        ({"target": "a[].b[].c", "source": "d[].e[].f"}, "more than one list"),
    ],
)
def test_a_rule_that_means_nothing_is_refused(row: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        rules(row)


def test_two_rules_for_one_field_are_refused() -> None:
    with pytest.raises(ValueError, match="two rules"):
        rules({"target": "a", "constant": 1}, {"target": "a", "constant": 2})


def test_equal_rules_have_an_equal_version() -> None:
    row = {"target": "a", "constant": 1}
    assert rules(row).version == rules(dict(row)).version
    assert rules(row).version != rules({**row, "constant": 2}).version


@pytest.mark.parametrize("path", ["", ".a", "a..b", "[0]", "a[x]", "a]"])
def test_bad_paths_are_refused(path: str) -> None:
    with pytest.raises(BadPath):
        parse(path)
