"""Postal addresses out of Magento: of a customer's address book, and of an order.

A customer's address has its region as an object, an order's as a text. Magento: customers; orders.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from integrations.connector_kit.payload import Payload
from mappings.canonical.address import Address

# What is written where Magento wants a name or a phone number and nobody knows one. Its checks of
# names and numbers let a dash pass. Other programs write a dot or a question mark.
UNKNOWN = "-"
_NOT_SAID = frozenset({UNKNOWN, ".", "?", "--", "n/a"})


def normalise(raw: Payload) -> Address:
    """Their address as ours; the region by its code where it has one."""
    return Address(
        first_name=known(raw.maybe_text("firstname")),
        last_name=known(raw.maybe_text("lastname")),
        company=raw.maybe_text("company") or "",
        lines=tuple(_lines(raw)),
        city=(raw.maybe_text("city") or "").strip(),
        region=_region(raw),
        postal_code=raw.maybe_text("postcode") or "",
        country=raw.maybe_text("country_id") or "",
        phone=known(raw.maybe_text("telephone")),
    )


def known(text: str | None) -> str:
    """The text, "" for what only fills a field that may not stay empty."""
    said = (text or "").strip()
    return "" if said.casefold() in _NOT_SAID else said


def _lines(raw: Payload) -> Sequence[str]:
    street = raw.raw().get("street")
    # A list over REST; one text with line breaks where a module sends its own copy of a record.
    lines = street.splitlines() if isinstance(street, str) else raw.texts("street")
    return [line.strip() for line in lines if line.strip()]


def _region(raw: Payload) -> str:
    held = raw.raw().get("region")
    if isinstance(held, Mapping):
        part = raw.child("region")
        return (part.maybe_text("region_code") or part.maybe_text("region") or "").strip()
    return (raw.maybe_text("region_code") or raw.maybe_text("region") or "").strip()
