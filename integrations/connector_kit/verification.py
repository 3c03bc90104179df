"""Finds card verification values (CVV) and magnetic track data, in names and in text."""

from __future__ import annotations

import re

CODE_REMOVED = "[card verification value removed]"
TRACK_REMOVED = "[card track removed]"

# card_code only alone: gift_card_code and loyalty_card_code are codes of other cards.
_ANYWHERE = r"cvv2?|cvc2?|verification[ _.-]?value|security[ _.-]?code"
_ALONE = r"card[ _.-]?code|cvn2?|csc"
_NAME = re.compile(rf"(?:.*(?:{_ANYWHERE})|{_ALONE})[ _.-]*", re.IGNORECASE | re.DOTALL)

# "cvv": "123" as JSON text, also as JSON inside a string.
_QUOTED = re.compile(
    rf"(?P<keep>(?:{_ANYWHERE}|(?<=\")(?:{_ALONE}))[ _.-]*\\*\"\s*:\s*)"
    r"(?:(?P<quote>\")(?!\[card )(?:[^\"\\]|\\.)+\""
    r"|(?P<inner>\\+\")(?!\[card )(?:(?!\\+\").)+\\+\"|-?[0-9][0-9.]*)",
    re.IGNORECASE,
)
# cvv=123 in forms, "CVV: 123" in notes. CVC alone is also a kind of cloth ("CVC 180"), so it needs
# a sign behind it.
_SIGN = r"(?:\s*(?:is|code|[:=#]|%3d))"
_CVV_WRITTEN = rf"cvv(?<![a-z]...)2?\]?{_SIGN}*\s*"
_CVC_WRITTEN = rf"cvc(?<![a-z]...)2?\]?{_SIGN}+\s*"
_VALUE = r"[0-9]{3,4}(?![0-9a-z])"
_WRITTEN = re.compile(
    rf"(?P<keep>{_CVV_WRITTEN}|{_CVC_WRITTEN})(?P<quote>)(?P<inner>){_VALUE}", re.IGNORECASE
)
# ISO/IEC 7813. Track 1: %B number ^ name ^ data ?   Track 2: ; number = data ?
_TRACK_1 = re.compile(r"%?B[0-9][0-9 ]{11,22}\^[^^\r\n\"]{0,60}\^[^?\r\n\"]*\??", re.IGNORECASE)
_TRACK_2 = re.compile(r";[0-9]{12,19}=[0-9]*\??")

# The same, each behind its first word in lower case: looked for as plain text first.
_END = r"[ _.-]*\\*\"\s*:\s*(?:\"(?!\"|\[card )|\\+\"(?!\\+\"|\[card )|-?[0-9])"
_HINTS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("cv", re.compile(rf"cv(?:v2?{_END}|c2?{_END}|(?<=\"cv)n2?{_END}|{_CVV_WRITTEN[2:]}{_VALUE})")),
    ("cvc", re.compile(_CVC_WRITTEN + _VALUE)),
    ("csc", re.compile(rf"csc(?<=\"csc){_END}")),
    ("verif", re.compile(rf"verification[ _.-]?value{_END}")),
    ("security", re.compile(rf"security[ _.-]?code{_END}")),
    ("card", re.compile(rf"card(?<=\"card)[ _.-]?code{_END}")),
)


def is_code_name(name: str) -> bool:
    """Whether a value under this name is a card verification value."""
    return _NAME.fullmatch(name) is not None


def holds_code(text: str) -> bool:
    """Whether `without_codes` would change the text."""
    lowered = text.lower()
    if any(word in lowered and pattern.search(lowered) for word, pattern in _HINTS):
        return True
    return bool(("^" in text and _TRACK_1.search(text)) or _TRACK_2.search(text))


def without_codes(text: str) -> str:
    """`text` without verification values and track data; the same object when there is none."""
    if not holds_code(text):
        return text
    text = _TRACK_1.sub(TRACK_REMOVED, text)
    text = _TRACK_2.sub(TRACK_REMOVED, text)
    text = _QUOTED.sub(_quoted, text)
    return _WRITTEN.sub(_quoted, text)


def _quoted(match: re.Match[str]) -> str:
    quote = match["quote"] or match["inner"] or ""
    return f"{match['keep']}{quote}{CODE_REMOVED}{quote}"
