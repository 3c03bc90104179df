"""What failures have in common: a message without the values of the single record.

Two records share a cause when the same side refused the same kind of record for the same field
with the same words. Numbers, ids, addresses, dates and quoted values differ from record to record,
so they are taken out; no personal data remains in what is left.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from integrations.connector_kit.errors import Rejected
from integrations.connector_kit.redact import redact_secrets, redact_text
from mappings.canonical.record import InvalidRecord

BLANK = "[…]"
LONGEST = 600

_INDEX = re.compile(r"\[\d+\]")
# A value in quotes, an address, and every word that has a digit in it: ids, SKUs, dates, sums.
_VALUES = (
    re.compile(r"\"[^\"]*\"|“[^”]*”|‘[^’]*’|(?<!\w)'[^']*'(?!\w)"),
    re.compile(r"[a-z][a-z0-9+.-]*://\S+", re.IGNORECASE),
    re.compile(r"[^\s@<>]+@[^\s@<>]+\.[^\s@<>,;:]+"),
    re.compile(r"[#$€£]?[\w./:%+-]*\d[\w./:%+-]*"),
)
_MISSED = re.compile(r"no entry in the table (\w+) for ")
_SEVERAL = re.compile(rf"{re.escape(BLANK)}(?:[\s,;:()/+-]*{re.escape(BLANK)})+")


@dataclass(frozen=True)
class Cause:
    """`message` is for people: the failure in words, without values."""

    error: str
    field: str
    message: str

    def fingerprint(self, *where: str) -> str:
        """One short name of this cause at this place; equal causes have equal names."""
        text = "\0".join((*where, self.error, self.field, self.message))
        return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def cause(*, error: str, field: str, reason: str, values: Iterable[str] = ()) -> Cause:
    """The cause of one failure. `values` are the record's own words that `reason` may hold."""
    return Cause(
        error=error[:40], field=_INDEX.sub("[]", field)[:200], message=plain_message(reason, values)
    )


def plain_message(reason: str, values: Iterable[str] = ()) -> str:
    """`reason` without values, secrets and card data; of at most 600 characters."""
    # What a row keeps is never longer, and patterns take their time with more.
    text = redact_secrets(redact_text(reason[:LONGEST]))
    for value in sorted({value for value in values if len(value) > 1}, key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", BLANK, text)
    for pattern in _VALUES:
        text = pattern.sub(_blanked, text)
    return " ".join(_SEVERAL.sub(BLANK, text).split())[:LONGEST]


def no_entry(table: str, value: str) -> str:
    """Why a record is held when a table does not know its value; `value` comes in quotes.

    The table is named without quotes, so that it stays in the cause while the value goes: values
    that miss in one table are one incident.
    """
    return f"no entry in the table {table} for {value}"


def missed_table(message: str) -> str:
    """The table a message or cause of `no_entry` names, "" when it is none."""
    found = _MISSED.search(message)
    return found[1] if found else ""


def error_name(error: Exception | None, *, field: str, is_given_up: bool) -> str:
    """What kind of failure it was; without the error itself, as far as the row tells."""
    if isinstance(error, Rejected | InvalidRecord):
        return "Rejected"
    if error is not None:
        return type(error).__name__
    if is_given_up:
        return "TryLater"
    return "Rejected" if field else ""


def _blanked(found: re.Match[str]) -> str:
    # What ends a sentence is no part of the value.
    end = found[0][len(found[0].rstrip(".,;:")) :]
    return BLANK + end
