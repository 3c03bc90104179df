"""Expressions: in rows, with the whole record at hand, failing one record and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from mappings.engine.expressions import needs, reads
from mappings.engine.rules import BadRules, RuleSet, rule_set
from mappings.engine.transform import transform

SOURCE: dict[str, Any] = {
    "key": "12345678901234567890",
    "total": Decimal("16.10"),
    "currency": "USD",
    "placed_at": datetime(2026, 3, 2, 3, 30, tzinfo=UTC),
    "customer": {"first_name": "ann", "last_name": None},
    "units": [
        {"sku": "a-1", "quantity": 2, "unit_price": Decimal("3.35")},
        {"sku": "b-2", "quantity": 1, "unit_price": Decimal("9.40")},
    ],
    "tags": ("web",),
}


def rules(*rows: dict[str, Any]) -> RuleSet:
    return rule_set("test", rows)


def test_expressions_read_the_record_exactly() -> None:
    done = transform(
        rules(
            {"target": "id", "expression": "key"},
            {"target": "total", "expression": "total", "type": "decimal"},
            {"target": "less", "expression": '$multiply(total, "0.9")', "type": "decimal"},
            {"target": "sum", "expression": "$add(units.unit_price)", "type": "decimal"},
            {"target": "count", "expression": "$sum(units.quantity)", "type": "integer"},
            {"target": "at", "expression": "placed_at", "type": "instant"},
            {"target": "tags", "expression": '$append(tags, ["b"])'},
            {"target": "none", "expression": "nowhere.at.all"},
            {"target": "null", "expression": "customer.last_name", "default": "-"},
        ),
        SOURCE,
    )
    assert done.problems == []
    assert done.fields == {
        "id": "12345678901234567890",
        "total": Decimal("16.10"),
        "less": Decimal("14.490"),
        "sum": Decimal("12.75"),
        "count": 3,
        "at": "2026-03-02T03:30:00+00:00",
        "tags": ["web", "b"],
        "null": "-",
    }


def test_an_expression_is_asked_in_each_row_with_the_whole_record_at_hand() -> None:
    done = transform(
        rules(
            {"target": "lines[].sku", "source": "units[].sku"},
            {
                "target": "lines[].name",
                "expression": '$uppercase(sku) & "/" & $record.currency & "/" & $index',
                "when": {"expression": "quantity > 1 or $$.currency = 'EUR'"},
            },
            {"target": "other[].sku", "expression": "sku", "each": "units[]"},
            {"target": "skus", "append": True, "expression": "sku", "each": "units[]"},
        ),
        SOURCE,
    )
    assert done.problems == []
    assert done.fields == {
        "lines": [{"sku": "a-1", "name": "A-1/USD/0"}, {"sku": "b-2"}],
        "other": [{"sku": "a-1"}, {"sku": "b-2"}],
        "skus": ["a-1", "b-2"],
    }


def test_a_failing_expression_is_a_problem_of_its_row_and_all_problems_are_told() -> None:
    done = transform(
        rules(
            {"target": "lines[].sku", "source": "units[].sku"},
            {"target": "lines[].id", "expression": '$lookup_table("ids", sku)'},
            {"target": "a", "expression": '"x" + 1'},
            {"target": "b", "expression": "$number(total) * 1.1", "type": "decimal"},
            {"target": "c", "expression": "customer", "type": "text"},
            {"target": "d", "expression": '$money("12,50", currency)'},
            {"target": "e", "expression": "$money()"},
            {"target": "f", "expression": "nowhere", "required": True},
            {"target": "g", "constant": "fine"},
        ),
        SOURCE,
        {"ids": {"a-1": "100"}},
    )
    assert done.fields == {"lines": [{"sku": "a-1", "id": "100"}, {"sku": "b-2"}], "g": "fine"}
    assert [problem.message for problem in done.problems] == [
        "the expression for lines[].id in row 2: 'b-2' has no entry in the table 'ids'",
        "the expression for a: The left side of the + operator must evaluate to a number",
        "the expression for b: 17.710000000000004 was worked out with binary fractions and may be"
        " off by a cent",
        "the expression for c: an object is not a text",
        "the expression for d: '12,50' is not a number",
        "the expression for e: write it as $money(amount, currency)",
        "the expression for f is empty, but f needs it",
    ]
    assert (done.problems[0].table, done.problems[0].value) == ("ids", "b-2")
    assert all(problem.advice for problem in done.problems)
    assert not any(problem.stopped for problem in done.problems)


@pytest.mark.parametrize(
    ("text", "message", "position"),
    [
        ("1 +", "Unexpected end of expression at position 3", 3),
        ("customer.first name", 'Syntax error: Identifier("name") at position 12', 19),
        ("$monye(total)", r"\$monye at position 1 does not exist; did you mean \$money", 1),
        ('"a" & $now()', r"\$now at position 7 gives another result each time", 7),
        ("$eval(note)", "nobody could check it", 1),
        ("a" * 4001, "at most 4000 characters", 0),
        ("(" * 3000, "nesting depth", None),
    ],
)
def test_an_expression_that_cannot_work_is_refused_with_its_place(
    text: str, message: str, position: int | None
) -> None:
    with pytest.raises(BadRules, match=message if position != 19 else "Syntax error") as caught:
        rules({"target": "a", "constant": 1}, {"target": "b", "expression": text})
    (bad,) = caught.value.found
    assert bad.target == "b"
    assert bad.position == position or position in (None, 19)


def test_functions_and_variables_of_an_expression_may_have_any_name() -> None:
    text = "($half := function($n) { $n / 2 }; $all := units#$i[$i = 0].quantity; $half($all))"
    assert transform(rules({"target": "a", "expression": text}), SOURCE).fields == {"a": 1}


def test_a_repeated_expression_must_know_its_list() -> None:
    with pytest.raises(BadRules, match="nothing says over which list it repeats"):
        rules({"target": "lines[].a", "expression": "sku"})
    with pytest.raises(BadRules, match="each is for expressions"):
        rules({"target": "lines[].a", "source": "units[].sku", "each": "units[]"})


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        (
            "customer.first_name & ' ' & customer.last_name",
            ("customer.first_name", "customer.last_name"),
        ),
        ('$record.total & "not.this" /* nor.this */', ("$$.total",)),
        ("units[quantity > 1].sku", ("units", "quantity", "sku")),
        ("`First name` ? true : null", ("First name",)),
        ("$contains(note, /a.b/i) and total / 2 > 1", ("note", "total")),
    ],
)
def test_the_paths_an_expression_reads_are_known(text: str, paths: tuple[str, ...]) -> None:
    assert reads(text) == paths


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("customer.first_name & currency", {"customer", "first_name", "currency"}),
        ("$sum(units[quantity > 1].quantity)", {"units", "quantity"}),
        ("$$.total", {"total"}),
        ("`First name`", {"First name"}),
        ("$lookup($$, 'total')", None),
        ("$lookup($record, 'total')", None),
        ("$.total", None),
        ("*.sku", None),
        ("**.sku", None),
    ],
)
def test_what_an_expression_can_reach_is_known(text: str, names: set[str] | None) -> None:
    found = needs(text, repeated=False)
    assert (None if found.all_ else found.names) == names


@pytest.mark.parametrize(
    ("expressions", "told"),
    [
        (["total"], {"total": None}),
        (["total", "units[].sku & $$.total"], {"total": None, "sku": None, "units": {"sku", "total"}}),
        (["$count(units)", "units[].sku"], {"units": None, "sku": None}),
        (["units[].$string($)"], {"units": None}),
        (["units[].$$.units"], {"units": None}),
        (["total", "units[].$keys($record)"], None),
    ],
)  # fmt: skip
def test_the_process_is_told_of_nothing_else(
    expressions: list[str], told: dict[str, Any] | None
) -> None:
    rows = [
        {"target": f"r[].f{number}", "expression": text[8:], "each": "units[]"}
        if text.startswith("units[].")
        else {"target": f"f{number}", "expression": text}
        for number, text in enumerate(expressions)
    ]
    assert rules(*rows).plan.needs == told


def test_the_whole_record_is_there_when_it_is_taken_as_a_whole() -> None:
    done = transform(
        rules(
            {"target": "a", "expression": "$lookup($$, 'currency')"},
            {"target": "rows[].b", "expression": "$lookup($record, 'key')", "each": "units[]"},
        ),
        SOURCE,
    )
    key = SOURCE["key"]
    assert done.fields == {"a": "USD", "rows": [{"b": key}, {"b": key}]}
