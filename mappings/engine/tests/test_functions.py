"""Each function gives what its example says, and says what it cannot do."""

from __future__ import annotations

from typing import Any

import pytest

from mappings.engine import functions
from mappings.engine.functions import FUNCTIONS, TABLES
from mappings.engine.rules import rule_set
from mappings.engine.transform import transform

TABLE = {"tiers": {"gold": "3"}}


def test_every_example_gives_what_it_says() -> None:
    rows = [
        {"target": name, "expression": function.example} for name, function in FUNCTIONS.items()
    ]
    done = transform(rule_set("examples", rows), {}, TABLE)
    assert done.problems == []
    assert done.fields == {name: function.gives for name, function in FUNCTIONS.items()}


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
def test_every_function_says_what_it_means(function: functions.Function) -> None:
    assert function.meaning.endswith(".")
    assert function.name in function.example


@pytest.mark.parametrize(
    ("call", "result"),
    [
        (lambda: functions.add("0.10", 2, [3, "4.05"], None), "9.15"),
        (lambda: functions.multiply("999999999999.999999", "999999999999.999999"),
         "999999999999999998000000.000000000001"),
        (lambda: functions.money("5", "JPY"), "5"),
        (lambda: functions.money(None, "USD"), None),
        (lambda: functions.divide("2", "3", 6), "0.666667"),
        (lambda: functions.country("u.s.a."), "US"),
        (lambda: functions.country("Côte d’Ivoire"), "CI"),
        (lambda: functions.region("tx", "United States"), "TX"),
        (lambda: functions.region("Québec", "CA"), "QC"),
        (lambda: functions.region("Bayern", "DE"), "Bayern"),
        (lambda: functions.phone("555", "US"), "555"),
        (lambda: functions.phone("+44 20 7946 0018"), "+442079460018"),
        (lambda: functions.first_name("Cher"), "Cher"),
        (lambda: functions.last_name("Cher"), None),
        (lambda: functions.title_case("o'neil-smith"), "O'neil-Smith"),
        (lambda: functions.plain_text("a<br>b<script>x()</script> c"), "a\nb c"),
        (lambda: functions.join_lines("one"), "one"),
        (lambda: functions.first_filled("", [], 0), 0),
        (lambda: functions.local_date("2026-03-02T03:30:00Z", "Europe/Berlin"), "2026-03-02"),
        (lambda: functions.digits("none"), None),
    ],
)  # fmt: skip
def test_edges(call: Any, result: Any) -> None:
    assert call() == result


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: functions.add("twelve"), "'twelve' is not a number"),
        (lambda: functions.add(0.1 + 0.2), "binary fractions"),
        (lambda: functions.add("1e99"), "beyond every amount"),
        (lambda: functions.divide("1", "0"), "divided by 0"),
        (lambda: functions.money("1", "dollars"), "'DOLLARS' is no currency"),
        (lambda: functions.country("Atlantis"), "'Atlantis' is no country"),
        (lambda: functions.region("Bavaria", "US"), "'Bavaria' is no state or province of US"),
        (lambda: functions.shorten("abc", 0), "cannot be shortened to 0"),
        (lambda: functions.local_date("soon", "America/Chicago"), "'soon' is no time"),
        (lambda: functions.local_date("2026-03-02", "Mars/Base"), "is no time zone"),
        (lambda: functions.join_lines([["a" * 1000] * 101], ""), "too long"),
        (lambda: functions.digits({"a": 1}), "not a list or an object"),
    ],
)
def test_what_cannot_be_done_is_said(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_a_value_without_an_entry_waits_unless_something_stands_in() -> None:
    token = TABLES.set(TABLE)
    try:
        with pytest.raises(functions.NoEntry, match="'silver' has no entry in the table 'tiers'"):
            functions.lookup_table("tiers", "silver")
        assert functions.lookup_table("tiers", "silver", "0") == "0"
        assert functions.lookup_table("tiers", None) is None
    finally:
        TABLES.reset(token)
