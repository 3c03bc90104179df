"""The functions that expressions of rules may call, besides those of JSONata itself.

Amounts come in and go out as text, so that no binary fraction can creep in. A function that is
given nothing gives nothing; one that cannot do its work raises ValueError with a sentence, which
becomes the problem of that record. `manage.py mapping_functions --write` makes the page of them.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from html.parser import HTMLParser
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from mappings.canonical import places
from mappings.canonical.phone import phone as e164

TABLES: ContextVar[Mapping[str, Mapping[str, str]]] = ContextVar("TABLES")
"""The lookup tables of the record that is read now."""

_LONGEST_TEXT = 100_000
_MOST_DIGITS = 40
_TYPED_DECIMALS = 6
_EXACT = Context(prec=200)
"""More digits than any product of amounts has, so that nothing is rounded unasked."""


@dataclass(frozen=True)
class Function:
    """A function of ours: its name without the $, what it does, and an example with its result."""

    name: str
    call: Callable[..., Any]
    meaning: str
    example: str
    gives: Any

    @property
    def signature(self) -> str:
        """ "$money(amount, currency)"; what may be left out stands in brackets."""
        said = []
        for parameter in inspect.signature(self.call).parameters.values():
            if parameter.kind is parameter.VAR_POSITIONAL:
                said.append(f"{parameter.name}...")
            elif parameter.default is parameter.empty:
                said.append(parameter.name)
            else:
                said.append(f"[{parameter.name}]")
        return f"${self.name}({', '.join(said)})"


FUNCTIONS: dict[str, Function] = {}


def _function(example: str, gives: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Makes a function callable in expressions under its own name."""

    def known(call: Callable[..., Any]) -> Callable[..., Any]:
        meaning = inspect.cleandoc(call.__doc__ or "")
        FUNCTIONS[call.__name__] = Function(call.__name__, call, meaning, example, gives)
        return call

    return known


# --- amounts -------------------------------------------------------------------------------------


@_function('$add("16.05", "0.10", 2)', "18.15")
def add(*amounts: Any) -> str:
    """The sum of all amounts, exact to the last digit. A list counts with all its elements."""
    total = Decimal(0)
    for one in _flat(amounts):
        total = _EXACT.add(total, _number(one))
    return _plain(total)


@_function('$subtract("16.05", "0.10")', "15.95")
def subtract(amount: Any, less: Any) -> str:
    """The first amount less the second, exact."""
    return _plain(_EXACT.subtract(_number(amount), _number(less)))


@_function('$multiply("19.99", "0.9")', "17.991")
def multiply(*amounts: Any) -> str:
    """All amounts multiplied, exact. Round what is money with $money."""
    product = Decimal(1)
    for one in _flat(amounts):
        product = _EXACT.multiply(product, _number(one))
    return _plain(product)


@_function('$divide("10.00", 3)', "3.33")
def divide(amount: Any, by: Any, places: Any = 2) -> str:
    """The first amount divided by the second, rounded half up to `places` decimals (usually 2)."""
    divisor, digits = _number(by), int(_number(places))
    if divisor == 0:
        raise ValueError("an amount cannot be divided by 0")
    if not 0 <= digits <= 6:
        raise ValueError(f"an amount is rounded to 0 to 6 decimals, not {digits}")
    quotient = _EXACT.divide(_number(amount), divisor)
    unit = Decimal(1).scaleb(-digits)
    return _plain(quotient.quantize(unit, rounding=ROUND_HALF_UP, context=_EXACT))


@_function('$money("19.985", "USD")', "19.99")
def money(amount: Any, currency: Any) -> str | None:
    """The amount rounded half up to the smallest coin of the currency (ISO 4217 code)."""
    # Loaded here: the canonical types take a while, and most expressions need none.
    from mappings.canonical.money import to_minor

    if _nothing(amount):
        return None
    code = _text(currency).strip().upper()
    if not re.fullmatch("[A-Z]{3}", code):
        raise ValueError(f"{code!r} is no currency; use a code like USD")
    return format(to_minor(_number(amount), code), "f")


# --- people and places ---------------------------------------------------------------------------


@_function('$phone("(512) 555-0134", "US")', "+15125550134")
def phone(value: Any, region: Any = "") -> str | None:
    """The phone number in international form (E.164).

    `region` is the country code of numbers without one. What is no number stays as typed.
    """
    return None if _nothing(value) else e164(_text(value), _text(region))


@_function('$country("United States")', "US")
def country(value: Any) -> str | None:
    """The two-letter code of a country, by its code or English name. An unknown one is refused."""
    if _nothing(value):
        return None
    code = places.country_code(_text(value))
    if not code:
        raise ValueError(f"{_text(value)[:80]!r} is no country; use its two-letter code")
    return code


@_function('$region("Texas", "US")', "TX")
def region(value: Any, country: Any) -> str | None:
    """The code of a state or province of the United States, Canada or Australia, by code or name.

    Regions of other countries stay as they are; an unknown one of these three is refused.
    """
    if _nothing(value):
        return None
    code = places.country_code(_text(country)) or _text(country)
    if not places.has_regions(code):
        return _text(value)
    found = places.region_code(_text(value), code)
    if not found:
        raise ValueError(f"{_text(value)[:80]!r} is no state or province of {code}")
    return found


@_function('$first_name("Ann Marie Lee")', "Ann Marie")
def first_name(name: Any) -> str | None:
    """All of a full name but its last word; a single word is a first name."""
    words = _text(name).split()
    return (" ".join(words[:-1]) or words[0]) if words else None


@_function('$last_name("Ann Marie Lee")', "Lee")
def last_name(name: Any) -> str | None:
    """The last word of a full name of two words or more."""
    words = _text(name).split()
    return words[-1] if len(words) > 1 else None


