"""Reads bodies strictly: what PostgreSQL, Python or JSON cannot carry is refused before a view runs."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import IO, Any, NoReturn

from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from clarity.api.problems import TooLarge

LARGEST = 1_000_000
DEEPEST = 32
BIGGEST = 2**63 - 1


class StrictJSON(BaseParser):
    """JSON in UTF-8. Refuses NaN, names given twice, NUL, half characters, huge numbers and depth."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        raw = stream.read(LARGEST + 1)
        if len(raw) > LARGEST:
            raise TooLarge
        try:
            text = raw.decode()
        except UnicodeDecodeError as error:
            raise ParseError(f"The body is not UTF-8: byte {error.start + 1} is wrong.") from None
        if _depth(text) > DEEPEST:
            raise ParseError(f"The body is nested deeper than {DEEPEST} levels.")
        try:
            value = json.loads(text, parse_constant=_no_constant, object_pairs_hook=_once)
        except json.JSONDecodeError as error:
            raise ParseError(
                f"The body is not JSON: {error.msg} in line {error.lineno}, column {error.colno}."
            ) from None
        except ValueError:
            # Python reads no whole number of more than some thousand digits.
            raise ParseError("The body holds a number that is too large.") from None
        check(value)
        return value


def check(value: Any, place: str = "") -> None:
    """Raises ParseError naming the place of what cannot be kept."""
    if isinstance(value, str):
        check_text(value, place)
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            check_text(name, place)
            check(inner, f"{place}.{name}" if place else name)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            check(inner, f"{place}[{index}]")
    elif (isinstance(value, int) and abs(value) > BIGGEST) or (
        isinstance(value, float) and not math.isfinite(value)
    ):
        raise ParseError(f"{place or 'The body'} holds a number that is too large.")


def check_text(text: str, place: str) -> None:
    """Raises ParseError for a text that cannot be kept."""
    if "\x00" in text:
        raise ParseError(f"{place or 'A text'} holds a NUL character, which cannot be kept.")
    if any("\ud800" <= sign <= "\udfff" for sign in text):
        raise ParseError(f"{place or 'A text'} holds half of a character pair.")


def _depth(text: str) -> int:
    """How deep brackets are nested, those in texts left out. Python's own reader gives up hard."""
    deepest = depth = 0
    in_text = escaped = False
    for sign in text:
        if in_text:
            if escaped:
                escaped = False
            elif sign == "\\":
                escaped = True
            elif sign == '"':
                in_text = False
        elif sign == '"':
            in_text = True
        elif sign in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif sign in "]}":
            depth -= 1
    return deepest


def _no_constant(word: str) -> NoReturn:
    raise ParseError(f"The body holds {word}, which is no JSON.")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ParseError(f"The body names {twice!r} twice.")
    return made
