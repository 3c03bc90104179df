"""Transform: a canonical record as the target's fields, by the rules its flow follows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from integrations.connector_kit.errors import Rejected
from integrations.sync import echoes, merging
from integrations.sync.causes import no_entry
from integrations.sync.rulebooks import RuleBook, looked_up
from integrations.sync.sessions import Session
from mappings.canonical.inventory import Stock
from mappings.canonical.record import Record
from mappings.engine.document import document
from mappings.engine.stock import Number, StockRules
from mappings.engine.stock import numbers as stock_numbers
from mappings.engine.transform import Problem
from mappings.engine.transform import transform as apply_rules

Missed = list[tuple[str, str]]
"""Tables and the values that were looked up in them in vain."""

_TABLE_ADVICE = (
    "Add the value to the table. The records that wait for it then run again by themselves."
)


@dataclass(frozen=True)
class Rendered:
    """What will be sent. Equal `content_hash` means equal fields under equal rules."""

    fields: dict[str, Any]
    reference: str
    content_hash: str
    sources: Mapping[str, Sequence[str]]
    """By field what it was made of, for records that can go both ways."""


def transform(
    record: Record,
    *,
    source: Session,
    target: Session,
    book: RuleBook,
    missed: Missed,
    numbers: Sequence[Number] | None = None,
) -> Rendered:
    """The fields for the target. Raises Rejected that lists every problem at once.

    What was looked up in vain is added to `missed`, whether or not it stops the record. `numbers`:
    of stock, as worked out by stock_numbers.
    """
    if book.problem:
        raise Rejected(
            book.problem,
            field="mapping",
            advice="Correct the rules of this flow and publish them, then replay.",
        )
    reference = reference_of(record, target=target)
    tables = watched(book, missed)
    reading = reading_of(record, source=source, reference=reference, numbers=numbers)
    done = apply_rules(book.rules, reading, tables)
    if done.problems:
        # Those of expressions, which look things up in another process.
        missed += [(one.table, one.value) for one in done.problems if one.table]
        raise refusal(done.problems)
    fields = plain(done.fields)
    text = json.dumps(fields, sort_keys=True, default=str, separators=(",", ":"))
    return Rendered(
        fields=fields,
        reference=reference,
        content_hash=hashlib.sha256(text.encode()).hexdigest(),
        sources=merging.sources_of(book.rules) if record.entity in echoes.STATES else {},
    )


def reference_of(record: Record, *, target: Session) -> str:
    """The name by which the record is found again in the target."""
    port = target.port(record.entity)
    return port.reference(record, target.account) if port and port.reference else record.key


def reading_of(
    record: Record, *, source: Session, reference: str, numbers: Sequence[Number] | None = None
) -> dict[str, Any]:
    """The document that the rules read.

    Without `numbers`, as where rules are only tried, stock is added up by the source's settings.
    """
    if numbers is None and isinstance(record, Stock):
        rules = StockRules(
            counting=_words(source.account.setting("stock_locations")),
            safety={"": Decimal(source.account.setting("safety_stock", "0"))},
        )
        numbers = stock_numbers(record, rules)
    return document(record, reference=reference, numbers=numbers)


def watched(book: RuleBook, missed: Missed) -> Mapping[str, Mapping[str, str]]:
    """The book's tables, noting what is not found in them. A table nobody made is empty."""
    names = {*looked_up(book.rules), *book.tables}
    return {name: _Watched(name, book.tables.get(name, {}), missed) for name in names}


class _Watched(dict[str, str]):
    """A dict, since tables are handed to the process that evaluates expressions."""

    def __init__(self, name: str, rows: Mapping[str, str], missed: Missed) -> None:
        super().__init__(rows)
        self._name, self._missed = name, missed

    def get(self, value: str, default: Any = None) -> Any:
        found = super().get(value)
        if found is None:
            self._missed.append((self._name, value))
            return default
        return found


def refusal(problems: Sequence[Problem]) -> Rejected:
    """All problems of one record as the error that holds it."""
    first = problems[0]
    return Rejected(
        "; ".join(_said(problem) for problem in problems),
        field=first.source,
        said=first.value,
        advice=_TABLE_ADVICE if first.table else f"{first.advice.rstrip('.')}, then replay.",
    )


def _said(problem: Problem) -> str:
    """A value without an entry is told so that such values become one incident for each table."""
    if not problem.table:
        return problem.message
    return f"{problem.source}: {no_entry(problem.table, repr(problem.value))}"


def plain(value: Any) -> Any:
    """Only what JSON has, and Decimal: the fields are stored before they are sent."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, StrEnum) else value


def _words(setting: str) -> frozenset[str]:
    return frozenset(word.strip() for word in setting.split(",") if word.strip())
