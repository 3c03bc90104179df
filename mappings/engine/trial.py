"""Rules that a person has just typed, tried with a record in a process of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mappings.engine.guard import Limits, evaluated_once
from mappings.engine.rules import RuleSet
from mappings.engine.transform import Tables, Transformed, transform


@dataclass(frozen=True)
class TrialStopped:
    """A limit was passed; `message` says which rule, why, and what to do."""

    message: str
    target: str


def run(
    rules: RuleSet,
    document: Mapping[str, Any],
    tables: Tables | None = None,
    *,
    seconds: float = 2,
    megabytes: int = 256,
) -> Transformed | TrialStopped:
    """The rules applied as they would be, or what stopped them. May be called from any thread.

    `seconds` is for all expressions together, `megabytes` on top of the empty process. Rules
    without expressions need no process: what they do takes no longer than the record is long.
    """
    evaluate = evaluated_once(Limits(seconds=seconds, megabytes=megabytes, patience=1.0))
    done = transform(rules, document, tables, evaluate=evaluate)
    for problem in done.problems:
        if problem.stopped:
            return TrialStopped(f"{problem.message}. {problem.advice}", problem.target)
    return done
