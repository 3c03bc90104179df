"""Who wins where both sides have changed one field of a record that goes both ways.

A pair keeps its rules as data: {"customer": {"email": "pos", "*": "newest"}}; "*" speaks for every
field that is not named. Nothing named means: the newest wins.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any


class MergeRule(StrEnum):
    """How the two values of a field become one.

    `POS`, `STORE`: that side owns the field, and what is changed on the other is changed back.
    `NEWEST`: the record changed last wins; on a tie the point of sale. `FILL_BLANKS`: a value is
    written where there is none, and never replaced. `HOLD`: a person decides.
    """

    POS = "pos"
    STORE = "store"
    NEWEST = "newest"
    FILL_BLANKS = "fill_blanks"
    HOLD = "hold"


class Verdict(StrEnum):
    """What becomes of one field: written, left (`YIELD`: the other side's value comes), or held."""

    WRITE = "write"
    KEEP = "keep"
    YIELD = "yield"
    HOLD = "hold"


ALL_OTHERS = "*"


def rule_of(rules: Mapping[str, Any], field: str) -> MergeRule:
    """The rule of a field; a custom field without a rule of its own has that of "custom"."""
    named = rules.get(field) or rules.get(field.partition(".")[0]) or rules.get(ALL_OTHERS)
    return MergeRule(named) if named else MergeRule.NEWEST


def decide(
    rule: MergeRule,
    *,
    source: str,
    is_blank: bool,
    is_changed: bool,
    source_at: int,
    target_at: int,
) -> Verdict:
    """What becomes of a field that the source has changed, where the target says something else.

    `source`: "pos" or "store". `is_blank`, `is_changed`: of the target's value, the latter since
    both sides were last known to agree. `source_at`, `target_at`: when the two records were last
    changed, 0 when unknown.
    """
    if rule in (MergeRule.POS, MergeRule.STORE):
        return Verdict.WRITE if rule == source else Verdict.YIELD
    if is_blank:
        return Verdict.WRITE
    if rule is MergeRule.FILL_BLANKS:
        return Verdict.KEEP
    if not is_changed:
        return Verdict.WRITE
    if rule is MergeRule.HOLD:
        return Verdict.HOLD
    return Verdict.WRITE if _is_newer(source, source_at, target_at) else Verdict.YIELD


def _is_newer(source: str, source_at: int, target_at: int) -> bool:
    if not source_at or not target_at:
        return True
    return source_at > target_at or (source_at == target_at and source == MergeRule.POS)
