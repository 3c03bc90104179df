"""Counts what a draft would change, on the row of its run. Holds no value of any record."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from integrations.models import ShadowRun
from integrations.services.shadow_records import (
    Mapped,
    Reading,
    Seen,
    changed_fields,
    currency_of,
    money_added,
    target_of,
)
from integrations.sync.causes import plain_message
from mappings.canonical.record import Entity

EXAMPLES = 5
MOST_CAUSES = 50
MOST_FIELDS = 400
# What these carry is pieces and parcels; their decimals are no money.
WITHOUT_MONEY = (Entity.INVENTORY, Entity.SHIPMENT, Entity.CUSTOMER)


def count(run: ShadowRun, place: Reading, seen: Seen) -> None:
    """Adds one record to what the run has counted; the caller saves the row."""
    if seen.record is None:
        run.unreadable += 1
        return
    run.seen += 1
    before, after = seen.before, seen.after
    if before.fields is not None and after.fields is not None:
        _fields(run, place, seen)
    elif after.fields is not None:
        if before.error is not None:
            run.no_longer_held += 1
            _cause(run, "no_longer_held", before, seen)
        else:
            run.changed += 1
    elif after.error is not None:
        if before.error is not None:
            run.still_held += 1
        else:
            run.newly_held += 1
            _cause(run, "newly_held", after, seen)
    elif before.left_out:
        run.same += 1
    else:
        run.newly_left_out += 1
        _cause(run, "newly_left_out", after, seen)


def _fields(run: ShadowRun, place: Reading, seen: Seen) -> None:
    found = changed_fields(seen.before.fields or {}, seen.after.fields or {})
    if not found:
        run.same += 1
        return
    run.changed += 1
    for target in sorted({target_of(path) for path in found}):
        if target not in run.fields and len(run.fields) >= MOST_FIELDS:
            continue
        _tally(run.fields.setdefault(target, {"count": 0, "examples": []}), seen)
    if seen.record is None or seen.record.entity in WITHOUT_MONEY:
        return
    currency = currency_of(place, seen.record)
    for target, added in money_added(found).items():
        sums = run.money.setdefault(currency, {})
        sums[target] = str(Decimal(sums.get(target, "0")) + added)


def _cause(run: ShadowRun, kind: str, mapped: Mapped, seen: Seen) -> None:
    error = mapped.error
    values = [seen.delivery.number, seen.delivery.key, error.said if error else ""]
    message = plain_message(str(error) if error else mapped.left_out, values)
    field = target_of(error.field) if error else ""
    for one in run.causes:
        if (one["kind"], one["message"], one["field"]) == (kind, message, field):
            _tally(one, seen)
            return
    if len(run.causes) < MOST_CAUSES:
        one = {"kind": kind, "message": message, "field": field, "count": 0, "examples": []}
        _tally(one, seen)
        run.causes.append(one)


def _tally(found: dict[str, Any], seen: Seen) -> None:
    found["count"] += 1
    if len(found["examples"]) < EXAMPLES:
        found["examples"].append(seen.delivery.pk)
