"""Writes down which values rules looked up in vain, so that people can name them."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from threading import Lock
from uuid import UUID

from django.db import connection as database
from django.db import transaction

from integrations.models import Delivery, Flow
from integrations.sync import rulebooks
from integrations.sync.rulebooks import RuleBook
from tenants import scope

Found = tuple[Flow, RuleBook, Delivery, list[tuple[str, str]], bool]
"""A delivery, what was looked up for it in vain, and whether that holds it."""

# A value that holds nothing comes with every record; it is written down so often by one process.
EVERY_SECONDS = 30.0
REMEMBER_MOST = 5_000
# A rule that looks up what is never the same twice would otherwise fill the disk.
MOST_VALUES = 500
LONGEST = 400

_Key = tuple[UUID, str, str]
_lock = Lock()
_met: OrderedDict[_Key, tuple[float, int]] = OrderedDict()

_NOTE = """
INSERT INTO mappings_unmappedvalue (tenant_id, set_id, "table", value, entity, count, is_holding,
    first_at, last_at, example, example_number)
SELECT %(tenant)s, %(set)s, %(table)s, %(value)s, %(entity)s, %(count)s, %(holding)s,
    %(now)s, %(now)s, %(item)s, %(number)s
WHERE (SELECT count(*) FROM mappings_unmappedvalue
       WHERE tenant_id = %(tenant)s AND set_id = %(set)s AND "table" = %(table)s) < %(most)s
   OR EXISTS (SELECT 1 FROM mappings_unmappedvalue WHERE tenant_id = %(tenant)s
              AND set_id = %(set)s AND "table" = %(table)s AND value = %(value)s)
ON CONFLICT (tenant_id, set_id, "table", value) DO UPDATE SET
    count = mappings_unmappedvalue.count + EXCLUDED.count,
    is_holding = EXCLUDED.is_holding, last_at = EXCLUDED.last_at, entity = EXCLUDED.entity,
    example = EXCLUDED.example, example_number = EXCLUDED.example_number
"""


@dataclass
class _Tally:
    count: int
    is_holding: bool
    row: Delivery


def note(found: Iterable[Found], *, now: datetime) -> None:
    """Counts these values. Call inside the tenant's scope; costs nothing when there are none."""
    tallies: dict[_Key, _Tally] = {}
    for flow, book, row, missed, is_holding in found:
        set_id = book.set_id or rulebooks.set_of(flow.pair).pk
        for table, value in dict.fromkeys(missed):
            key = (set_id, table[:60], value[:LONGEST])
            tally = tallies.setdefault(key, _Tally(0, False, row))
            tally.count, tally.row = tally.count + 1, row
            tally.is_holding = tally.is_holding or is_holding
    for key, tally in sorted(tallies.items(), key=lambda entry: entry[0]):
        count = tally.count if tally.is_holding else _due(key, tally.count)
        if count:
            _write(key, tally, count, now=now)
        if not tally.is_holding:
            # Nothing is remembered of what is undone.
            transaction.on_commit(partial(_met_again, key, tally.count, written=count))


def _write(key: _Key, tally: _Tally, count: int, *, now: datetime) -> None:
    set_id, table, value = key
    with database.cursor() as cursor:
        cursor.execute(
            _NOTE,
            {
                "tenant": scope.current(),
                "set": set_id,
                "table": table,
                "value": value,
                "entity": tally.row.entity,
                "count": count,
                "holding": tally.is_holding,
                "now": now,
                "item": tally.row.inbox_item_id,
                "number": tally.row.number or tally.row.key,
                "most": MOST_VALUES,
            },
        )


def _due(key: _Key, count: int) -> int:
    """How often the value was met since it was written down last; 0 while that is too soon."""
    with _lock:
        since, met = _met.get(key, (0.0, 0))
    is_due = not since or time.monotonic() - since >= EVERY_SECONDS
    return met + count if is_due else 0


def _met_again(key: _Key, count: int, *, written: int) -> None:
    with _lock:
        since, met = _met.pop(key, (0.0, 0))
        left = max(0, met + count - written)
        _met[key] = (time.monotonic() if written else since, left)
        while len(_met) > REMEMBER_MOST:
            _met.popitem(last=False)


def forget() -> None:
    """Writes every value down when it is met next (a table has lost its entry)."""
    with _lock:
        _met.clear()
