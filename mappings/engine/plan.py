"""Rules compiled for use: paths parsed, conditions prepared, expressions checked."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mappings.engine.conditions import Asked, asked
from mappings.engine.expressions import BadExpression, Job, Needs, check, job, needs
from mappings.engine.paths import EACH, Step, parse
from mappings.engine.rule import Rule, ValueType

Path = tuple[Step, ...]


@dataclass(frozen=True)
class BadRule:
    """What is wrong with one rule: its target, a sentence, and the place in its expression."""

    target: str
    message: str
    position: int = 0


class BadRules(ValueError):
    """Rules that cannot be used, with everything that is wrong in `found`."""

    def __init__(self, found: Sequence[BadRule]) -> None:
        super().__init__("; ".join(one.message for one in found))
        self.found = tuple(found)


@dataclass(frozen=True, slots=True)
class Move:
    """One rule, ready to be applied.

    `into` is the target list whose rows are filled and `leaf` the path within a row (or within
    the target, when `into` is None). `over` is the list whose rows are read and `here` the path
    within a row (or within the record), `key` the same when it is a single name: nearly always.
    `job` and `asks` point into the plan's jobs. What every row asks of the rule is kept here as
    well, where it is found faster.
    """

    rule: Rule
    into: Path | None
    leaf: Path
    over: Path | None
    here: Path
    key: str | None
    when: tuple[Asked, ...]
    asks: tuple[int, ...]
    job: int | None
    constant: Any
    table: str | None
    wanted: ValueType | None
    append: bool


@dataclass(frozen=True)
class Plan:
    """The moves of a rule set; `head` is what the evaluating process is told of the jobs.

    `needs` are the fields of the record that expressions can reach, each with those of its rows
    when it is a list of which no others are needed; None when all can be reached.
    """

    moves: tuple[Move, ...]
    jobs: tuple[Job, ...]
    head: str
    reads_tables: bool
    needs: Mapping[str, frozenset[str] | None] | None


def compiled(name: str, rules: Sequence[Rule]) -> Plan:
    """The plan of the rules of the set `name`. Raises BadRules with everything that is wrong."""
    bad = [*_doubled(name, rules), *_overlapping(rules)]
    moves: list[Move] = []
    jobs: list[Job] = []
    lists = _lists(rules)
    for rule in rules:
        try:
            moves.append(_move(rule, lists, jobs))
        except BadExpression as error:
            message = f"rule for {rule.target!r}: {error}. Correct the expression"
            bad.append(BadRule(rule.slot, message, error.position))
        except _NoList as error:
            bad.append(BadRule(rule.slot, str(error)))
    if bad:
        raise BadRules(bad)
    return Plan(
        moves=tuple(moves),
        jobs=tuple(jobs),
        head=json.dumps([[one.program, one.one, one.rows] for one in jobs]),
        reads_tables=any("$lookup_table" in one.program for one in jobs),
        needs=_needs(moves),
    )


class _NoList(ValueError):
    """A repeated rule of which nobody can say over which list."""


def _move(rule: Rule, lists: dict[Path, Path], jobs: list[Job]) -> Move:
    target, into = parse(rule.target), None
    if EACH in target:
        cut = target.index(EACH)
        into, target = target[:cut], target[cut + 1 :]
    over = next(iter(rule.lists), None)
    asks_expression = any(one.expression for one in rule.when)
    if into is not None and over is None and (rule.expression or asks_expression):
        over = lists.get(into)
        if over is None:
            raise _NoList(
                f"rule for {rule.target!r}: nothing says over which list it repeats."
                ' Name the list, for example each = "lines[]"'
            )
    here = parse(rule.origin) if rule.origin else ()
    if EACH in here:
        here = here[here.index(EACH) + 1 :]
    asks = tuple(
        _add(jobs, rule.slot, one.expression, over, yes_or_no=True)
        for one in rule.when
        if one.expression
    )
    return Move(
        rule=rule,
        into=into,
        leaf=target,
        over=over,
        here=here,
        key=here[0] if len(here) == 1 and isinstance(here[0], str) else None,
        when=tuple(asked(one) for one in rule.when if one.expression is None),
        asks=asks,
        job=_add(jobs, rule.slot, rule.expression, over) if rule.expression else None,
        constant=rule.constant,
        table=rule.lookup.table if rule.lookup else None,
        wanted=rule.type,
        append=rule.append,
    )


def _add(
    jobs: list[Job], slot: str, text: str, over: Path | None, *, yes_or_no: bool = False
) -> int:
    check(text)
    jobs.append(job(slot, text, each=over, yes_or_no=yes_or_no))
    return len(jobs) - 1


def _needs(moves: Sequence[Move]) -> dict[str, frozenset[str] | None] | None:
    """Fields of the record that expressions can reach, each with those of its rows (None: all)."""
    found: dict[str, frozenset[str] | None] = {}
    lists: dict[str, Needs] = {}
    for move in moves:
        for text in (move.rule.expression, *(one.expression for one in move.rule.when)):
            if not text:
                continue
            need = needs(text, repeated=move.over is not None)
            if need.all_:
                return None
            found |= dict.fromkeys(need.names)
            if move.over is None:
                continue
            if len(move.over) > 1:
                found[str(move.over[0])] = None
            else:
                before = lists.get(str(move.over[0]), Needs(frozenset()))
                names = before.names | need.names
                lists[str(move.over[0])] = Needs(names, row=before.row and need.row)
    for name, need in lists.items():
        # A list that is named itself can be reached as a whole, with all its rows hold.
        whole = name in found or not need.row
        found[name] = None if whole else need.names
    return found


def _lists(rules: Sequence[Rule]) -> dict[Path, Path]:
    """Target list -> the source list that the first rule which names one repeats over."""
    found: dict[Path, Path] = {}
    for rule in rules:
        target = parse(rule.target)
        if EACH in target:
            for over in rule.lists:
                found.setdefault(target[: target.index(EACH)], over)
    return found


def _doubled(name: str, rules: Sequence[Rule]) -> Iterator[BadRule]:
    seen: set[str] = set()
    for rule in rules:
        if rule.slot in seen:
            what = f"two rules of {name} fill {rule.target!r}"
            advice = ". Give each a label of its own" if rule.append else ". Remove one of them"
            yield BadRule(rule.slot, what + advice)
        seen.add(rule.slot)


def _overlapping(rules: Sequence[Rule]) -> Iterator[BadRule]:
    """A field cannot be a value and hold further fields."""
    filled = {parse(rule.target): rule for rule in rules}
    for rule in rules:
        target = parse(rule.target)
        for end in range(1, len(target)):
            if target[:end] in filled:
                other = filled[target[:end]].target
                message = f"rule for {rule.target!r} fills a part of {other!r}, which is filled"
                yield BadRule(rule.slot, f"{message} as a whole. Remove one of the two")
                break
