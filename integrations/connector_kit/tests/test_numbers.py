from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from decimal import Decimal
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.connector_kit import numbers


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_decimals_keep_their_value(value: Decimal) -> None:
    raw = numbers.encode({"a": [value]})
    if abs(value.adjusted()) < 1000:
        assert json.loads(raw, parse_float=Decimal, parse_int=Decimal)["a"][0] == value


@pytest.mark.parametrize(
    ("value", "raw"),
    [
        (Decimal("0.10"), b"0.10"),
        (Decimal("19.90"), b"19.90"),
        (Decimal("-0.000001"), b"-0.000001"),
        (Decimal("1E+3"), b"1000"),
        (Decimal("1E-7"), b"0.0000001"),
        (Decimal("12345678901234567890.12"), b"12345678901234567890.12"),
        (Decimal("1E+60"), b"1E+60"),
        (820982911946154508, b"820982911946154508"),
        ("é", '"é"'.encode()),
        ("\ud83d", b'"\\ud83d"'),
        (MappingProxyType({"a": 1}), b'{"a":1}'),
        ((1, None, True), b"[1,null,true]"),
    ],
)
def test_encode(value: object, raw: bytes) -> None:
    assert numbers.encode(value) == raw


def test_text_that_looks_like_a_mark_stays_text() -> None:
    text = 'exact-:1.5 "exact-0:2"'
    assert json.loads(numbers.encode([text, Decimal("1.5")])) == [text, 1.5]


@pytest.mark.parametrize("value", [datetime(2026, 3, 2, tzinfo=UTC), {1, 2}, b"x", object()])
def test_types_without_json_form(value: object) -> None:
    with pytest.raises(TypeError, match="no JSON form"):
        numbers.encode([value])


@pytest.mark.parametrize("value", [Decimal("NaN"), Decimal("Infinity"), math.nan, math.inf])
def test_no_numbers(value: object) -> None:
    with pytest.raises(ValueError, match="JSON"):
        numbers.encode([value])


def test_decode_is_exact() -> None:
    got = numbers.decode(b'{"a": 0.1, "b": 820982911946154508, "c": 1e2, "d": 1.10}')
    assert got == {
        "a": Decimal("0.1"),
        "b": 820982911946154508,
        "c": Decimal(100),
        "d": Decimal("1.10"),
    }
    assert str(got["d"]) == "1.10"
    assert isinstance(got["b"], int)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"<html>",
        b"{",
        b"[NaN]",
        b"[Infinity]",
        b"[1e999999999]",
        b"[" * 100_000,
        b"\xff\xfe\xfa",
        b"1" * 5000,
    ],
)
def test_not_json(raw: bytes) -> None:
    with pytest.raises(ValueError, match=".+"):
        numbers.decode(raw)
