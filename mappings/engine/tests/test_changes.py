"""A pair keeps its own changes; with the preset they make its rules, and none is lost."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.engine.changes import applied, apply, between, merged
from mappings.engine.rules import BadRules, RuleSet, rule_set


def rules(*rows: dict[str, Any]) -> RuleSet:
    return rule_set("preset", rows)


A = {"target": "a", "source": "x"}
B = {"target": "b", "source": "y"}
C = {"target": "c", "constant": 1}
TAG = {"target": "tags", "append": True, "constant": "gold"}


def test_a_rule_is_set_removed_and_added() -> None:
    changes = [
        {"target": "b", "rule": {"target": "b", "source": "z"}},
        {"target": "a", "removed": True},
        {"target": "tags+gold", "rule": TAG},
    ]
    made = apply(rules(A, B, C), changes)
    assert made.rows() == [{"target": "b", "source": "z"}, C, TAG]
    assert between(rules(A, B, C), made) == [changes[1], changes[0], changes[2]]
    assert made.version != rules(A, B, C).version


def test_a_change_may_rename_the_target_and_choose_its_place() -> None:
    renamed = apply(rules(A, B), [{"target": "a", "rule": {"target": "z", "source": "x"}}])
    assert [rule.target for rule in renamed.rules] == ["z", "b"]
    first = apply(rules(A, B), [{"target": "c", "rule": C, "after": ""}])
    assert [rule.target for rule in first.rules] == ["c", "a", "b"]
    amid = apply(rules(A, B), [{"target": "c", "rule": C, "after": "a"}])
    assert [rule.target for rule in amid.rules] == ["a", "c", "b"]


def test_changes_whose_rule_a_newer_preset_lacks_are_kept_and_told() -> None:
    changes = [
        {"target": "a", "rule": {"target": "a", "source": "mine"}},
        {"target": "b", "removed": True},
        {"target": "c", "rule": {"target": "c", "constant": 2}},
        {"target": "d", "rule": {"target": "d", "constant": 4}},
    ]
    newer = rules({"target": "c", "constant": 3}, {"target": "d", "source": "d"})
    made = applied(newer, changes, before=rules(A, B, C))
    assert made.rules.rows() == [
        {"target": "c", "constant": 2},
        {"target": "d", "constant": 4},
        {"target": "a", "source": "mine"},
    ]
    assert [(notice.target, notice.message) for notice in made.notices] == [
        (
            "a",
            "The newer preset no longer has a rule for a; yours stays in force."
            " Remove it when you do not need it",
        ),
        (
            "b",
            "You removed the rule for b, which the preset no longer has. Nothing needs to be done",
        ),
        (
            "c",
            "The newer preset has another rule for c; yours stays in force."
            " Compare the two and keep the one you want",
        ),
        (
            "d",
            "The newer preset has a rule for d as well; yours stays in force."
            " Compare the two and keep the one you want",
        ),
    ]
    assert applied(rules(A, B, C), changes).notices == ()


def test_a_later_change_replaces_an_earlier_one_of_its_slot() -> None:
    first = {"target": "a", "rule": A}
    other = {"target": "b", "rule": B}
    assert merged([first, other], [{"target": "a", "removed": True}]) == [
        {"target": "a", "removed": True},
        other,
    ]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rule": A}, "names no target"),
        ({"target": "a"}, "neither a rule nor removed"),
        ({"target": "a", "rule": {"target": "a"}}, "needs one of"),
        ({"target": "b.c", "rule": {"target": "b.c", "constant": 1}}, "a part of 'b'"),
    ],
)
def test_a_change_that_makes_no_sense_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(BadRules, match=message):
        apply(rules(A, B), [change])


_ROWS = st.one_of(
    st.builds(
        lambda name, source: {"target": name, "source": source},
        st.sampled_from("abcdefgh"),
        st.sampled_from("xyz"),
    ),
    st.builds(
        lambda constant: {"target": "tags", "append": True, "constant": constant},
        st.sampled_from(["gold", "silver", "bronze"]),
    ),
)
_RULES = st.lists(
    _ROWS, max_size=9, unique_by=lambda row: (row["target"], row.get("constant"))
).map(lambda rows: rules(*rows))


@given(a=_RULES, b=_RULES)
def test_what_lies_between_two_sets_makes_the_second_of_the_first(a: RuleSet, b: RuleSet) -> None:
    assert apply(a, between(a, b)) == b
    assert between(a, a) == []
