"""The panel that says of each flow what became of everything that was received."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from integrations.models import Flow
from integrations.services.imbalances import Imbalance
from integrations.services.overview import PairHealth
from integrations.services.tally import PARTS, Sum
from integrations.services.verdict import flow_name

# Part of the sum: its word, and the filter of the records list that shows these records.
_WORDS = {
    "delivered": ("delivered", "delivered"),
    "unchanged": ("with nothing to change", "quiet"),
    "merged": ("merged into a newer one", "quiet"),
    "filtered": ("left out", "quiet"),
    "held": ("held", "held"),
    "dead": ("given up", "dead"),
    "in_flight": ("on the way", "waiting"),
}


@dataclass(frozen=True)
class Part:
    """One number of the sum, with the link to the records behind it."""

    count: int
    word: str
    query: str

    @property
    def said(self) -> str:
        return f"{self.count:,}"


@dataclass(frozen=True)
class SumLine:
    """A flow and its sum; `off` is what does not agree."""

    flow: Flow
    name: str
    target: str
    received: int
    parts: Sequence[Part]
    missing: int
    off: Sequence[Imbalance]

    @property
    def said(self) -> str:
        return f"{self.received:,}"


@dataclass(frozen=True)
class Accounted:
    """`lines` is empty while a large tenant is counted for the first time. `off` belongs to no
    single flow. `counted_at` is None when the numbers are of this moment; `proved_at` is when the books were last compared record by record."""

    lines: Sequence[SumLine]
    off: Sequence[Imbalance]
    counted_at: datetime | None
    proved_at: datetime | None

    @property
    def is_right(self) -> bool:
        return not self.off and not any(line.off or line.missing for line in self.lines)


def accounted(health: PairHealth) -> Accounted:
    """What the panel shows of a pair."""
    kept = health.books
    lines = []
    for one_way in health.flows if kept.ever else ():
        flow = one_way.flow
        assert kept.ever is not None  # noqa: S101 - looked at in the line above
        found = kept.ever.of_flow(flow)
        off = [one for one in kept.imbalances if one.flow_id == flow.pk]
        if not (flow.is_on or found.received or off):
            # Never switched on: there is nothing to prove.
            continue
        lines.append(
            SumLine(
                flow=flow,
                name=flow_name(flow),
                target=one_way.target.name,
                received=found.received,
                parts=_parts(flow, found),
                missing=abs(found.missing),
                off=off,
            )
        )
    return Accounted(
        lines=lines,
        off=[one for one in kept.imbalances if one.flow_id is None],
        counted_at=kept.ever_at if kept.ever_at == kept.proved_at else None,
        proved_at=kept.proved_at,
    )


def _parts(flow: Flow, found: Sum) -> list[Part]:
    parts = []
    for name in PARTS:
        count = found.parts[name]
        if not count:
            continue
        word, show = _WORDS[name]
        parts.append(Part(count, word, urlencode({"show": show, "entity": flow.entity})))
    return parts
