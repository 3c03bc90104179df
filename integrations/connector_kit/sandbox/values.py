"""Values in the body of a request to a sandbox's control API."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any


class BadRequest(ValueError):
    """The control API was given something it cannot use."""


def decimal_of(value: object, name: str) -> Decimal:
    """A number given as JSON text or number. Raises BadRequest naming the field."""
    try:
        number = Decimal(str(value))
    except InvalidOperation as error:
        raise BadRequest(f"{name} must be a number") from error
    if not number.is_finite():
        raise BadRequest(f"{name} must be a number")
    return number


def whole_of(value: object, name: str, *, least: int = 0, most: int = 1_000_000) -> int:
    """A whole number in the given range. Raises BadRequest naming the field."""
    number = decimal_of(value, name)
    if number != int(number) or not least <= number <= most:
        raise BadRequest(f"{name} must be a whole number from {least} to {most}")
    return int(number)


def account_name(body: Mapping[str, Any]) -> str:
    """The `name` of an account, which stands in addresses. Raises BadRequest."""
    name = str(body.get("name", ""))
    if not name or not all(letter.isalnum() or letter in "-_" for letter in name):
        raise BadRequest("name must be letters, digits, hyphens and underscores")
    return name
