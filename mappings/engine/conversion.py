"""Values as the type a target field wants, or a refusal that says what was expected."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from mappings.engine.rule import ValueType

_LONGEST_NUMBER = 40
"""Digits of a number in front of the point; beyond lies no amount, but a way to fill memory."""


_LONGEST_SHOWN = 200


class Refused(Exception):  # noqa: N818 - carries a message to the problem that is made of it
    """Why one value cannot be used; `advice` says what to do."""

    def __init__(
        self,
        message: str,
        advice: str = "",
        *,
        table: str = "",
        value: str = "",
        stopped: bool = False,
    ) -> None:
        super().__init__(message)
        self.advice = advice
        self.table = table
        self.value = value
        self.stopped = stopped


def shown(value: Any) -> str:
    """The value as a message shows it: short, whatever it is."""
    try:
        said = as_text(value)
    except Refused as refused:
        return str(refused)
    return said if len(said) <= _LONGEST_SHOWN else f"{said[:_LONGEST_SHOWN]}…"


def as_text(value: Any) -> str:
    """str(value). Raises Refused for a number of thousands of digits, also within a list."""
    try:
        return str(value)
    except (ValueError, RecursionError):
        raise Refused("a number of endless digits") from None


def convert(value: Any, wanted: ValueType) -> Any:
    """`value` as the wanted type; a list is converted element by element. Raises Refused."""
    if isinstance(value, list | tuple):
        return [convert(one, wanted) for one in value]
    if isinstance(value, dict):
        raise Refused(f"an object is not {_CALLED[wanted]}", "Name one field of it in the rule.")
    return _CONVERTERS[wanted](value)


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return as_text(value)


def number(value: Any) -> Decimal:
    """`value` as a Decimal. Raises Refused for what is no number or has binary fractions."""
    if type(value) is Decimal:
        if value.is_finite():
            return _bounded(value)
    elif isinstance(value, bool):
        raise Refused(f"{shown(value)} is not a number")
    if isinstance(value, float) and not value.is_integer():
        # 0.1 + 0.2 is 0.30000000000000004 in JSONata: no amount may come about like that.
        raise Refused(
            f"{shown(value)} was worked out with binary fractions and may be off by a cent",
            "Calculate amounts with $add, $subtract, $multiply, $divide or $money in the rule.",
        )
    try:
        found = Decimal(as_text(value))
    except InvalidOperation:
        raise Refused(f"{shown(value)!r} is not a number") from None
    if not found.is_finite():
        raise Refused(f"{shown(value)!r} is not a number")
    return _bounded(found)


def _bounded(value: Decimal) -> Decimal:
    if not -_LONGEST_NUMBER <= value.adjusted() <= _LONGEST_NUMBER and value:
        raise Refused(f"{shown(value)} is beyond every amount")
    return value


def _integer(value: Any) -> int:
    if type(value) is int:
        return value
    found = number(value)
    if found != found.to_integral_value():
        raise Refused(f"{shown(value)} is not a whole number")
    return int(found)


def _flag(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    word = as_text(value).strip().lower()
    if word in ("true", "yes", "1"):
        return True
    if word in ("false", "no", "0"):
        return False
    raise Refused(f"{shown(value)!r} is neither yes nor no")


def _instant(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    try:
        return datetime.fromisoformat(as_text(value)).isoformat()
    except ValueError:
        raise Refused(f"{shown(value)!r} is not a time") from None


_CALLED = {
    ValueType.TEXT: "a text",
    ValueType.DECIMAL: "a number",
    ValueType.INTEGER: "a whole number",
    ValueType.FLAG: "yes or no",
    ValueType.INSTANT: "a time",
}
_CONVERTERS = {
    ValueType.TEXT: _text,
    ValueType.DECIMAL: number,
    ValueType.INTEGER: _integer,
    ValueType.FLAG: _flag,
    ValueType.INSTANT: _instant,
}
