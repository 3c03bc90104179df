"""Finds payment card numbers: 13 to 19 digits, Luhn-valid, with the prefix of an issuer.

A text is read in runs of digit groups ("4111 1111 1111 1111 12"). A whole run is a card number
however it is divided; a part of a run only where it is divided as people divide card numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

SHORTEST, LONGEST = 13, 19

# First digits (from, to) and the lengths issued under them: ISO/IEC 7812 ranges as the brands
# publish them.
_ISSUERS: tuple[tuple[int, int, frozenset[int]], ...] = tuple(
    (low, high, frozenset(lengths))
    for low, high, lengths in (
        (4, 4, (13, 16, 19)),  # Visa
        (51, 55, (16,)),  # Mastercard
        (2221, 2720, (16,)),
        (34, 34, (15,)),  # American Express
        (37, 37, (15,)),
        (6011, 6011, (16, 17, 18, 19)),  # Discover
        (644, 649, (16, 17, 18, 19)),
        (65, 65, (16, 17, 18, 19)),
        (3528, 3589, (16, 17, 18, 19)),  # JCB
        (300, 305, (14, 16, 17, 18, 19)),  # Diners Club
        (3095, 3095, (14, 16, 17, 18, 19)),
        (36, 36, (14, 16, 17, 18, 19)),
        (38, 39, (14, 16, 17, 18, 19)),
        (62, 62, (16, 17, 18, 19)),  # UnionPay
        # Maestro also has 12 to 15 digits. Those are left alone: no card of that length is
        # in use, and shop systems number their variants with 14 digits from 50 on.
        (50, 50, (16, 17, 18, 19)),
        (56, 58, (16, 17, 18, 19)),
        (6304, 6304, (16, 17, 18, 19)),
        (6759, 6759, (16, 17, 18, 19)),
        (6760, 6769, (16, 17, 18, 19)),
        (2200, 2204, (16, 17, 18, 19)),  # Mir
    )
)
_LENGTHS: dict[str, frozenset[int]] = {}
"""By the first four digits."""
for _low, _high, _lengths in _ISSUERS:
    _missing = 4 - len(str(_low))
    for _head in range(_low * 10**_missing, (_high + 1) * 10**_missing):
        _LENGTHS[str(_head)] = _LENGTHS.get(str(_head), frozenset()) | _lengths
_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)

# Between digits: spaces, dashes, the plus of web forms, and their Unicode kin including marks of no
# width.
_ODD_GAP = r"\u00a0\u00ad\u1680\u2000-\u2015\u202f\u205f\u2060\u2212\u3000\ufe58\ufe63\uff0d\ufeff"
_GAP = r" \t+\-"
_ODD = re.compile(rf"[^\x00-\x7f](?:(?<=\d)|(?<=[{_ODD_GAP}]))")


def _run(digit: str, gap: str) -> re.Pattern[str]:
    """A run starts neither inside a word or number nor after a decimal point.

    The letter of an escape such as \n in JSON text is no word.
    """
    return re.compile(
        rf"{digit}(?:(?<![0-9A-Za-z].)|(?<=\\[nrtbf].))(?<![0-9]\..)"
        rf"(?:[{gap}]{{0,3}}{digit}){{{SHORTEST - 1},}}(?![0-9A-Za-z])"
    )


_ANY_RUN = _run(r"\d", _GAP + _ODD_GAP)
_ASCII_RUN = _run("[0-9]", _GAP)
# Every run lies within one of these; a character class without alternatives is scanned fastest.
_ANY_SPAN = re.compile(rf"\d[\d{_GAP}{_ODD_GAP}]{{{SHORTEST - 2},}}\d")
_ASCII_SPAN = re.compile(rf"[0-9][0-9{_GAP}]{{{SHORTEST - 2},}}[0-9]")
_GROUP = re.compile(r"\d+")
_UUID = re.compile(
    r"(?<![0-9a-f])[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}(?![0-9a-f])", re.IGNORECASE
)
_FRACTION = re.compile(r"\.\d{1,4}(?![\d.])")
_GID = re.compile(r"gid://[\w-]+/\w+/(?:\d+\?\w+=)?$")
# Names in front of 13 or 14 digits that make them the number of a thing rather than of a card:
# "variant_id": 4..., "ids": [4..., ?since_id=4..., EAN 4...
_NAMED = re.compile(
    r"(?:(?:^|[\W_])(?i:ids?)|[a-z0-9]I[dD]s?|(?i:barcode|ean|upc|gtin|isbn|sku)(?:[ -]?1[234])?s?)"
    r"(?:\\*[\"']?\s*(?::\s*(?:\[(?:\s*(?:\d+|\"\d+\")\s*,)*\s*)?|#\s*)?\\*[\"']?|=(?:[\d,]|%2[Cc])*)$"
)
_URL_PATH = re.compile(r"[\w.:-]/$")
_LOOK_BACK = 160


@dataclass(frozen=True)
class Found:
    """A card number at text[start:end], and its last four digits."""

    start: int
    end: int
    last4: str


def is_card(digits: str) -> bool:
    """Whether ASCII digits are a card number: issued length and prefix, valid check digit."""
    if not SHORTEST <= len(digits) <= LONGEST:
        return False
    return _is_issued(digits) and _luhn(digits)


def find_cards(text: str) -> Iterator[Found]:
    """The card numbers in a text, from left to right, never overlapping.

    A JSON value is judged by its name when it is given as `"name":value`.
    """
    odd = not text.isascii() and _ODD.search(text) is not None
    spans, runs = (_ANY_SPAN, _ANY_RUN) if odd else (_ASCII_SPAN, _ASCII_RUN)
    for span in spans.finditer(text):
        digits = span[0]
        # Most spans are ids and end here.
        if digits.isdecimal() and digits.isascii() and not _is_issued(digits):
            continue
        for run in runs.finditer(text, span.start()):
            if run.start() >= span.end():
                break
            groups = [(group.start(), group.end()) for group in _GROUP.finditer(text, *run.span())]
            yield from _in_run(text, groups)


def is_thing_length(length: int) -> bool:
    """Whether numbers of this length are more often a thing's (variant, barcode) than a card's.

    Only retired Visa cards have 13 digits and only Diners Club 14.
    """
    return length in (13, 14)


def _in_run(text: str, groups: list[tuple[int, int]]) -> Iterator[Found]:
    whole = _judged(text, groups)
    if whole:
        yield whole
        return
    first = 0
    while first < len(groups):
        found = None
        for last in _ends(groups, first):
            window = groups[first : last + 1]
            if _divided_by_hand(window):
                found = _judged(text, window)
            if found:
                yield found
                first = last
                break
        first += 1


def _ends(groups: list[tuple[int, int]], first: int) -> list[int]:
    """Last groups of windows that begin at `first` and may hold a card number, longest first."""
    ends: list[int] = []
    length = 0
    for last in range(first, len(groups)):
        length += groups[last][1] - groups[last][0]
        if length > LONGEST:
            break
        if length >= SHORTEST:
            ends.append(last)
    # A group that is long enough alone comes first: what follows it is the expiry or another id.
    return ends[:1] + ends[:0:-1] if ends[:1] == [first] else ends[::-1]


def _divided_by_hand(window: list[tuple[int, int]]) -> bool:
    lengths = [end - start for start, end in window]
    return all(length >= 3 for length in lengths[:-1]) or set(lengths) == {1}


def _judged(text: str, window: list[tuple[int, int]]) -> Found | None:
    parts = [text[start:end] for start, end in window]
    digits = "".join(parts)
    if not SHORTEST <= len(digits) <= LONGEST:
        return None
    if not digits.isascii():
        digits = "".join(str(int(digit)) for digit in digits)
    if not is_card(digits) or _is_list(parts):
        return None
    start, end = window[0][0], window[-1][1]
    if _is_something_else(text, start, end, digits, in_one_piece=len(parts) == 1):
        return None
    return Found(start, end, digits[-4:])


def _is_list(parts: list[str]) -> bool:
    """Sizes such as 36 38 40 42 44 46 48: short numbers that only rise."""
    if len(parts) < 5 or max(map(len, parts)) > 2:
        return False
    numbers = [int(part) for part in parts]
    return all(low < high for low, high in zip(numbers, numbers[1:], strict=False))


def _is_something_else(text: str, start: int, end: int, digits: str, *, in_one_piece: bool) -> bool:
    before = text[max(0, start - _LOOK_BACK) : start]
    # E.164 allows 15 digits, but numbering plans that begin like a card stop at 13.
    if len(digits) == SHORTEST and before.endswith("+"):
        return True
    if len(digits) < 16 and _FRACTION.match(text, end):
        return True
    if _inside_uuid(text, start, end):
        return True
    if not in_one_piece:
        return False
    if _GID.search(before):
        return True
    return is_thing_length(len(digits)) and bool(_NAMED.search(before) or _URL_PATH.search(before))


def _inside_uuid(text: str, start: int, end: int) -> bool:
    low = max(0, start - 36)
    return any(
        match.start() + low <= start and end <= match.end() + low
        for match in _UUID.finditer(text[low : end + 36])
    )


def _is_issued(digits: str) -> bool:
    return len(digits) in _LENGTHS.get(digits[:4], ())


def _luhn(digits: str) -> bool:
    odd = sum(map(int, digits[-1::-2]))
    even = sum(_DOUBLED[int(digit)] for digit in digits[-2::-2])
    return (odd + even) % 10 == 0
