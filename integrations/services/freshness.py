"""Freshness: how long records took from the notice we received to the target that has them.

Kept as counts by steps, so that half and 95 % of any stretch of time can be told from the hours in
it. What is told lies between two steps, in proportion; steps are at most a half apart up to a
minute.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

# Upper ends in seconds, each the begin of the next; one more step holds what took longer.
STEPS: tuple[float, ...] = (
    0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 4, 5, 7, 10, 15, 20, 30, 45, 60,
    120, 300, 600, 1_800, 3_600, 21_600, 86_400,
)  # fmt: skip


@dataclass(frozen=True)
class Freshness:
    """Of `count` delivered records: seconds within which half and 95 % were there, None without
    any."""

    count: int
    half: float | None
    p95: float | None


def of_counts(counts: Sequence[int]) -> Freshness:
    """What the counts by steps say. Missing steps at the end count as 0."""
    return Freshness(sum(counts), within(counts, 0.5), within(counts, 0.95))


def within(counts: Sequence[int], share: float) -> float | None:
    """Seconds within which that share of the records was there; None without any.

    Beyond the last step it is the last step: "a day or more".
    """
    total = sum(counts)
    if not total:
        return None
    wanted, seen = share * total, 0
    for step, count in enumerate(counts[: len(STEPS)]):
        if count and seen + count >= wanted:
            low = STEPS[step - 1] if step else 0.0
            return low + (STEPS[step] - low) * (wanted - seen) / count
        seen += count
    return STEPS[-1]


def added(rows: Sequence[Sequence[int]]) -> list[int]:
    """The counts of several stretches together."""
    total = [0] * (len(STEPS) + 1)
    for row in rows:
        for step, count in enumerate(row):
            total[step] += count
    return total