# --- texts ---------------------------------------------------------------------------------------


@_function('$join_lines(["12 Elm St", "", "Apt 3"], ", ")', "12 Elm St, Apt 3")
def join_lines(lines: Any, separator: Any = "\n") -> str | None:
    """The lines that are not empty, one under the other or with a separator between."""
    kept = [text for text in (_text(one).strip() for one in _flat((lines,))) if text]
    between = _text(separator)
    if sum(map(len, kept)) + len(between) * len(kept) > _LONGEST_TEXT:
        raise ValueError("the lines together are too long")
    return between.join(kept) or None


@_function('$shorten("Gift card for a friend", 9)', "Gift card")
def shorten(value: Any, length: Any) -> str | None:
    """The text, cut to at most `length` characters, without spaces at its end."""
    most = int(_number(length))
    if most < 1:
        raise ValueError(f"a text cannot be shortened to {most} characters")
    return None if _nothing(value) else _text(value)[:most].rstrip()


@_function('$digits("Order #10-42")', "1042")
def digits(value: Any) -> str | None:
    """The digits of a text and nothing else."""
    return re.sub(r"[^0-9]", "", _text(value)) or None


@_function('$title_case("ANN LEE")', "Ann Lee")
def title_case(value: Any) -> str | None:
    """Every word with a capital in front, for names typed in capitals."""
    said = _text(value)
    return re.sub(r"[^\W\d_]+('[^\W\d_]+)?", lambda word: word[0].capitalize(), said) or None


@_function('$plain_text("<p>Soft &amp; warm</p><ul><li>Wool</li></ul>")', "Soft & warm\nWool")
def plain_text(value: Any) -> str | None:
    """A description without its HTML marks, one paragraph or item a line."""
    reader = _Words()
    reader.feed(_text(value)[:_LONGEST_TEXT])
    reader.close()
    lines = (" ".join(line.split()) for line in "".join(reader.words).split("\n"))
    return "\n".join(line for line in lines if line) or None


@_function('$first_filled("", "Ann", "Lee")', "Ann")
def first_filled(*values: Any) -> Any:
    """The first value that is there and not empty."""
    return next((one for one in values if not _nothing(one)), None)


# --- times and tables ----------------------------------------------------------------------------


@_function('$local_date("2026-03-02T03:30:00Z", "America/Chicago")', "2026-03-01")
def local_date(instant: Any, zone: Any) -> str | None:
    """The day of an instant where the store is; `zone` is a name like America/Chicago."""
    if _nothing(instant):
        return None
    try:
        place = ZoneInfo(_text(zone))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{_text(zone)[:80]!r} is no time zone") from None
    try:
        moment = datetime.fromisoformat(_text(instant))
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return moment.astimezone(place).date().isoformat()
    except (ValueError, OverflowError):
        raise ValueError(f"{_text(instant)[:80]!r} is no time") from None


@_function('$lookup_table("tiers", "gold")', "3")
def lookup_table(table: Any, value: Any, otherwise: Any = None) -> Any:
    """The entry of a lookup table for a value.

    Without an entry, `otherwise` is given; without that, the record waits until there is one.
    """
    if _nothing(value):
        return None
    found = TABLES.get({}).get(_text(table), {}).get(_text(value))
    if found is not None:
        return found
    if otherwise is None:
        raise NoEntry(_text(table), _text(value))
    return otherwise


class NoEntry(ValueError):
    """A lookup table has no entry for a value."""

    def __init__(self, table: str, value: str) -> None:
        super().__init__(f"{value[:80]!r} has no entry in the table {table[:80]!r}")
        self.table = table
        self.value = value


# --- what they share -----------------------------------------------------------------------------


class _Words(HTMLParser):
    """Collects the text of HTML; what begins a block begins a line."""

    _BLOCKS = frozenset(("p", "br", "div", "li", "ul", "ol", "tr", "h1", "h2", "h3", "h4", "h5"))

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in ("script", "style")
        if tag in self._BLOCKS:
            self.words.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style") and self._hidden:
            self._hidden -= 1
        if tag in self._BLOCKS:
            self.words.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.words.append(data)


def _nothing(value: Any) -> bool:
    return value is None or value == "" or value == []


def _text(value: Any) -> str:
    """The value as text; a whole number without a point."""
    if isinstance(value, str) and len(value) <= _LONGEST_TEXT:
        return value
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, dict | list):
        raise ValueError("a text is wanted here, not a list or an object")
    said = str(value)
    if len(said) > _LONGEST_TEXT:
        raise ValueError(f"a text of {len(said)} characters is too long")
    return said


def _number(value: Any) -> Decimal:
    """The amount; nothing counts as 0. A fraction typed as a number is taken as it was typed."""
    if _nothing(value):
        return Decimal(0)
    if isinstance(value, bool):
        raise ValueError(f"{value} is not a number")
    text = repr(value) if isinstance(value, float) else _text(value)
    try:
        found = Decimal(text)
    except InvalidOperation:
        raise ValueError(f"{text[:80]!r} is not a number") from None
    if not found.is_finite() or (found and abs(found.adjusted()) > _MOST_DIGITS):
        raise ValueError(f"{text[:80]!r} is beyond every amount")
    if isinstance(value, float) and -int(found.as_tuple().exponent) > _TYPED_DECIMALS:
        raise ValueError(f"{text} was worked out with binary fractions; use $add, $multiply ...")
    return found


def _plain(amount: Decimal) -> str:
    """The amount in digits, never as 1E+3."""
    return format(amount, "f")


def _flat(values: Any) -> list[Any]:
    """All values of lists in lists, in order."""
    found: list[Any] = []
    for one in values:
        found += _flat(one) if isinstance(one, list | tuple) else [one]
    return found
