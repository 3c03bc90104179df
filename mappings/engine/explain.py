"""What each rule did with a document: sources, values, result. On demand, not on the way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mappings.engine.expressions import reads
from mappings.engine.guard import Evaluate, evaluated
from mappings.engine.outcomes import Outcomes
from mappings.engine.paths import EACH, MISSING, Step, parse, read
from mappings.engine.plan import Move
from mappings.engine.rule import Rule
from mappings.engine.rules import RuleSet
from mappings.engine.transform import (
    Problem,
    Tables,
    Transformed,
    apply_move,
    holds,
    outcome,
    source_of,
    values,
)


@dataclass(frozen=True)
class Explained:
    """What one rule did for one target field.

    `target` is the very field, "lines[2].sku" in a repeated rule. `sources` are the paths the rule
    and its conditions read, with the row filled in, and `values` what was there (None: nothing).
    `result` is what the rule gave, None when it gave nothing: then `note` says why, unless there is
    a `problem`.
    """

    target: str
    rule: Rule
    sources: tuple[str, ...]
    values: tuple[Any, ...]
    result: Any
    note: str = ""
    problem: Problem | None = None


def explain(
    rules: RuleSet,
    document: Mapping[str, Any],
    tables: Tables | None = None,
    *,
    evaluate: Evaluate = evaluated,
) -> list[Explained]:
    """Every field of every rule, in order. The rules do exactly what they do in transform."""
    tables = tables or {}
    outcomes = evaluate(rules.plan, document, tables) if rules.plan.jobs else ()
    done, found = Transformed(), []
    for move in rules.plan.moves:
        made = _rows_made(done, move)
        for index, value in values(move, document, tables, outcomes, made):
            found.append(_explained(move, index, value, document, outcomes, tables))
        apply_move(done, move, document, tables, outcomes)
    return found


def _explained(
    move: Move,
    index: int | None,
    value: Any,
    document: Mapping[str, Any],
    outcomes: Sequence[Outcomes],
    tables: Tables,
) -> Explained:
    rule = move.rule
    sources = tuple(dict.fromkeys(_sources(move, index)))
    problem = value if isinstance(value, Problem) else None
    gave = problem is None and value is not MISSING
    return Explained(
        target=_placed(rule.target, index),
        rule=rule,
        sources=sources,
        values=tuple(_found(document, path) for path in sources),
        result=value if gave else None,
        note=_note(move, index, document, outcomes, tables, value) if problem is None else "",
        problem=problem,
    )


def _sources(move: Move, index: int | None) -> Iterator[str]:
    """The paths the rule reads, then those of its conditions, in the row it has come to."""
    rule = move.rule
    if rule.origin:
        yield _placed(rule.origin, index)
    for text in (rule.expression, *(one.expression for one in rule.when)):
        for path in reads(text) if text else ():
            if path.startswith("$$."):
                yield path[3:]
            else:
                yield path if move.over is None else f"{_said(move.over)}[{index}].{path}"
    for condition in rule.when:
        if condition.path:
            yield _placed(condition.path, index)


def _note(
    move: Move,
    index: int | None,
    document: Mapping[str, Any],
    outcomes: Sequence[Outcomes],
    tables: Tables,
    value: Any,
) -> str:
    """Why the rule gave nothing, or its default."""
    row: Any = document
    if move.over is not None and index is not None:
        row = read(document, move.over)[index]
    if not holds(move, row, document, outcomes, index):
        return "its condition does not hold"
    if move.rule.constant is not None:
        return ""
    if move.job is not None:
        found = outcome(outcomes[move.job], index).get("v")
    else:
        found = read(row, move.here)
    source = source_of(move, index)
    if found is not MISSING and found is not None and found != "":
        lookup = move.rule.lookup
        if lookup and tables.get(lookup.table, {}).get(str(found)) is None:
            return f"{source} has no entry in the table {lookup.table!r}: its default"
        return ""
    return f"{source} is empty" if value is MISSING else f"{source} is empty: its default"


def _rows_made(done: Transformed, move: Move) -> int:
    rows = read(done.fields, move.into) if move.into else None
    return len(rows) if isinstance(rows, list) else 0


def _placed(path: str, index: int | None) -> str:
    return path if index is None else path.replace("[]", f"[{index}]", 1)


def _said(steps: tuple[Step, ...]) -> str:
    return "".join(
        f"[{step}]" if isinstance(step, int) else f"{'.' if at else ''}{step}"
        for at, step in enumerate(steps)
    )


def _found(document: Mapping[str, Any], path: str) -> Any:
    """What is at a path, None when there is nothing; a path of a whole list gives None too."""
    steps = parse(path)
    value = MISSING if EACH in steps else read(document, steps)
    return None if value is MISSING else value
