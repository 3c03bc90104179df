"""Where each field of a delivered record came from, in plain words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format

from integrations.models import Delivery
from integrations.services.mapping_provenance import Origin, Provenance, of_delivery

MOST_ROWS = 400


@dataclass(frozen=True)
class Row:
    """One field of the target."""

    target: str
    value: str
    sources: Sequence[tuple[str, str]]
    rule: str
    by: str
    note: str
    is_own: bool


@dataclass(frozen=True)
class Origins:
    """The section of a record's page. `left`: fields that are not listed."""

    said: str
    title: str
    source: str
    target: str
    rows: Sequence[Row]
    left: int


def shown(delivery: Delivery | None) -> Origins | None:
    """The section, None when no delivery has fields. Call inside the tenant's scope."""
    if delivery is None:
        return None
    found = of_delivery(delivery)
    if found.is_worked_out and not found.fields:
        return None
    rows = [_row(one, found) for one in found.fields[:MOST_ROWS]]
    count = len(found.fields) + found.left
    return Origins(
        said=" ".join(
            filter(None, (_AGAIN if found.is_worked_out else "", _said(found), found.note))
        ),
        title=f"{count:,} field{'' if count == 1 else 's'} for {found.target}",
        source=found.source,
        target=found.target,
        rows=rows,
        left=count - len(rows),
    )


_AGAIN = (
    "Nothing was sent. These are the fields that its rules make of it, worked out again just now."
)


def _said(found: Provenance) -> str:
    """By which rules, published by whom and when."""
    shipped = f"the shipped rules {found.preset}"
    if found.digest:
        shipped += f" ({found.digest})"
    if not found.number:
        return f"Mapped by {shipped}."
    who = f", published by {found.published_by}" if found.published_by else ", published"
    when = f" on {_day(found)}" if found.published_at else ""
    return f"Mapped by version {found.number} of this pair's rules over {shipped}{who}{when}."


def _day(found: Provenance) -> str:
    moment = timezone.localtime(found.published_at)
    return date_format(moment, "j F Y, H:i")


def _row(one: Origin, found: Provenance) -> Row:
    by = ""
    if one.row:
        by = f"· own rule, version {found.number}" if one.is_own else "· shipped rule"
    return Row(
        target=one.target,
        value=_word(one.value),
        sources=[(path, _word(value)) for path, value in one.sources],
        rule=one.rule or "Not known any more",
        by=by,
        note=f"· {one.note}" if one.note else "",
        is_own=one.is_own,
    )


def _word(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple | dict):
        return "none" if not value else f"{len(value)} of them"
    return str(value) or "empty"
