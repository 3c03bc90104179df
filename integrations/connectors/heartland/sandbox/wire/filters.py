"""The filter languages of Heartland lists: `_filter` JSON, tilde, and plain equality.

Vendor client: `_filter={"active":true}` or an array meaning AND. Third parties also use
`~[field][$gte]=v`, and bare `order_id=9` on some lists.
"""

from __future__ import annotations

import fnmatch
import json
import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from werkzeug.datastructures import MultiDict

from integrations.connectors.heartland.sandbox.state.refusal import Refusal
from integrations.connectors.heartland.sandbox.state.values import Row, moment, stamp

Test = Callable[[Row], bool]
Reader = Callable[[Row], Any]

_TILDE = re.compile(r"^~\[([^\]]+)\](?:\[(\$\w+)\])?(\[\])?$")
_ORDER: Mapping[str, Callable[[Any, Any], bool]] = {
    "$gt": lambda left, right: left > right,
    "$gte": lambda left, right: left >= right,
    "$lt": lambda left, right: left < right,
    "$lte": lambda left, right: left <= right,
}


def tests_of(args: MultiDict[str, str], sample: Row | None) -> list[Test]:
    """What a row must pass. `sample` is any row of the list, to know its fields.

    An unknown field in a filter is refused; an unknown bare parameter is ignored, as the real
    product ignores parameters it does not know.
    """
    found: list[Test] = []
    for key in args:
        tilde = _TILDE.match(key)
        if key in ("_filter", "_filter[]"):
            found.extend(_from_json(_loaded(text), sample) for text in args.getlist(key))
        elif tilde:
            field, operator, many = tilde.groups()
            values: Any = args.getlist(key) if many else args[key]
            if operator in ("$in", "$nin") and not many:
                values = args[key].split(",")
            found.append(_condition(field, operator or "$eq", values, sample))
        elif key == "query":
            found.append(_search(args[key]))
        elif sample is not None and not key.startswith("_") and _has(sample, key):
            found.append(_condition(key, "$eq", args[key], sample))
    return found


def _loaded(text: str) -> Any:
    try:
        return json.loads(text, parse_float=Decimal)
    except ValueError:
        raise Refusal(400, "bad_request", "_filter is not JSON") from None


def _from_json(given: Any, sample: Row | None) -> Test:
    if isinstance(given, list):
        return _all([_from_json(part, sample) for part in given])
    if not isinstance(given, dict):
        raise Refusal(400, "bad_request", "_filter must be an object or an array of objects")
    tests: list[Test] = []
    for field, wanted in given.items():
        if field in ("$and", "$or"):
            parts = [_from_json(part, sample) for part in wanted]
            tests.append(_all(parts) if field == "$and" else _any(parts))
        elif isinstance(wanted, dict):
            tests.extend(_condition(field, op, value, sample) for op, value in wanted.items())
        else:
            tests.append(_condition(field, "$eq", wanted, sample))
    return _all(tests)


def _all(tests: list[Test]) -> Test:
    return tests[0] if len(tests) == 1 else lambda row: all(test(row) for test in tests)


def _any(tests: list[Test]) -> Test:
    return lambda row: any(test(row) for test in tests)


def _search(text: str) -> Test:
    wanted = text.lower().split()

    def test(row: Row) -> bool:
        held = " ".join(value for value in row.values() if isinstance(value, str)).lower()
        return all(word in held for word in wanted)

    return test


def reader(field: str, sample: Row | None) -> Reader:
    """Reads `field` of a row: filters and sorts drop the `?`, and custom fields are prefixed."""
    for prefix in ("custom", "item_custom"):
        if field.startswith(f"{prefix}@"):
            key = field.removeprefix(f"{prefix}@")
            return lambda row: (row.get(prefix) or {}).get(key)
    if sample is not None and (field.startswith("_") or not _has(sample, field)):
        raise Refusal(
            400, "validation_error", "Unknown filter", {field: ["is not a field of this list"]}
        )
    if sample is not None and field not in sample:
        return lambda row: row.get(f"{field}?")
    return lambda row: row.get(field)


def _has(sample: Row, field: str) -> bool:
    return field in sample or f"{field}?" in sample


def _condition(field: str, operator: str, wanted: Any, sample: Row | None) -> Test:
    read = reader(field, sample)
    if field.endswith("_at") and not field.startswith("local_"):
        wanted = _instants(field, wanted)
    if operator in ("$eq", "$neq"):
        equal = _equal(read, [wanted])
        return equal if operator == "$eq" else lambda row: not equal(row)
    if operator in ("$in", "$nin"):
        listed = _equal(read, wanted if isinstance(wanted, list) else [wanted])
        return listed if operator == "$in" else lambda row: not listed(row)
    if operator == "$like":
        pattern = re.compile(fnmatch.translate(str(wanted).lower()))
        return lambda row: bool(pattern.match(str(read(row) or "").lower()))
    if operator in _ORDER:
        return _ordered(read, _ORDER[operator], wanted)
    raise Refusal(400, "validation_error", "Unknown filter", {field: [f"{operator} is unknown"]})


def _instants(field: str, wanted: Any) -> Any:
    """Times in the one form the state keeps, so that they compare as text."""
    if isinstance(wanted, list):
        return [_instants(field, one) for one in wanted]
    if wanted is None or wanted == "":
        return wanted
    found = moment(str(wanted))
    if found is None:
        # A "+" that was not URL-encoded arrives as a blank; the real product refuses it as well.
        raise Refusal(400, "validation_error", "Unknown filter", {field: ["is not a time"]})
    return stamp(found)


def _equal(read: Reader, wanted: list[Any]) -> Test:
    forms = {_form(one) for one in wanted}
    return lambda row: _form(read(row)) in forms


def _form(value: Any) -> str:
    """One text for values that are equal: 5, "5" and 5.0; true and "true"; null and ""."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal | float):
        return f"{Decimal(str(value)).normalize():f}"
    return str(value)


def _ordered(read: Reader, compare: Callable[[Any, Any], bool], wanted: Any) -> Test:
    try:
        number: Decimal | None = Decimal(str(wanted))
    except InvalidOperation:
        number = None
    text = str(wanted)

    def test(row: Row) -> bool:
        value = read(row)
        if value is None:
            return False
        if isinstance(value, str):
            return compare(value, text)
        return number is not None and compare(value, number)

    return test
