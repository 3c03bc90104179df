"""The charts of the dashboard: tables that a script draws, so both always say the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from clarity.web.dashboard import words
from integrations.models import Direction, Flow
from integrations.services.accuracy import Accuracy
from integrations.services.figures import Bucket, Figures, Line, Span, together
from integrations.services.freshness import Freshness, of_counts
from mappings.canonical.record import Entity

# What people tell apart, and the outcomes in it; drawn from the bottom up.
PARTS = (
    ("Delivered", "green", ("delivered",)),
    ("Nothing to do", "muted", ("unchanged", "merged", "filtered")),
    ("On its way", "azure", ("waiting",)),
    ("Held", "orange", ("held",)),
    ("Given up", "red", ("dead",)),
)


@dataclass(frozen=True)
class Cell:
    """`value` is what is drawn, "" where there is nothing; `said` is what is read."""

    value: str
    said: str


@dataclass(frozen=True)
class Row:
    label: str
    cells: Sequence[Cell]


@dataclass(frozen=True)
class Column:
    label: str
    tone: str


@dataclass(frozen=True)
class Chart:
    """`kind`: "bars" (stacked), "seconds" or "percent". `summary`: the chart in a sentence;
    `empty`: what is said instead of a chart without anything in it."""

    key: str
    title: str
    kind: str
    first: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    summary: str
    empty: str = ""


def records(found: Figures, span: Span, zone: ZoneInfo) -> Chart:
    """Records by the hour or day in which they were received, by what became of them."""
    rows = [
        Row(_label(bucket.start, span, zone), [_count(bucket.line, names) for *_, names in PARTS])
        for bucket in found.buckets
    ]
    total = found.total
    said = ", ".join(
        f"{words.number(_sum(total, names))} {name.lower()}"
        for name, _, names in PARTS
        if _sum(total, names)
    )
    return Chart(
        key="records",
        title=f"Records per {span.unit}",
        kind="bars",
        first=span.unit.capitalize(),
        columns=[Column(name, tone) for name, tone, _ in PARTS],
        rows=rows,
        summary=f"{words.number(total.received)} received: {said}.",
        empty="" if total.received else "No record came in this time.",
    )


def freshness(found: Figures, flows: Sequence[Flow], span: Span, zone: ZoneInfo) -> Chart:
    """Within how long 95 % arrived, by the hour or day in which they were received."""
    groups = _groups(flows)
    rows = [
        Row(
            _label(bucket.start, span, zone),
            [_seconds(_fresh(bucket, ids)) for *_, ids in groups],
        )
        for bucket in found.buckets
    ]
    whole = of_counts(found.total.ages)
    said = f"Half arrived within {words.took(whole.half)}, 95 % within {words.took(whole.p95)}."
    return Chart(
        key="freshness",
        title="95 % arrive within",
        kind="seconds",
        first=span.unit.capitalize(),
        columns=[Column(name, tone) for name, tone, _ in groups],
        rows=rows,
        summary=said,
        empty="" if whole.count else "Nothing was delivered in this time.",
    )


def accuracy(
    found: Sequence[Accuracy], starts: Sequence[datetime], span: Span, zone: ZoneInfo
) -> Chart:
    """The share of SKUs whose number is right on both sides."""
    rows = [
        Row(
            _label(start, span, zone),
            [
                Cell(
                    "" if one.share is None else f"{one.share * 100:.4f}",
                    words.percent(one.share) or "not compared",
                )
            ],
        )
        for start, one in zip(starts, found, strict=True)
    ]
    whole = Accuracy(
        sum(one.runs for one in found),
        sum(one.matched for one in found),
        sum(one.equal for one in found),
    )
    times = "time" if whole.runs == 1 else "times"
    return Chart(
        key="accuracy",
        title="Stock accuracy",
        kind="percent",
        first=span.unit.capitalize(),
        columns=[Column("SKUs that are right", "green")],
        rows=rows,
        summary=f"{words.percent(whole.share)} of the SKUs were right, compared"
        f" {words.number(whole.runs)} {times}.",
        empty="" if whole.matched else "The stock of both sides was not compared in this time.",
    )


def _groups(flows: Sequence[Flow]) -> list[tuple[str, str, list[int]]]:
    """Stock and orders on their own, since people wait for them; the rest together."""
    stock = [flow.pk for flow in flows if flow.entity == Entity.INVENTORY]
    orders = [
        flow.pk
        for flow in flows
        if flow.entity == Entity.ORDER and flow.direction == Direction.TO_POS
    ]
    rest = [flow.pk for flow in flows if flow.pk not in {*stock, *orders}]
    groups = (
        ("Stock to the shop", "green", stock),
        ("Orders to the till", "azure", orders),
        ("Everything else", "muted", rest),
    )
    return [group for group in groups if group[2]]


def _fresh(bucket: Bucket, flow_ids: Sequence[int]) -> Freshness:
    lines = [line for pk, line in bucket.by_flow.items() if pk in flow_ids]
    return together(lines).freshness


def _seconds(found: Freshness) -> Cell:
    if found.p95 is None:
        return Cell("", "–")
    return Cell(f"{found.p95:.3f}", words.took(found.p95))


def _count(line: Line, names: Sequence[str]) -> Cell:
    count = _sum(line, names)
    return Cell(str(count), words.number(count))


def _sum(line: Line, names: Sequence[str]) -> int:
    return sum(line.counts[name] for name in names)


def _label(start: datetime, span: Span, zone: ZoneInfo) -> str:
    return words.label(start.astimezone(zone), unit=span.unit)
