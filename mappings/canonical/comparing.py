"""A record field by field, in a form in which two systems that agree are equal.

Systems keep the same thing in other words: a phone number with and without blanks, an address in two
lines or one. What is compared here is what a person would call the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from mappings.canonical.phone import international
from mappings.canonical.record import Record

# Of the record itself, not of what it says.
OWN = frozenset({"key", "number", "updated_at"})
_BLANKS = re.compile(r"\s+")
# Their names for parts of an address, as rules write them.
_REGION, _LINES = ("region", "state"), ("line_1", "line_2")


def fields(record: Record) -> dict[str, Any]:
    """What the record says by field; each custom field is one of its own: "custom.Tier"."""
    said = record.model_dump(mode="python")
    return flat({name: value for name, value in said.items() if name not in OWN})


def flat(values: Mapping[str, Any]) -> dict[str, Any]:
    """Fields with custom ones side by side; what rules wrote has the same names."""
    found = {name: value for name, value in values.items() if name != "custom"}
    custom = values.get("custom")
    if isinstance(custom, Mapping):
        found |= {f"custom.{name}": value for name, value in custom.items()}
    return found


def comparable(field: str, value: Any) -> str:
    """Equal texts mean that nothing needs to be written; "" means blank."""
    if field == "addresses":
        return "\n".join(sorted(filter(None, map(_address, value or ()))))
    if field == "tags":
        return "\n".join(sorted({_text(tag).casefold() for tag in value or ()}))
    if field == "email":
        return _text(value).lower()
    if field == "code":
        # Tills print the code of a gift card with dashes or blanks, or without.
        return "".join(letter for letter in _text(value) if letter.isalnum()).casefold()
    if field == "phone":
        text = _text(value)
        return international(text) or text
    return _plain(value)


def _plain(value: Any) -> str:
    if isinstance(value, Decimal):
        return format(value.normalize(), "f") if value else "0"
    if isinstance(value, Mapping):
        rows = ((str(name), _plain(one)) for name, one in value.items())
        return "\n".join(f"{name}={text}" for name, text in sorted(rows) if text)
    if isinstance(value, Iterable) and not isinstance(value, str):
        return "\n".join(map(_plain, value))
    if isinstance(value, datetime):
        return value.isoformat()
    return _text(value)


def _address(row: Mapping[str, Any]) -> str:
    """Where it is. Whose name and number stand beside it differs with what a system requires."""
    lines = row.get("lines") or [row.get(name) for name in _LINES]
    region = next((row[name] for name in _REGION if row.get(name)), "")
    parts = (*lines, row.get("city"), region, row.get("postal_code"), row.get("country"))
    return ", ".join(text for part in parts if (text := _text(part).casefold()))


def _text(value: Any) -> str:
    return "" if value is None else _BLANKS.sub(" ", str(value)).strip()
