"""A tamed payload: foreign JSON that must be read as a type before it can be used."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from integrations.connector_kit.errors import Rejected

T = TypeVar("T")

LARGEST_EXPONENT = 40

_MISSING: Any = object()
_UNKEEPABLE = re.compile(r"[\x00\ud800-\udfff]")


class Payload:
    """One JSON object of another system, with the path that leads to it.

    Every reader raises `Rejected` with the full path (`line_items[2].sku`) when the value is
    missing or of another type. Readers named `maybe_*` answer None for missing, null and "".
    """

    def __init__(self, raw: object, path: str = "") -> None:
        if not isinstance(raw, Mapping):
            raise Rejected(
                field=path or "body", said=_shown(raw), advice="An object was expected here."
            )
        self._raw = raw
        self._path = path

    def path(self, name: str) -> str:
        return f"{self._path}.{name}" if self._path else name

    def raw(self) -> Mapping[str, Any]:
        """The object as it came; for storing, never for deciding."""
        return self._raw

    def has(self, name: str) -> bool:
        return self._raw.get(name) not in (None, "")

    def maybe_text(self, name: str) -> str | None:
        value = self._raw.get(name)
        if value is None or value == "":
            return None
        if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
            raise self._wrong(name, value, "text")
        return _keepable(str(value))

    def text(self, name: str) -> str:
        return self._required(name, self.maybe_text(name))

    def maybe_decimal(self, name: str) -> Decimal | None:
        value = self._raw.get(name)
        if value is None or value == "":
            return None
        if isinstance(value, bool) or not isinstance(value, str | int | Decimal | float):
            raise self._wrong(name, value, "a number")
        try:
            number = Decimal(str(value))
        except InvalidOperation:
            raise self._wrong(name, value, "a number") from None
        # An exponent of millions is no amount; turned into digits it would fill the memory.
        if not number.is_finite() or abs(number.adjusted()) > LARGEST_EXPONENT:
            raise self._wrong(name, value, "a number")
        return number

    def decimal(self, name: str) -> Decimal:
        return self._required(name, self.maybe_decimal(name))

    def maybe_integer(self, name: str) -> int | None:
        number = self.maybe_decimal(name)
        if number is None:
            return None
        if number != number.to_integral_value():
            raise self._wrong(name, self._raw.get(name), "a whole number")
        return int(number)

    def integer(self, name: str) -> int:
        return self._required(name, self.maybe_integer(name))

    def maybe_instant(self, name: str) -> datetime | None:
        value = self.maybe_text(name)
        if value is None:
            return None
        try:
            instant = datetime.fromisoformat(value)
            if instant.tzinfo is None:
                raise self._wrong(name, value, "a time with its zone")
            return instant.astimezone(UTC)
        except (OverflowError, ValueError):
            raise self._wrong(name, value, "a time such as 2026-03-02T15:04:05Z") from None

    def instant(self, name: str) -> datetime:
        """An aware time in UTC."""
        return self._required(name, self.maybe_instant(name))

    def flag(self, name: str, *, default: bool | None = None) -> bool:
        value = self._raw.get(name, _MISSING)
        if isinstance(value, bool):
            return value
        if (value is _MISSING or value is None) and default is not None:
            return default
        raise self._wrong(name, None if value is _MISSING else value, "true or false")

    def one_of(self, name: str, words: Mapping[str, T]) -> T:
        """Our word for theirs. A word that is not listed is an error, not a guess."""
        value = self.text(name)
        if value not in words:
            raise Rejected(
                f"{self.path(name)} is {value!r}, which this connector does not know",
                field=self.path(name),
                said=value,
                advice="Known values: " + ", ".join(sorted(words)) + ".",
            )
        return words[value]

    def maybe_child(self, name: str) -> Payload | None:
        value = self._raw.get(name)
        return None if value is None else Payload(value, self.path(name))

    def child(self, name: str) -> Payload:
        return self._required(name, self.maybe_child(name))

    def rows(self, name: str) -> Iterator[Payload]:
        """The objects of a list; a missing or null list is an empty one."""
        value = self._raw.get(name)
        if value is None:
            return
        if not isinstance(value, Sequence) or isinstance(value, str | bytes):
            raise self._wrong(name, value, "a list")
        for index, row in enumerate(value):
            yield Payload(row, f"{self.path(name)}[{index}]")

    def texts(self, name: str) -> list[str]:
        """The strings of a list; a missing or null list is an empty one."""
        value = self._raw.get(name)
        if value is None:
            return []
        if not isinstance(value, Sequence) or isinstance(value, str | bytes):
            raise self._wrong(name, value, "a list")
        return [_keepable(str(item)) for item in value]

    def _required(self, name: str, value: T | None) -> T:
        if value is None:
            raise Rejected(
                f"{self.path(name)} is missing",
                field=self.path(name),
                said="",
                advice="Fill this field in the source system, then replay the record.",
            )
        return value

    def _wrong(self, name: str, value: object, wanted: str) -> Rejected:
        return Rejected(
            f"{self.path(name)} is {_shown(value)}, {wanted} was expected",
            field=self.path(name),
            said=_shown(value),
            advice=f"Expected {wanted}. Correct it in the source system, then replay the record.",
        )


def _keepable(text: str) -> str:
    """Text without what no database keeps: NUL, and half a surrogate pair from a cut-off emoji.

    One such character in one field must not stop a record, let alone those behind it.
    """
    return _UNKEEPABLE.sub("\ufffd", text)


def _shown(value: object) -> str:
    """A foreign value short enough for a message."""
    words = repr(value)
    return words if len(words) <= 80 else words[:77] + "..."
