"""Orders on request of a control API: how many, of what, and at which tax."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, TypeVar

from integrations.connector_kit.sandbox.values import BadRequest, decimal_of, whole_of

_Order = TypeVar("_Order")


class NothingLeft(Exception):
    """The stock does not allow the order; its text says of what there is too little."""


def place_each(
    body: Mapping[str, Any], seed: str, before: int, place: Callable[[random.Random], _Order]
) -> tuple[list[_Order], str]:
    """The orders placed, and why there are fewer than asked ("" when there are not).

    The same seed makes the same choices from the same stock; without one in the body the number of
    orders `before` these is taken. Raises BadRequest.
    """
    count = whole_of(body.get("count", 1), "count", least=1, most=100_000)
    own = body.get("seed")
    chance = random.Random(f"{seed}/{own if own is not None else before}")  # noqa: S311 - no secret
    placed: list[_Order] = []
    for _ in range(count):
        try:
            placed.append(place(chance))
        except NothingLeft as refused:
            return placed, str(refused)
    return placed, ""


def lines_of(body: Mapping[str, Any]) -> int | None:
    """How many lines each order has, None for some. Raises BadRequest."""
    lines = body.get("lines")
    return whole_of(lines, "lines", least=1, most=250) if lines is not None else None


def exact_lines(body: Mapping[str, Any]) -> list[Mapping[str, Any]] | None:
    """The lines {sku, quantity, price} that are asked for, None for any. Raises BadRequest."""
    rows = body.get("lines_exact")
    if rows is None:
        return None
    if not isinstance(rows, list) or not rows:
        raise BadRequest("lines_exact must be a list of lines")
    if not all(isinstance(row, dict) for row in rows):
        raise BadRequest("lines_exact must be a list of objects with sku and quantity")
    return rows


def discount_of(body: Mapping[str, Any]) -> bool | str | None:
    """None, when left out: some have one. False: none has. True: each has. Text: that code."""
    value = body.get("discount")
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return value.strip()
    raise BadRequest("discount must be true, false or a code")


def tax_rate_of(body: Mapping[str, Any], usual: Decimal) -> Decimal:
    """A fraction. Raises BadRequest."""
    given = body.get("tax_rate")
    rate = usual if given is None else decimal_of(given, "tax_rate")
    if not 0 <= rate < 1:
        raise BadRequest("tax_rate must be a fraction such as 0.0825")
    return rate
