"""A rule counts only when all its conditions hold; a list is added to, once each."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from mappings.canonical.order import PaymentState
from mappings.engine.rules import BadRules, RuleSet, rule_set
from mappings.engine.transform import transform

SOURCE: dict[str, Any] = {
    "total": Decimal("16.50"),
    "is_test": False,
    "payment": PaymentState.PAID,
    "tags": ("web", "vip"),
    "custom": {"Tier": "gold"},
    "note": "Please ring twice",
    "charges": [],
    "units": [
        {"sku": "A", "quantity": 2, "is_gift_card": False},
        {"sku": "B", "quantity": 1, "is_gift_card": True},
    ],
}


def rules(*rows: dict[str, Any]) -> RuleSet:
    return rule_set("test", rows)


@pytest.mark.parametrize(
    ("condition", "held"),
    [
        ({"path": "custom.Tier", "op": "exists"}, True),
        ({"path": "custom.Level", "op": "exists"}, False),
        ({"path": "charges", "op": "exists"}, False),
        ({"path": "charges", "op": "missing"}, True),
        ({"path": "custom.Tier", "op": "equals", "value": "gold"}, True),
        ({"path": "custom.Tier", "op": "equals", "value": "Gold"}, False),
        ({"path": "custom.Tier", "op": "differs", "value": "gold"}, False),
        ({"path": "custom.Level", "op": "equals", "value": ""}, False),
        ({"path": "custom.Level", "op": "differs", "value": "gold"}, True),
        ({"path": "total", "op": "equals", "value": "16.5"}, True),
        ({"path": "total", "op": "equals", "value": 16.5}, True),
        ({"path": "total", "op": "equals", "value": "sixteen"}, False),
        ({"path": "is_test", "op": "equals", "value": False}, True),
        ({"path": "is_test", "op": "equals", "value": "no"}, True),
        ({"path": "is_test", "op": "equals", "value": 0}, False),
        ({"path": "payment", "op": "equals", "value": "paid"}, True),
        ({"path": "payment", "op": "one_of", "value": ["pending", "paid"]}, True),
        ({"path": "payment", "op": "one_of", "value": ["pending"]}, False),
        ({"path": "tags", "op": "contains", "value": "vip"}, True),
        ({"path": "tags", "op": "contains", "value": "vi"}, False),
        ({"path": "note", "op": "contains", "value": "ring"}, True),
        ({"path": "custom", "op": "contains", "value": "Tier"}, True),
        ({"path": "nowhere.at.all", "op": "contains", "value": "x"}, False),
    ],
)
def test_each_condition_holds_as_it_reads(condition: dict[str, Any], held: bool) -> None:
    done = transform(rules({"target": "a", "constant": 1, "when": condition}), SOURCE)
    assert done.fields == ({"a": 1} if held else {})
    assert done.problems == []


def test_all_conditions_of_a_rule_must_hold() -> None:
    exists = {"path": "custom.Tier", "op": "exists"}
    silver = {"path": "custom.Tier", "op": "equals", "value": "silver"}
    done = transform(rules({"target": "a", "constant": 1, "when": [exists, silver]}), SOURCE)
    assert done.fields == {}


def test_a_condition_with_brackets_is_asked_in_each_row_and_one_without_in_the_record() -> None:
    done = transform(
        rules(
            {"target": "lines[].sku", "source": "units[].sku"},
            {
                "target": "lines[].kind",
                "constant": "GiftCard",
                "when": {"path": "units[].is_gift_card", "op": "equals", "value": True},
            },
            {
                "target": "lines[].tier",
                "constant": "gold",
                "when": {"path": "custom.Tier", "op": "equals", "value": "gold"},
            },
        ),
        SOURCE,
    )
    assert done.fields["lines"] == [
        {"sku": "A", "tier": "gold"},
        {"sku": "B", "kind": "GiftCard", "tier": "gold"},
    ]


def test_a_required_rule_whose_condition_does_not_hold_is_no_problem() -> None:
    row = {"target": "a", "source": "nowhere", "required": True}
    assert len(transform(rules(row), SOURCE).problems) == 1
    row["when"] = {"path": "nowhere", "op": "exists"}
    assert transform(rules(row), SOURCE).problems == []


def test_append_adds_to_a_list_once_each_and_leaves_the_record_alone() -> None:
    done = transform(
        rules(
            {"target": "tags", "source": "tags"},
            {
                "target": "tags",
                "append": True,
                "constant": "loyalty:gold",
                "when": {"path": "custom.Tier", "op": "equals", "value": "gold"},
            },
            {"target": "tags", "append": True, "constant": "vip"},
            {"target": "tags", "append": True, "source": "units[].sku"},
            {"target": "skus", "append": True, "source": "units[].sku"},
        ),
        SOURCE,
    )
    assert done.problems == []
    assert done.fields["tags"] == ["web", "vip", "loyalty:gold", "A", "B"]
    assert done.fields["skus"] == ["A", "B"]
    assert SOURCE["tags"] == ("web", "vip")


def test_append_to_what_is_no_list_is_a_problem_that_says_so() -> None:
    done = transform(
        rules(
            {"target": "note", "source": "note"},
            {"target": "note", "append": True, "constant": "!"},
        ),
        SOURCE,
    )
    assert done.fields == {"note": "Please ring twice"}
    assert done.problems[0].message == (
        "note holds 'Please ring twice', which is no list to add to"
    )


def test_a_list_is_converted_element_by_element() -> None:
    done = transform(
        rules({"target": "a", "append": True, "source": "units[].quantity", "type": "text"}),
        SOURCE,
    )
    assert done.fields == {"a": ["2", "1"]}


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"target": "a", "constant": 1, "when": {"path": "b"}}, "needs a path and a test"),
        ({"target": "a", "constant": 1, "when": {"path": "b", "op": "like"}}, "when.0.op"),
        ({"target": "a", "constant": 1, "when": {"path": "b", "op": "equals"}}, "one value"),
        ({"target": "a", "constant": 1, "when": {"path": "b", "op": "one_of"}}, "list of values"),
        ({"target": "a", "constant": 1, "when": {"path": "b[].c", "op": "exists"}}, "one side"),
        ({"target": "a[]", "source": "b[].c"}, "names no field"),
        ({"target": "a[0]", "source": "b"}, "one place of a list"),
        ({"target": "a", "constant": 1, "label": "x"}, "does not append"),
        ({"target": "a", "constant": 1, "colour": "x"}, "colour is no part of a rule"),
    ],
)
def test_a_rule_that_means_nothing_is_refused(row: dict[str, Any], message: str) -> None:
    with pytest.raises(BadRules, match=message):
        rules(row)


def test_a_field_cannot_be_a_value_and_hold_fields_and_all_such_rules_are_named() -> None:
    with pytest.raises(BadRules) as caught:
        rules(
            {"target": "a", "constant": 1},
            {"target": "a.b", "constant": 2},
            {"target": "c", "constant": 3},
            {"target": "c", "constant": 4},
        )
    assert [bad.target for bad in caught.value.found] == ["c", "a.b"]


def test_rules_that_append_to_one_target_are_told_apart() -> None:
    made = rules(
        {"target": "tags", "append": True, "constant": "gold"},
        {"target": "tags", "append": True, "source": "payment"},
        {"target": "tags", "append": True, "constant": "gold", "label": "again"},
    )
    assert [rule.slot for rule in made.rules] == ["tags+gold", "tags+payment", "tags+again"]
    with pytest.raises(BadRules, match="Give each a label of its own"):
        rules(*[{"target": "tags", "append": True, "constant": "gold"}] * 2)


def test_rows_make_the_same_rules_again() -> None:
    made = rules(
        {"target": "a", "source": "b", "when": {"path": "c", "op": "one_of", "value": [1, "x"]}},
        {"target": "d", "lookup": {"table": "t", "source": "e"}, "type": "decimal"},
        {"target": "f", "constant": False},
    )
    assert rule_set("test", made.rows()) == made
