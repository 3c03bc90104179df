"""Takes card data out of what came in, before anything is stored or logged.

Removed: card numbers, verification values (CVV), magnetic track data. `contains_card` is the gate
of the hot path: when it says no, `redact` would change nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

from integrations.connector_kit import numbers
from integrations.connector_kit.cards import find_cards
from integrations.connector_kit.masking import redact_headers, redact_secrets
from integrations.connector_kit.verification import (
    CODE_REMOVED,
    holds_code,
    is_code_name,
    without_codes,
)

__all__ = [
    "contains_card",
    "redact",
    "redact_each",
    "redact_headers",
    "redact_secrets",
    "redact_text",
]

TOO_DEEP = "[nested too deeply]"
_DEEPEST = 200

_ID_NAME = re.compile(r"(?:^|[_-])(?i:ids?)$|[a-z0-9]I[dD]s?$")
# The same as it stands in raw JSON, in front of an integer. In a string the quote is escaped.
_RAW_ID = re.compile(r"(?:[\"_-](?i:ids?)|[a-z0-9]I[dD]s?)\"\s*:\s*(?:\[[\d,\s\[\]]*)?$")
_LOOK_BACK = 160
# 4.111111111111111E15, as some languages write a number of 16 digits.
_POWERS = (
    ("e1", re.compile(r"e1[2-8](?<=[0-9.]...)(?![0-9a-z])")),
    ("e+1", re.compile(r"e\+1[2-8](?<=[0-9.]....)(?![0-9a-z])")),
)

# Escapes that may hide a digit, what stands between digits, a quote, or another escape; and any
# escape right before a digit, whose own digits would pass for the first of that number. The other
# letters, angle brackets and curly quotes are too common to decode a body for them.
_ESCAPED = re.compile(
    r"%(?:09|2[0125BbDd]|3[0-9BbDd]|5[Ee]|[C-Fc-f][0-9A-Fa-f]|[0-9A-Fa-f]{2}(?=[0-9]))"
    r"|\\(?:t|u(?!(?:00[C-Fc-f].|00(?:26|27|3[CEce])|20(?:1[6-9A-Fa-f]|2[0-9A-Ea-e]|3.))(?![0-9]))"
    r"[0-9A-Fa-f]{4})"
)
_DIGIT = re.compile(r"\\u[0-9a-fA-F]{4}(?=[0-9])")
_DIGIT = re.compile(r"\d")
# JSON inside a string of JSON doubles the backslashes.
_UNICODE_ESCAPES = re.compile(r"(?:\\+u[0-9a-fA-F]{4})+")
_TAB = re.compile(r"\\+t")
# The escapes of JSON itself, in its raw form. Quotes stay recognisable as those within a string.
_JSON_ESCAPES = re.compile(r"(?P<kept>\\\\)|(?P<codes>(?:\\u[0-9a-fA-F]{4})+)|\\t")
_MOST_DECODINGS = 3
"""A form inside a query is encoded twice; how often must not be up to the sender."""


def contains_card(data: bytes) -> bool:
    """Whether a raw body may hold card data; no false "no", rarely a false "yes".

    JSON integers under id names (`id`, `order_id`, `variant_ids`) are known to be none.
    """
    # json.loads takes UTF-16 and UTF-32 too; both have zero bytes where JSON in UTF-8 has none.
    encoding = json.detect_encoding(data) if b"\0" in data else "utf-8"
    text = data.decode(encoding, "replace")
    if any(not _is_raw_id(text, found.start) for found in find_cards(text)):
        return True
    if holds_code(text) or _holds_power(text):
        return True
    strings = _JSON_ESCAPES.sub(_json_character, text) if _has_escapes(text) else text
    views = [strings] if strings != text else []
    return any(
        holds_code(view) or next(find_cards(view), None) is not None
        for view in (*views, *_decodings(strings))
    )


def redact_text(text: str) -> str:
    """`text` without card data; the same object when there is none.

    When percent or \\u escapes hide card data, the text comes back decoded.
    """
    return _clean(text, "")


def redact(value: Any) -> Any:
    """JSON data without card data; the same object when there is none.

    Numbers under id names survive, values under the names of verification values do not.
    """
    try:
        raw = numbers.encode(value)
    except (TypeError, ValueError, RecursionError):
        # What JSON cannot hold, such as NaN, is looked through piece by piece.
        return redact_each(value)
    # Writing clean data out and asking the gate costs a sixth of looking at each piece.
    return redact_each(value) if contains_card(raw) else value


def redact_each(value: Any) -> Any:
    """What `redact` does, without asking the gate first."""
    return _redacted(value, "", 0)


def _redacted(value: Any, name: str, depth: int) -> Any:
    if isinstance(value, str):
        return _clean(value, f'"{name}":"' if name else "")
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float | Decimal):
        return _clean_number(value, name)
    if depth > _DEEPEST:
        return TOO_DEEP
    if isinstance(value, Mapping):
        return _clean_object(value, depth)
    if isinstance(value, list | tuple):
        rows = [_redacted(row, name, depth + 1) for row in value]
        changed = any(new is not old for new, old in zip(rows, value, strict=True))
        return type(value)(rows) if changed else value
    return value


def _clean_object(value: Mapping[str, Any], depth: int) -> Mapping[str, Any]:
    clean: dict[str, Any] = {}
    changed = False
    for name, old in value.items():
        if _is_code(str(name), old):
            new: Any = CODE_REMOVED
        else:
            new = _redacted(old, str(name), depth + 1)
        key = _clean(name, "") if isinstance(name, str) else name
        changed = changed or new is not old or key is not name
        clean[key] = new
    return clean if changed else value


def _is_code(name: str, value: Any) -> bool:
    filled = isinstance(value, str | int | float | Decimal) and not isinstance(value, bool)
    return filled and value not in ("", CODE_REMOVED) and is_code_name(name)


def _clean_number(value: int | float | Decimal, name: str) -> Any:
    if _ID_NAME.search(name):
        return value
    if isinstance(value, int):
        text = str(value) if abs(value) < 10**20 else ""
    else:
        exact = Decimal(repr(value)) if isinstance(value, float) else value
        # Within the length of card numbers; also keeps 1E+999 from being written out.
        text = format(exact, "f") if exact.is_finite() and 12 <= exact.adjusted() <= 18 else ""
    context = f'"{name}":'
    for found in find_cards(context + text):
        return _mark(found.last4)
    return value


def _clean(text: str, context: str) -> str:
    """`context` is what stands in front of the text where that helps to judge it."""
    if not _DIGIT.search(text):
        return text
    clean = _without_card_data(text, context)
    for view in _decodings(clean):
        found = _without_card_data(view, context)
        if found is not view:
            # The rest of the decoded text may be encoded once more.
            return _clean(found, context)
    return clean


def _without_card_data(text: str, context: str) -> str:
    clean = without_codes(text)
    pieces: list[str] = []
    at = 0
    whole = context + clean
    for found in find_cards(whole):
        start, end = found.start - len(context), found.end - len(context)
        pieces += clean[at:start], _mark(found.last4)
        at = end
    return "".join([*pieces, clean[at:]]) if pieces else clean


def _mark(last4: str) -> str:
    return f"[card number removed, ending {last4}]"


def _decodings(text: str) -> Iterator[str]:
    """The text with its percent and \\u escapes resolved once, twice, ... while that changes it."""
    for _ in range(_MOST_DECODINGS):
        if ("%" not in text and "\\" not in text) or not _ESCAPED.search(text):
            return
        plain = _TAB.sub("\t", _UNICODE_ESCAPES.sub(_characters, unquote(text)))
        if plain == text:
            return
        text = plain
        yield text


def _characters(match: re.Match[str]) -> str:
    return bytes.fromhex(match[0].replace("\\", "").replace("u", "")).decode("utf-16-be", "replace")


def _has_escapes(text: str) -> bool:
    return "\\" in text and _ESCAPED.search(text) is not None


def _json_character(match: re.Match[str]) -> str:
    if match["kept"]:
        return match["kept"]
    return _characters(match).replace('"', '\\"') if match["codes"] else "\t"


def _is_raw_id(text: str, start: int) -> bool:
    return _RAW_ID.search(text[max(0, start - _LOOK_BACK) : start]) is not None


def _holds_power(text: str) -> bool:
    lowered = text.lower()
    return any(sign in lowered and pattern.search(lowered) for sign, pattern in _POWERS)
