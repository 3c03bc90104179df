"""JSON that gives back what went in: Decimals with their digits, integers of any size.

A float comes back as a Decimal of its shortest form, a tuple as a list.
"""

from __future__ import annotations

import json
import re
import secrets
from decimal import Decimal

# The json module has no hook that writes a number: a Decimal goes through as a string that no
# content can contain (the mark never leaves the process), and its quotes are taken off afterwards.
_MARK = secrets.token_hex(16)
_MARKED = re.compile(rf'"{_MARK}([-+.0-9E]+)"')


def dumps(value: object) -> bytes:
    """UTF-8 JSON. Raises TypeError for a type JSON has not, ValueError for NaN and infinity."""
    decimals = False

    def literal(found: object) -> str:
        nonlocal decimals
        if not isinstance(found, Decimal):
            raise TypeError(f"{type(found).__name__} has no place in a stored document")
        if not found.is_finite():
            raise ValueError("a stored document has no NaN or infinity")
        decimals = True
        digits = str(found)
        # A bare 5 would be read as an int.
        return f"{_MARK}{digits}" if "." in digits or "E" in digits else f"{_MARK}{digits}E0"

    text = json.dumps(
        value, default=literal, ensure_ascii=False, allow_nan=False, separators=(",", ":")
    )
    if decimals:
        text = _MARKED.sub(r"\1", text)
    # A lone surrogate is legal in JSON ("\ud800") and must not stop a payload from being kept.
    return text.encode("utf-8", "surrogatepass")


def loads(document: bytes) -> object:
    """The value `dumps` was given; numbers with a point or exponent are Decimals."""
    return json.loads(document, parse_float=Decimal)
