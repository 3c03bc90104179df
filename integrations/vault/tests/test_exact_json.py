"""Stored documents come back digit by digit."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.vault import exact_json

text = st.text()
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | text
    | st.decimals(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
    max_leaves=20,
)


def shape(value: object) -> object:
    """The value with types and digits made visible: 1 == 1.0 == Decimal("1.00") elsewhere."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [shape(inner) for inner in value]
    return (type(value).__name__, str(value))


@given(values)
def test_what_goes_in_comes_back(value: object) -> None:
    assert shape(exact_json.loads(exact_json.dumps(value))) == shape(value)


@pytest.mark.parametrize(
    "digits", ["12.30", "5", "-0", "0.000001", "1E+3", "123456789012345678901234567890.12"]
)
def test_a_decimal_keeps_its_digits(digits: str) -> None:
    back = exact_json.loads(exact_json.dumps({"total": Decimal(digits)}))
    assert shape(back) == {"total": ("Decimal", digits)}


def test_long_ids_stay_whole() -> None:
    assert exact_json.loads(exact_json.dumps({"id": 820982911946154508123})) == {
        "id": 820982911946154508123
    }


def test_decimals_are_plain_json_numbers() -> None:
    assert exact_json.dumps({"total": Decimal("12.30"), "said": '"12.30"'}) == (
        b'{"total":12.30,"said":"\\"12.30\\""}'
    )


def test_a_float_comes_back_as_its_shortest_decimal() -> None:
    assert shape(exact_json.loads(exact_json.dumps([0.1]))) == [("Decimal", "0.1")]


def test_a_lone_surrogate_is_kept() -> None:
    body = json.loads('{"note": "\\ud800"}')
    assert exact_json.loads(exact_json.dumps(body)) == body


@pytest.mark.parametrize("wrong", [Decimal("NaN"), Decimal("Infinity"), float("nan"), float("inf")])
def test_no_number_that_is_none(wrong: object) -> None:
    with pytest.raises(ValueError, match="NaN|JSON compliant"):
        exact_json.dumps([wrong])


def test_a_foreign_type_is_refused_by_name() -> None:
    with pytest.raises(TypeError, match="^bytes has no place in a stored document$"):
        exact_json.dumps({"x": b"secret"})
