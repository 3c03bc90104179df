"""Conditions of rules as tests that are prepared once and asked often."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mappings.engine.conversion import Refused, number, shown
from mappings.engine.paths import EACH, MISSING, parse, read
from mappings.engine.rule import Condition, Op

Asked = Callable[[Any, Any], bool]
"""Whether a condition holds, given the row (or the record) and the record."""


def is_empty(value: Any) -> bool:
    """Whether nothing is there: no such path, null, "" or an empty list or object."""
    return (
        value is MISSING
        or value is None
        or value == ""
        or (isinstance(value, list | tuple | dict) and not value)
    )


def asked(condition: Condition) -> Asked:
    """The test of a condition with a path, ready to be asked."""
    path = parse(str(condition.path))
    passes = _passing(condition)
    if EACH in path:
        here = path[path.index(EACH) + 1 :]
        if len(here) == 1 and isinstance(here[0], str):
            key = here[0]
            return lambda row, record: passes(
                row.get(key, MISSING) if type(row) is dict else read(row, here)
            )
        return lambda row, record: passes(read(row, here))
    return lambda row, record: passes(read(record, path))


def _passing(condition: Condition) -> Callable[[Any], bool]:
    op = condition.op
    if op is Op.EXISTS:
        return lambda value: not is_empty(value)
    if op is Op.MISSING:
        return is_empty
    if op is Op.ONE_OF:
        tests = tuple(_equals(one) for one in condition.value)
        return lambda value: any(test(value) for test in tests)
    same = _equals(condition.value)
    if op is Op.EQUALS:
        return same
    if op is Op.DIFFERS:
        return lambda value: not same(value)
    return _contains(condition.value)


def _contains(wanted: Any) -> Callable[[Any], bool]:
    same, part = _equals(wanted), str(wanted)

    def contains(value: Any) -> bool:
        if isinstance(value, list | tuple):
            return any(same(one) for one in value)
        if isinstance(value, dict):
            return part in value
        return isinstance(value, str) and part in value

    return contains


def _equals(wanted: Any) -> Callable[[Any], bool]:
    """Compares as the value in the record is: yes/no, number, or text."""
    text = str(wanted).lower() if isinstance(wanted, bool) else str(wanted)
    try:
        amount = number(wanted)
    except Refused:
        amount = None
    # A float is no exact number, but 0.5 typed in a rule is meant as written.
    if amount is None and isinstance(wanted, float):
        amount = number(text)
    yes_or_no = {"true": True, "yes": True, "false": False, "no": False}.get(text.lower())

    def same(value: Any) -> bool:
        if isinstance(value, str):
            # str(value): the words of our own types are enums.
            return str(value) == text
        if is_empty(value):
            return False
        if isinstance(value, bool):
            return value is yes_or_no
        if amount is not None:
            try:
                return number(value) == amount
            except Refused:
                return False
        return shown(value) == text

    return same
