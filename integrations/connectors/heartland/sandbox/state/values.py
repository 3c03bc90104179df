"""Reads the values of a request body as the types the state keeps."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from integrations.connectors.heartland.sandbox.state.refusal import invalid

Row = dict[str, Any]
Table = dict[int, Row]
Body = Mapping[str, Any]

CENT = Decimal("0.01")
# Stores keep their own time of day; one fixed offset does for a sandbox.
STORE_TIME = timezone(timedelta(hours=-6))


def cents(value: Decimal) -> Decimal:
    """Rounded to the cent, halves away from zero, as a till does."""
    return value.quantize(CENT, rounding=ROUND_HALF_UP)


def stamp(moment: datetime) -> str:
    """ISO 8601 with offset; always six digits, so stamps sort as text."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def store_stamp(text: str) -> str:
    """The same moment in store time, to the second."""
    return datetime.fromisoformat(text).astimezone(STORE_TIME).isoformat(timespec="seconds")


def moment(text: str) -> datetime | None:
    """A time as a client writes it; None when it is no time. Without a zone it counts as UTC."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)


def number(body: Body, field: str, thing: str) -> Decimal | None:
    """A finite number, None when absent. Raises a validation error for anything else."""
    value = body.get(field)
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        raise invalid(thing, **{field: "must be a number"})
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        raise invalid(thing, **{field: "must be a number"}) from None
    if not found.is_finite():
        raise invalid(thing, **{field: "must be a number"})
    return found


def money(body: Body, field: str, thing: str) -> Decimal | None:
    """An amount rounded to the cent: money columns keep two places."""
    found = number(body, field, thing)
    return None if found is None else cents(found)


def words(body: Body, field: str) -> str:
    """Text without surrounding blanks; "" when absent."""
    value = body.get(field)
    return "" if value is None else str(value).strip()


def required_words(body: Body, thing: str, *fields: str) -> None:
    """Raises one validation error naming every field that is blank."""
    blank = {field: "can't be blank" for field in fields if not words(body, field)}
    if blank:
        raise invalid(thing, **blank)


def reference(body: Body, field: str, table: Table, thing: str, *, needed: bool) -> int | None:
    """The id in `field`, which must exist in `table`. None when absent and not needed."""
    value = body.get(field)
    if value is None or value == "":
        if needed:
            raise invalid(thing, **{field: "can't be blank"})
        return None
    text = str(value)
    if not text.isdecimal() or int(text) not in table:
        raise invalid(thing, **{field: "does not exist"})
    return int(text)


def flag(body: Body, field: str, *, default: bool) -> bool:
    """True or false; text from a query or a form counts too."""
    value = body.get(field)
    if value is None:
        return default
    return value if isinstance(value, bool) else str(value).lower() in ("true", "1", "yes")
