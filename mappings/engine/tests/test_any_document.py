"""Whatever the document holds, transform says what is wrong and never raises."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from mappings.engine.explain import explain
from mappings.engine.rules import ValueType, rule_set
from mappings.engine.transform import transform

_NAMES = ("a", "b", "c")
_LEAVES: Any = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    # Python refuses to write a number of more than 4,300 digits as text.
    st.sampled_from([63, 64, 1400, 20_000]).map(lambda bits: 2**bits),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(["\ud800", "1e999999999", "NaN", "-Infinity", "0x1", "2026-13-01", "yes"]),
    st.decimals(),
    st.sampled_from([Decimal("1E+999999"), Decimal("1E-999999"), Decimal("sNaN")]),
    st.just(datetime(2026, 3, 2, tzinfo=UTC)),
    st.binary(max_size=4),
)
_VALUES: Any = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(st.sampled_from([*_NAMES, 1, None]), inner, max_size=4),
    ),
    max_leaves=12,
)
_DOCUMENTS: Any = st.dictionaries(st.sampled_from(_NAMES), _VALUES, max_size=3)

_ROWS: list[dict[str, Any]] = [
    *(
        {"target": f"{kind}_{name}", "source": path, "type": kind}
        for kind in ValueType
        for name, path in (("one", "a"), ("deep", "a.b"), ("at", "b[1]"))
    ),
    {"target": "looked_up", "lookup": {"table": "t", "source": "a"}},
    {"target": "rows[].a", "source": "b[].a", "type": "decimal", "required": True},
    {
        "target": "rows[].b",
        "source": "c.a[].b",
        "when": {"path": "a", "op": "contains", "value": 1},
    },
    {"target": "list", "source": "a"},
    {"target": "list", "append": True, "source": "b[].c"},
    {"target": "list", "append": True, "source": "c"},
    *(
        {"target": f"when_{op}", "constant": 1, "when": {"path": "a", "op": op, "value": value}}
        for op, value in (
            ("equals", 1),
            ("differs", "x"),
            ("one_of", [True, "yes", 2.5]),
            ("contains", "1"),
            ("exists", None),
            ("missing", None),
        )
    ),
]
_PLAIN = rule_set("plain", _ROWS)
_WITH_EXPRESSIONS = rule_set(
    "expressions",
    [
        {"target": "a", "expression": "$money(a, 'USD')", "type": "decimal"},
        {"target": "b", "expression": "a.b & $uppercase(c)"},
        {"target": "rows[].a", "expression": "$add(a, $index)", "each": "b[]", "type": "integer"},
        {"target": "c", "constant": 1, "when": {"expression": "$lookup_table('t', a) = '1'"}},
    ],
)


@settings(deadline=None)
@given(document=_DOCUMENTS)
def test_plain_rules_never_raise(document: dict[str, Any]) -> None:
    done = transform(_PLAIN, document, {"t": {"1": "one"}})
    told = explain(_PLAIN, document, {"t": {"1": "one"}})
    # What cannot be added to a list is seen only when the list is there.
    said = [one for one in done.problems if "no list to add to" not in one.message]
    assert [one.problem for one in told if one.problem] == said


# The first one starts a process.
@settings(max_examples=60, deadline=None)
@given(document=_DOCUMENTS)
def test_expressions_never_raise(document: dict[str, Any]) -> None:
    done = transform(_WITH_EXPRESSIONS, document, {"t": {"1": "one"}})
    assert {problem.target for problem in done.problems} <= {"a", "b", "rows[].a", "c"}
