"""What backfills say of themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from clarity.web.activity.words import Badge, badge, duration
from integrations.models import Backfill, BackfillState, Flow
from integrations.services.backfill_progress import Progress
from integrations.services.verdict import PLURALS
from mappings.canonical.record import Entity

BADGES = {
    BackfillState.PLANNED.value: Badge("Planned", "muted", "clock"),
    BackfillState.RUNNING.value: Badge("Running", "azure", "play"),
    BackfillState.PAUSED.value: Badge("Paused", "orange", "pause"),
    BackfillState.DONE.value: Badge("Done", "green", "check"),
    BackfillState.FAILED.value: Badge("Stopped", "red", "alert"),
    BackfillState.CANCELLED.value: Badge("Cancelled", "muted", "minus"),
}

# In the order of the sum, each with what a backfill calls it.
_OUTCOMES = (
    ("delivered", "Delivered"),
    ("unchanged", "Equal already"),
    ("waiting", "On its way"),
    ("overtaken", "Newer news went first"),
    ("filtered", "Left out"),
    ("unmatched", "Without partner"),
    ("held", "Held"),
    ("dead", "Given up"),
)
_OVERTAKEN = ("merged", "replaced")
_TONES = {"overtaken": "muted", "unmatched": "orange"}


@dataclass(frozen=True)
class Tile:
    """One part of the sum."""

    word: str
    tone: str
    count: str
    is_zero: bool


def name_of(flow: Flow) -> str:
    """ "Stock levels", "Customers"."""
    return PLURALS.get(Entity(flow.entity), flow.entity).capitalize()


def number(count: float | None) -> str:
    """ "20,000"; "" for None."""
    return "" if count is None else f"{count:,.0f}"


def rate(per_second: float | None) -> str:
    """ "13 a second", "0.4 a second"; "" for None."""
    if per_second is None:
        return ""
    return f"{per_second:,.0f} a second" if per_second >= 10 else f"{per_second:.1f} a second"


def tiles(found: Progress) -> list[Tile]:
    """Every outcome there may be, in one order, so that the tiles never jump about."""
    counts = dict(found.counts)
    counts["overtaken"] = sum(counts.pop(state, 0) for state in _OVERTAKEN)
    counts["waiting"] = counts.get("waiting", 0) + counts.pop("passed", 0)
    return [
        Tile(
            word,
            _TONES.get(state) or badge(state).tone,
            number(counts.get(state, 0)),
            not counts.get(state),
        )
        for state, word in _OUTCOMES
        if state != "unmatched" or found.row.links_articles
    ]


def plan_sentence(row: Backfill) -> str:
    """ "20,000 records, about 80 + 80 + 80 calls, about 12 min at the permitted rate." """
    known = f"{number(row.records)} records" if row.records is not None else "As many as there are"
    about = duration(row.planned_seconds) if row.planned_seconds >= 60 else "less than a minute"
    calls = row.list_calls + row.read_calls + row.write_calls
    return f"{known}, about {number(calls)} calls, {about} at the permitted rate."


def call_parts(row: Backfill) -> Sequence[tuple[str, str]]:
    """What the calls are for, with how many."""
    flow = row.flow
    listing = (f"List the articles of {flow.target.name}", f"{number(row.list_calls)} calls")
    return [
        *([listing] if row.links_articles else []),
        (f"Read from {flow.source.name}", f"{number(row.read_calls)} calls"),
        (f"Write to {flow.target.name}", f"about {number(row.write_calls)} calls at most"),
    ]


def step(row: Backfill) -> str:
    """What is being done now."""
    if row.state != BackfillState.RUNNING:
        return ""
    source, target = row.flow.source.name, row.flow.target.name
    if not row.is_listed:
        return f"Listing the articles of {target}, to link them by SKU: {number(row.listed)} so far"
    if not row.is_read:
        return f"Reading {source} and writing {target}: {number(row.read)} read so far"
    return f"All is read; the rest is being written to {target}"
