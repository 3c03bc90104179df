"""JSON whose numbers keep every digit: Decimal in, Decimal out, integers of any common length."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping
from datetime import date, time
from decimal import Decimal
from typing import Any

# json.dumps writes a Decimal only by way of a float. The encoder is given a marked string instead,
# and the marks are taken off afterwards; the nonce keeps foreign text from looking like a mark.
_MARK = f"exact-{secrets.token_hex(8)}:"
_MARKED = re.compile(f'"{_MARK}([^"]*)"')

_LARGEST_EXPONENT = 1000
"""Beyond it a number of ten characters would fill the memory once it is made an integer."""


def encode(value: Any) -> bytes:
    """`value` as compact UTF-8 JSON; a Decimal becomes a JSON number with exactly its digits.

    Raises TypeError for a type JSON does not have (a time must be rendered by the caller, who knows
    the form the other system wants) and ValueError for NaN and infinity.
    """
    try:
        return _written(value, ascii_only=False).encode()
    except UnicodeEncodeError:
        # Half a surrogate pair, as cut-off emoji leave it, has no UTF-8 form but has an escape.
        return _written(value, ascii_only=True).encode()


def decode(data: bytes) -> Any:
    """JSON bytes with Decimal for every number that has a point or an exponent.

    Raises ValueError for anything that is not JSON, also for NaN, infinity, absurd exponents and
    nesting too deep to read.
    """
    try:
        return json.loads(data, parse_float=_decimal, parse_constant=_no_constant)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _written(value: Any, *, ascii_only: bool) -> str:
    text = json.dumps(
        value,
        default=_default,
        ensure_ascii=ascii_only,
        allow_nan=False,
        separators=(",", ":"),
    )
    return _MARKED.sub(r"\1", text) if _MARK in text else text


def _default(value: object) -> Any:
    if isinstance(value, Decimal):
        return _MARK + _digits(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, date | time):
        raise TypeError(f"{type(value).__name__} has no JSON form; write it as the vendor wants it")
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _digits(value: Decimal) -> str:
    if not value.is_finite():
        raise ValueError(f"{value} has no JSON form")
    return str(value) if abs(value.adjusted()) > 40 else format(value, "f")


def _decimal(text: str) -> Decimal:
    number = Decimal(text)
    if not number.is_finite() or abs(number.adjusted()) > _LARGEST_EXPONENT:
        raise ValueError("a number beyond all measure")
    return number


def _no_constant(text: str) -> Any:
    raise ValueError(f"{text} is not JSON")
