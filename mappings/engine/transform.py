"""Applies rules to a source document: the target's fields, or everything that is wrong at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from mappings.engine.paths import EACH, MISSING, Step, parse, read, write
from mappings.engine.rules import Rule, RuleSet, ValueType

Tables = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Problem:
    """Why one target field cannot be filled."""

    target: str
    source: str
    value: str
    message: str


@dataclass
class Transformed:
    """`fields`: what goes to the target. `problems`: empty when it may go."""

    fields: dict[str, Any] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


class _Refused(Exception):  # noqa: N818 - carries a message inside this module only
    pass


def transform(
    rules: RuleSet, document: Mapping[str, Any], tables: Tables | None = None
) -> Transformed:
    """Every rule applied in order. Never raises for bad data: problems are all reported."""
    done = Transformed()
    for rule in rules.rules:
        target = parse(rule.target)
        if EACH in target:
            _repeat(done, rule, target, document, tables or {})
        else:
            origin = parse(rule.origin) if rule.origin else ()
            value = _value(done, rule, document, origin, tables or {}, None)
            if value is not MISSING:
                write(done.fields, target, value)
    return done


def _repeat(
    done: Transformed,
    rule: Rule,
    target: Sequence[Step],
    document: Mapping[str, Any],
    tables: Tables,
) -> None:
    cut = target.index(EACH)
    rows = _rows(done.fields, target[:cut])
    if rule.origin is None:
        for row in rows:
            write(row, target[cut + 1 :], rule.constant)
        return
    origin = parse(rule.origin)
    at = origin.index(EACH)
    items = read(document, origin[:at])
    here, there = origin[at + 1 :], target[cut + 1 :]
    for index, item in enumerate(() if items is MISSING or items is None else items):
        if len(rows) <= index:
            rows.append({})
        value = _value(done, rule, item, here, tables, index)
        if value is not MISSING:
            write(rows[index], there, value)


def _rows(fields: dict[str, Any], steps: Sequence[Step]) -> list[dict[str, Any]]:
    place = fields
    for step in steps[:-1]:
        place = place.setdefault(str(step), {})
    rows: list[dict[str, Any]] = place.setdefault(str(steps[-1]), [])
    return rows


def _value(
    done: Transformed,
    rule: Rule,
    source: Any,
    steps: Sequence[Step],
    tables: Tables,
    index: int | None,
) -> Any:
    """One value; `index` is that of the list element a repeated rule has come to."""
    if rule.source is None and rule.lookup is None:
        return rule.constant
    found = read(source, steps)
    if found is MISSING or found is None or found == "":
        if rule.default is not None:
            return rule.default
        if rule.required:
            shown = _shown(rule, index)
            done.problems.append(
                Problem(rule.target, shown, "", f"{shown} is empty, but {rule.target} needs it")
            )
        return MISSING
    try:
        if rule.lookup:
            found = _look_up(rule.lookup.table, str(found), tables, rule.default)
        return convert(found, rule.type) if rule.type else found
    except _Refused as refused:
        shown = _shown(rule, index)
        done.problems.append(Problem(rule.target, shown, str(found), f"{shown}: {refused}"))
        return MISSING


def _shown(rule: Rule, index: int | None) -> str:
    """The source path as a person reads it, with the place in the list."""
    origin = rule.origin or ""
    return origin if index is None else origin.replace("[]", f"[{index}]", 1)


def _look_up(table: str, value: str, tables: Tables, default: Any) -> Any:
    found = tables.get(table, {}).get(value, default)
    if found is None:
        raise _Refused(f"{value!r} has no entry in the table {table!r}")
    return found


def convert(value: Any, wanted: ValueType) -> Any:
    """`value` as the wanted type, or a refusal that says what was expected."""
    if wanted is ValueType.TEXT:
        return value.isoformat() if isinstance(value, datetime) else str(value)
    if wanted is ValueType.FLAG:
        return _flag(value)
    if wanted is ValueType.INSTANT:
        return _instant(value)
    number = _number(value)
    if wanted is ValueType.DECIMAL:
        return number
    if number != number.to_integral_value():
        raise _Refused(f"{value} is not a whole number")
    return int(number)


def _number(value: Any) -> Decimal:
    if type(value) is Decimal and value.is_finite():
        return value
    if isinstance(value, bool):
        raise _Refused(f"{value} is not a number")
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise _Refused(f"{value!r} is not a number") from None
    if not number.is_finite():
        raise _Refused(f"{value!r} is not a number")
    return number


def _flag(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word in ("true", "yes", "1"):
        return True
    if word in ("false", "no", "0"):
        return False
    raise _Refused(f"{value!r} is neither yes nor no")


def _instant(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    try:
        return datetime.fromisoformat(str(value)).isoformat()
    except ValueError:
        raise _Refused(f"{value!r} is not a time") from None
