"""A mapping rule as data: how one target field is filled, and when."""

from __future__ import annotations

import hashlib
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from mappings.engine.paths import EACH, Step, parse

LONGEST_EXPRESSION = 4000
"""Characters of an expression; what needs more belongs into a lookup table or several rules."""


class ValueType(StrEnum):
    """What a target field wants."""

    TEXT = "text"
    DECIMAL = "decimal"
    INTEGER = "integer"
    FLAG = "flag"
    INSTANT = "instant"


class Op(StrEnum):
    """What a condition asks of the value at its path."""

    EXISTS = "exists"
    MISSING = "missing"
    EQUALS = "equals"
    DIFFERS = "differs"
    ONE_OF = "one_of"
    CONTAINS = "contains"


class Lookup(BaseModel):
    """Replaces a value by the one a table names for it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    table: str
    source: str


class Condition(BaseModel):
    """When a rule counts: what is at `path` passes the test `op`, or `expression` is true.

    Null, "" and an empty list are missing. `equals` compares numbers as numbers, yes/no as such
    and the rest as text, to the letter; a missing value equals nothing. `contains` asks a list
    for one element, a text for a part of it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str | None = None
    op: Op | None = None
    value: Any = None
    expression: str | None = Field(None, min_length=1, max_length=LONGEST_EXPRESSION)

    @model_validator(mode="after")
    def _check(self) -> Condition:
        if self.expression is not None:
            if self.path is not None or self.op is not None or self.value is not None:
                raise ValueError("a condition is an expression or a path with a test, not both")
            return self
        if self.path is None or self.op is None:
            raise ValueError("a condition needs a path and a test (op), or an expression")
        parse(self.path)
        if self.op in (Op.EXISTS, Op.MISSING):
            if self.value is not None:
                raise ValueError(f"the condition {self.op} of {self.path!r} takes no value")
        elif self.op is Op.ONE_OF:
            if not isinstance(self.value, list | tuple) or not self.value:
                raise ValueError(f"the condition one_of of {self.path!r} needs a list of values")
        elif self.value is None or isinstance(self.value, list | tuple | dict):
            raise ValueError(f"the condition {self.op} of {self.path!r} needs one value")
        return self


class Rule(BaseModel):
    """How one target field is filled: from a source path, a constant, a lookup or an expression.

    - `[]` in the target repeats the rule over a list, and in the source says over which. An
      expression reads one row (`$record` is the whole record, `$index` the place from 0); its list
      is `each`, or the one the other rules of this target list repeat over.
    - `when`: all conditions must hold, else the rule does nothing. A path with `[]` is asked in
      each row, one without in the record; an expression reads what the rule's own would.
    - `default` is used when the source is missing, null or empty, and when the table that is
      looked into has no entry for it. With `required`, a field that stays empty holds the record.
    - `append` adds to a list instead of setting a field, once each; the source may then repeat
      though the target does not. `label` tells such rules of one target apart.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    target: str
    source: str | None = None
    constant: Any = None
    lookup: Lookup | None = None
    expression: str | None = Field(None, min_length=1, max_length=LONGEST_EXPRESSION)
    each: str | None = None
    when: tuple[Condition, ...] = ()
    default: Any = None
    required: bool = False
    type: ValueType | None = None
    append: bool = False
    label: str = ""

    @field_validator("when", mode="before")
    @classmethod
    def _one_or_more(cls, value: Any) -> Any:
        if value is None:
            return ()
        return (value,) if isinstance(value, dict | Condition) else value

    @model_validator(mode="after")
    def _check(self) -> Rule:
        given = (self.source, self.constant, self.lookup, self.expression)
        if sum(one is not None for one in given) != 1:
            raise ValueError(
                f"rule for {self.target!r} needs one of source, constant, lookup, expression"
            )
        self._check_paths()
        if self.label and not self.append:
            raise ValueError(f"rule for {self.target!r} has a label, but does not append")
        return self

    def _check_paths(self) -> None:
        target = parse(self.target)
        if any(isinstance(step, int) and step != EACH for step in target):
            raise ValueError(
                f"rule for {self.target!r} fills one place of a list; use [] or append"
            )
        if target.count(EACH) > 1:
            raise ValueError(f"rule for {self.target!r} repeats over more than one list")
        if target[-1] == EACH:
            raise ValueError(f"rule for {self.target!r} names no field of the row; use append")
        if self.each is not None and (
            self.expression is None or parse(self.each)[-1] != EACH or self._repeats > 1
        ):
            raise ValueError(f'rule for {self.target!r}: each is for expressions, like "lines[]"')
        repeats = EACH in target
        if self.origin is not None and not (self.append and self._repeats == 1 and not repeats):
            if self._repeats > 1:
                raise ValueError(f"rule for {self.target!r} repeats over more than one list")
            if (self._repeats == 1) != repeats:
                raise ValueError(f"rule for {self.target!r} repeats on one side only")
        lists = self.lists
        if len(lists) > 1:
            raise ValueError(f"rule for {self.target!r} reads rows of more than one list")
        if lists and not repeats and not self.append:
            raise ValueError(f"rule for {self.target!r} repeats on one side only")

    @property
    def _repeats(self) -> int:
        path = self.origin or self.each
        return parse(path).count(EACH) if path else 0

    @property
    def lists(self) -> frozenset[tuple[Step, ...]]:
        """The lists whose rows the rule reads, as paths without the `[]`: none or one."""
        paths = [self.origin, self.each, *(condition.path for condition in self.when)]
        found = [parse(path) for path in paths if path]
        return frozenset(steps[: steps.index(EACH)] for steps in found if EACH in steps)

    @property
    def origin(self) -> str | None:
        """The source path the rule reads, if it reads one."""
        return self.lookup.source if self.lookup else self.source

    @property
    def slot(self) -> str:
        """What tells this rule from the others of its set: its target, or "tags+loyalty:gold"."""
        if not self.append:
            return self.target
        if self.label:
            return f"{self.target}+{self.label}"
        said = self.origin
        if said is None and self.expression is not None:
            said = hashlib.sha256(self.expression.encode("utf-8", "replace")).hexdigest()[:8]
        return f"{self.target}+{self.constant if said is None else said}"

    def row(self) -> dict[str, Any]:
        """The rule as plain data without what is usual; Rule.model_validate reads it again."""
        return self.model_dump(mode="json", exclude_defaults=True)
