"""The conditions of searchCriteria, as MySQL judges them: null fits nothing but "null", and text is
compared without regard to case."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from integrations.connectors.magento.sandbox.errors import Refusal

Condition = Callable[[Any], bool]

_ORDERED: dict[str, Callable[[int], bool]] = {
    "eq": lambda order: order == 0,
    "neq": lambda order: order != 0,
    "gt": lambda order: order > 0,
    "gteq": lambda order: order >= 0,
    "moreq": lambda order: order >= 0,
    "from": lambda order: order >= 0,
    "lt": lambda order: order < 0,
    "lteq": lambda order: order <= 0,
    "to": lambda order: order <= 0,
}


def condition(name: str, asked: str) -> Condition:
    """Whether a value fits. Raises Refusal for a condition that does not exist."""
    if name in _ORDERED:
        return _ordered(_ORDERED[name], asked)
    made = _OTHERS.get(name)
    if made is None:
        raise Refusal(f'The "{name}" condition type is not supported.')
    return made(asked)


def text_of(value: Any) -> str:
    """A value as the database compares it with text."""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, (list, tuple)):
        return ",".join(text_of(entry) for entry in value)
    return str(value)


def _number(text: str) -> Decimal:
    """Text that is no number counts as 0."""
    try:
        return Decimal(text.strip())
    except InvalidOperation:
        return Decimal(0)


def _moment(asked: str) -> str:
    """A day is its first second, and a T or a zone's Z does no harm, as in MySQL."""
    text = asked.strip().replace("T", " ").removesuffix("Z")
    return f"{text} 00:00:00" if len(text) == 10 else text


def _ordered(fits: Callable[[int], bool], asked: str) -> Condition:
    number, moment, text = _number(asked), _moment(asked), asked.lower()

    def test(value: Any) -> bool:
        if value is None:
            return False
        if isinstance(value, (int, Decimal)):
            return fits((value > number) - (value < number))
        one = text_of(value).lower()
        other = moment if isinstance(value, datetime) else text
        return fits((one > other) - (one < other))

    return test


def _in(asked: str) -> Condition:
    parts = [part.strip() for part in asked.split(",")]
    texts, numbers = {part.lower() for part in parts}, {_number(part) for part in parts if part}

    def test(value: Any) -> bool:
        if isinstance(value, (int, Decimal)):
            return value in numbers
        return value is not None and text_of(value).lower() in texts

    return test


def _like(asked: str) -> Condition:
    wild = {"%": ".*", "_": "."}
    pattern = re.compile(
        "".join(wild.get(letter, re.escape(letter)) for letter in asked),
        re.IGNORECASE | re.DOTALL,
    )
    return lambda value: value is not None and pattern.fullmatch(text_of(value)) is not None


def _member(asked: str) -> Condition:
    return lambda value: value is not None and asked in text_of(value).split(",")


def _not(inner: Callable[[str], Condition], *, keeps_null: bool) -> Callable[[str], Condition]:
    def made(asked: str) -> Condition:
        test = inner(asked)
        return lambda value: keeps_null if value is None else not test(value)

    return made


_OTHERS: dict[str, Callable[[str], Condition]] = {
    "in": _in,
    "nin": _not(_in, keeps_null=False),
    "like": _like,
    "nlike": _not(_like, keeps_null=False),
    "finset": _member,
    "nfinset": _not(_member, keeps_null=True),
    "null": lambda _: lambda value: value is None,
    "notnull": lambda _: lambda value: value is not None,
}
