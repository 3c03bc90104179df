"""Postal addresses: the mapping's fields, Heartland's columns, and whether two are the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from integrations.connector_kit.payload import Payload
from mappings.canonical.address import Address

_COLUMNS = (
    "first_name", "last_name", "line_1", "line_2", "city", "state", "postal_code", "country",
    "phone",
)  # fmt: skip

# Heartland Retail help centre: an order refuses an address without these.
_REQUIRED = ("line_1", "city", "state", "postal_code")

# The vendor's own importer puts this where a name is required and none is known.
UNKNOWN_NAME = "?"


@dataclass(frozen=True)
class Place:
    """An address as the mapping rules leave it."""

    first_name: str = ""
    last_name: str = ""
    line_1: str = ""
    line_2: str = ""
    city: str = ""
    state: str = ""
    postal_code: str = ""
    country: str = ""
    phone: str = ""

    @property
    def is_complete(self) -> bool:
        return all(getattr(self, name) for name in _REQUIRED)

    def columns(self, *, first_name: str = "", last_name: str = "") -> dict[str, str]:
        """What Heartland is sent; both names are required there, so the buyer's fill gaps."""
        filled = {name: getattr(self, name) for name in _COLUMNS if getattr(self, name)}
        filled.setdefault("first_name", first_name or UNKNOWN_NAME)
        filled.setdefault("last_name", last_name or UNKNOWN_NAME)
        return filled


def place(row: Payload | None) -> Place | None:
    """None when there is no address, or nothing in it."""
    if row is None:
        return None
    found = {name: (row.maybe_text(name) or "").strip() for name in _COLUMNS}
    return Place(**found) if any(found.values()) else None


def same(columns: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    """Whether an address there says what `columns` says, apart from case and blanks."""
    return all(_folded(columns.get(name)) == _folded(row.get(name)) for name in _COLUMNS)


def canonical_address(row: Payload) -> Address:
    """Their address as ours."""
    lines = (row.maybe_text("line_1"), row.maybe_text("line_2"))
    return Address(
        first_name=known_name(row.maybe_text("first_name")),
        last_name=known_name(row.maybe_text("last_name")),
        lines=tuple(line for line in lines if line),
        city=row.maybe_text("city") or "",
        region=row.maybe_text("state") or "",
        postal_code=row.maybe_text("postal_code") or "",
        country=row.maybe_text("country") or "",
        phone=row.maybe_text("phone") or "",
    )


def known_name(text: str | None) -> str:
    return "" if text is None or text == UNKNOWN_NAME else text


def _folded(value: Any) -> str:
    return " ".join(str(value or "").split()).casefold()
