"""A draft tried on one stored record, in a process of its own with limits. Nothing is sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from integrations.models import Delivery, Flow
from integrations.services import mapping_checks, shadow_records
from integrations.services.mapping_shadow import draft_book
from integrations.services.mapping_versions import BadRules, CannotChange, draft_of
from integrations.sync import rulebooks
from integrations.sync.stages.transform import plain, reading_of, reference_of
from mappings.engine import trial
from mappings.engine.transform import Problem


@dataclass(frozen=True)
class Tried:
    """What the draft makes of a record. `fields` are what would be sent; `changed` says what would
    be another value than now, as (path, now, then). `stopped`: why an expression was ended."""

    delivery: Delivery
    fields: dict[str, Any]
    changed: Sequence[tuple[str, Any, Any]]
    problems: Sequence[Problem]
    stopped: str = ""


def try_on(*, flow: Flow, item_id: int | None = None, seconds: float = 2.0) -> Tried:
    """The flow's draft on the record of an inbox item, or on the newest that is kept.

    Call inside the tenant's scope. Raises CannotChange when there is no draft or no such record,
    and BadRules.
    """
    made = draft_of(flow).changes
    if wrong := mapping_checks.troubles(flow, made):
        raise BadRules(wrong)
    row = _delivery(flow, item_id)
    place = shadow_records.reading(flow)
    record = shadow_records.records_of(place, [row]).get(row.pk)
    if record is None:
        raise CannotChange(
            "This record is not kept in a form that can be tried: its documents were deleted, or"
            " its notice did not show it."
        )
    book = draft_book(flow, made)
    reference = reference_of(record, target=place.target)
    read = reading_of(record, source=place.source, reference=reference)
    done = trial.run(book.rules, read, book.tables, seconds=seconds)
    if isinstance(done, trial.TrialStopped):
        return Tried(row, {}, (), (), done.message)
    fields = plain(done.fields)
    now = shadow_records.mapped(place, record, rulebooks.of_flow(flow))
    differing = shadow_records.changed_fields(now.fields or {}, fields)
    changed = [(path, before, after) for path, (before, after) in differing.items()]
    return Tried(row, fields, changed, done.problems)


def _delivery(flow: Flow, item_id: int | None) -> Delivery:
    if item_id is None:
        rows = shadow_records.stored(flow, below=None, limit=1)
        if not rows:
            raise CannotChange("No record of this flow is kept yet.")
        return rows[0]
    found: Delivery | None = (
        Delivery.objects.filter(flow=flow, inbox_item_id=item_id)
        .select_related("inbox_item")
        .order_by("-id")
        .first()
    )
    if found is None:
        raise CannotChange(f"Record {item_id} did not go through this flow.")
    return found
