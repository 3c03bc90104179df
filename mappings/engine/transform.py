"""Applies rules to a source document: the target's fields, or everything that is wrong at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import InvalidOperation
from typing import Any

from mappings.engine.conversion import Refused, as_text, convert, shown
from mappings.engine.guard import Evaluate, evaluated
from mappings.engine.outcomes import NOTHING, Outcome, Outcomes, refusal
from mappings.engine.paths import MISSING, Step, read, write
from mappings.engine.plan import Move
from mappings.engine.rule import Rule
from mappings.engine.rules import RuleSet

Tables = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Problem:
    """Why one target field cannot be filled: a sentence, and what to do about it.

    `table` names the lookup table in which `value` has no entry. `stopped` is set when an
    expression was ended because it took too much time or memory.
    """

    target: str
    source: str
    value: str
    message: str
    advice: str = ""
    table: str = ""
    stopped: bool = False


@dataclass
class Transformed:
    """`fields`: what goes to the target. `problems`: empty when it may go."""

    fields: dict[str, Any] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def transform(
    rules: RuleSet,
    document: Mapping[str, Any],
    tables: Tables | None = None,
    *,
    evaluate: Evaluate = evaluated,
) -> Transformed:
    """Every rule applied in order. Never raises for bad data: problems are all reported.

    Expressions are evaluated by `evaluate`, as usual a guarded process (guard.py).
    """
    done, tables = Transformed(), tables or {}
    outcomes = evaluate(rules.plan, document, tables) if rules.plan.jobs else ()
    for move in rules.plan.moves:
        apply_move(done, move, document, tables, outcomes)
    return done


def apply_move(
    done: Transformed,
    move: Move,
    document: Mapping[str, Any],
    tables: Tables,
    outcomes: Sequence[Outcomes],
) -> None:
    """One rule applied to what the rules before it have made."""
    into, append, leaf = move.into, move.append, move.leaf
    rows = _rows(done.fields, into) if into is not None else []
    place = done.fields
    for index, value in values(move, document, tables, outcomes, len(rows)):
        if into is not None and index is not None:
            if index == len(rows):
                rows.append({})
            place = rows[index]
        if value is MISSING:
            continue
        if type(value) is Problem:
            done.problems.append(value)
        elif append:
            _append(done, move.rule, place, leaf, value)
        else:
            write(place, leaf, value)


def values(
    move: Move,
    document: Mapping[str, Any],
    tables: Tables,
    outcomes: Sequence[Outcomes],
    made: int,
) -> Iterator[tuple[int | None, Any]]:
    """What the rule gives: (row, value) for each row, or (None, value); `made` rows exist already.

    A value is MISSING when the rule gives none, and a Problem when it cannot give one.
    """
    if move.over is None:
        if move.into is None:
            yield None, _value(move, document, document, tables, outcomes, None)
        else:
            for index in range(made):
                yield index, _value(move, document, document, tables, outcomes, None)
        return
    items = read(document, move.over)
    if items is MISSING or items is None:
        return
    if not isinstance(items, list | tuple):
        yield None, _no_list(move, items)
        return
    for index, item in enumerate(items):
        yield index, _value(move, item, document, tables, outcomes, index)


def _value(
    move: Move,
    row: Any,
    document: Mapping[str, Any],
    tables: Tables,
    outcomes: Sequence[Outcomes],
    index: int | None,
) -> Any:
    try:
        if (move.when or move.asks) and not holds(move, row, document, outcomes, index):
            return MISSING
        if move.constant is not None:
            return move.constant
        if move.key is not None and type(row) is dict:
            found = row.get(move.key, MISSING)
        elif move.job is not None:
            found = outcome(outcomes[move.job], index).get("v", MISSING)
        else:
            found = read(row, move.here)
        if found is MISSING or found is None or found == "":
            return _instead(move, index)
        if move.table is not None:
            found = _look_up(move.table, found, tables, move.rule.default)
        return convert(found, move.wanted) if move.wanted is not None else found
    except Refused as refused:
        return _problem(move, row, index, refused)


def holds(
    move: Move,
    row: Any,
    document: Mapping[str, Any],
    outcomes: Sequence[Outcomes],
    index: int | None,
) -> bool:
    """Whether all conditions of the rule hold. Raises Refused when one cannot be evaluated."""
    for asked in move.when:  # noqa: SIM110 - all() over a generator takes twice as long
        if not asked(row, document):
            return False
    return all(outcome(outcomes[ask], index).get("v") for ask in move.asks)


def outcome(outcomes: Outcomes, index: int | None) -> Outcome:
    """What an expression gave (in this row). Raises Refused with the reason when it failed."""
    one: Outcome
    if isinstance(outcomes, list):
        if index is None or index >= len(outcomes):
            raise Refused("the expression gave no result for this row")
        one = outcomes[index]
    else:
        one = outcomes
    if "e" in one:
        raise refusal(one)
    return one or NOTHING


def _instead(move: Move, index: int | None) -> Any:
    """The default of a rule that found nothing, or a problem when it had to."""
    rule = move.rule
    if rule.default is not None:
        return rule.default
    if not rule.required:
        return MISSING
    source = source_of(move, index)
    return Problem(
        rule.target,
        source,
        "",
        f"{source} is empty, but {rule.target} needs it",
        f"Fill {source} in the source system, or give the rule for {rule.target} a default.",
    )


def _problem(move: Move, row: Any, index: int | None, refused: Refused) -> Problem:
    source = source_of(move, index)
    value = read(row, move.here) if move.rule.origin else refused.value
    advice = refused.advice or (
        f"Correct {source} in the source system, or change the rule for {move.rule.target}."
    )
    return Problem(
        move.rule.target,
        source,
        "" if value is MISSING else shown(value),
        f"{source}: {refused}",
        advice,
        refused.table,
        refused.stopped,
    )


def _no_list(move: Move, found: Any) -> Problem:
    path = ".".join(str(step) for step in move.over or ())
    return Problem(
        move.rule.target,
        path,
        shown(found),
        f"{path} is no list, but the rule for {move.rule.target} repeats over it",
        f"Change the rule for {move.rule.target} so that it reads a list.",
    )


def source_of(move: Move, index: int | None) -> str:
    """The source as a person reads it, with the place in the list."""
    rule = move.rule
    if rule.origin is None:
        row = "" if index is None else f" in row {index + 1}"
        return f"the expression for {rule.target}{row}"
    return rule.origin if index is None else rule.origin.replace("[]", f"[{index}]", 1)


def _look_up(table: str, value: Any, tables: Tables, default: Any) -> Any:
    if isinstance(value, list | tuple | dict):
        raise Refused(f"a list cannot be looked up in the table {table!r}")
    word = as_text(value)
    found = tables.get(table, {}).get(word, default)
    if found is None:
        raise Refused(
            f"{shown(value)!r} has no entry in the table {table!r}",
            f"Add an entry for {shown(value)!r} to the table {table!r}, then replay.",
            table=table,
        )
    return found


def _rows(fields: dict[str, Any], steps: Sequence[Step]) -> list[dict[str, Any]]:
    place = fields
    for step in steps[:-1]:
        place = place.setdefault(str(step), {})
    rows: list[dict[str, Any]] = place.setdefault(str(steps[-1]), [])
    return rows


def _append(
    done: Transformed, rule: Rule, place: dict[str, Any], leaf: Sequence[Step], value: Any
) -> None:
    """Adds to the list at the target what is not yet in it."""
    held = read(place, leaf)
    if held is MISSING or held is None or held == "":
        held = []
    elif not isinstance(held, list | tuple):
        message = f"{rule.target} holds {shown(held)!r}, which is no list to add to"
        advice = f"Let the rule that sets {rule.target} give a list, or remove it."
        done.problems.append(Problem(rule.target, rule.slot, shown(value), message, advice))
        return
    # A new list: the one that is there may belong to the record.
    held = list(held)
    for one in value if isinstance(value, list | tuple) else (value,):
        if not _within(held, one):
            held.append(one)
    write(place, leaf, held)


def _within(held: list[Any], one: Any) -> bool:
    try:
        return one in held
    except InvalidOperation:  # a signalling NaN is compared with nothing
        return False
