"""Edits the payload of a stopped record: what came stays as it was, the edit lies beside it.

An edit is checked before it is kept: that it is JSON, an object, that the connector can read it,
and that it still speaks of the same record. Card data is removed again, as when it came in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from integrations.connector_kit import numbers
from integrations.connector_kit.errors import ConnectorError
from integrations.connector_kit.redact import redact
from integrations.models import (
    Delivery,
    DeliveryState,
    InboxItem,
    InboxState,
    Payload,
)
from integrations.sync import pipeline
from integrations.sync.sessions import keep, load, load_many, open_session
from integrations.sync.stages.normalise import normalise
from mappings.canonical.record import Entity, InvalidRecord, Record, Skipped
from tenants.models import AuditEntry, User
from tenants.services import audit

EDITED = "record.edited"
LARGEST = 1_000_000

_OPEN_ITEM = (InboxState.HELD, InboxState.DEAD, InboxState.FILTERED)
_OPEN_DELIVERY = (DeliveryState.HELD, DeliveryState.DEAD, DeliveryState.FILTERED)


class CannotEdit(ValueError):
    """The record has nothing to edit, or is not stopped; the message says which."""


class BadEdit(ValueError):
    """The edited text cannot be kept. `line` counts from 1 and is 0 when no line is to blame."""

    def __init__(self, message: str, *, line: int = 0, field: str = "") -> None:
        super().__init__(message)
        self.line = line
        self.field = field


@dataclass(frozen=True)
class Edit:
    """Who changed the payload when. `before` is what it replaced, None once it was pruned."""

    entry: AuditEntry
    before: Any


def why_not(item: InboxItem) -> str:
    """Why the item's payload cannot be edited, "" when it can. Call inside the tenant's scope."""
    if item.payload_id is None:
        return (
            "The notice only said that something changed, and the record is read from its source"
            " each time it runs. Correct it there, then replay it."
        )
    if not _is_stopped(item):
        return "Only a record that is held, given up or left out can be edited."
    if load(item.payload_id) is None:
        return "Its payload was deleted when its time was up, so there is nothing left to edit."
    return ""


def source(item: InboxItem) -> Any:
    """The payload the item runs from next. Raises CannotEdit."""
    if reason := why_not(item):
        raise CannotEdit(reason)
    return load(item.payload_id)


def edits(item: InboxItem) -> Sequence[Edit]:
    """What was edited, the first time first: its `before` is the payload as it came."""
    entries = list(
        AuditEntry.objects.filter(action=EDITED, object_type="InboxItem", object_id=str(item.pk))
        .select_related("actor")
        .order_by("id")
    )
    stored = load_many([int(entry.before["payload"]) for entry in entries])
    return [Edit(entry, stored.get(int(entry.before["payload"]))) for entry in entries]


def edit(
    item: InboxItem, *, text: str, actor: User | None, now: datetime, seen: int | None = None
) -> None:
    """Keeps `text` as the payload the item runs from next.

    `seen` is the id of the payload the person was shown: when somebody else edited it meanwhile,
    theirs is not overwritten. Call inside the tenant's scope. Raises CannotEdit and BadEdit.
    """
    locked: InboxItem = (
        InboxItem.objects.select_for_update(of=("self",))
        .select_related("connection")
        .get(pk=item.pk)
    )
    if reason := why_not(locked):
        raise CannotEdit(reason)
    if seen is not None and seen != locked.payload_id:
        raise CannotEdit("Somebody else has edited it meanwhile. Look at their version first.")
    changed = redact(parse(text))
    if changed == load(locked.payload_id):
        raise BadEdit("Nothing was changed.")
    _check(locked, changed)
    # The seal is bound to the record, so an edit opens nowhere else either.
    context = Payload.objects.values_list("context", flat=True).get(pk=locked.payload_id)
    before = locked.payload_id
    locked.payload_id = keep(locked.tenant_id, context, changed)
    locked.save(update_fields=["payload_id"])
    audit.record(
        action=EDITED,
        object_type="InboxItem",
        object_id=locked.pk,
        actor=actor,
        before={"payload": before},
        after={"payload": locked.payload_id},
    )


def parse(text: str) -> Mapping[str, Any]:
    """The JSON object `text` holds. Raises BadEdit that names the line."""
    if len(text) > LARGEST:
        raise BadEdit(f"The text has {len(text):,} characters; at most {LARGEST:,} are taken.")
    try:
        value = numbers.decode(text.encode("utf-8", "surrogatepass"))
    except ValueError as error:
        line = getattr(error, "lineno", 0)
        column = getattr(error, "colno", 0)
        said = str(getattr(error, "msg", error))
        where = f"Line {line}, column {column}: " if line else ""
        raise BadEdit(f"{where}this is not JSON ({said}).", line=line) from None
    if not isinstance(value, dict):
        raise BadEdit("The text must be one JSON object: { … }.", line=1)
    return value


def _is_stopped(item: InboxItem) -> bool:
    if item.state in _OPEN_ITEM:
        return True
    rows = list(Delivery.objects.filter(inbox_item=item).order_by("id"))
    latest = {row.flow_id: row.state for row in rows}
    return (
        item.state == InboxState.PASSED
        and any(state in _OPEN_DELIVERY for state in latest.values())
        and not any(state == DeliveryState.WAITING for state in latest.values())
    )


def _check(item: InboxItem, changed: Mapping[str, Any]) -> None:
    """Reads it as the engine will. Raises BadEdit that names the field."""
    session = open_session(item.connection)
    made: list[Record] = []
    refused: list[BadEdit] = []

    def read() -> None:
        try:
            made.append(normalise(session, Entity(item.entity), changed))
        except (ConnectorError, InvalidRecord) as error:
            refused.append(_refusal(error))
        except Skipped as error:
            refused.append(BadEdit(f"Like this the record would be left out: {error}."))

    if not pipeline.survives(f"check of an edit of inbox item {item.pk}", read):
        raise BadEdit("An error of ours came up while reading it; we have been told.")
    if refused:
        raise refused[0]
    if made and made[0].key != item.key:
        raise BadEdit(
            f"This is another record: its id is {made[0].key}, the one you opened is {item.key}."
            " Put the id back."
        )


def _refusal(error: ConnectorError | InvalidRecord) -> BadEdit:
    field = str(getattr(error, "field", ""))
    advice = str(getattr(error, "advice", ""))
    said = str(error).rstrip(".")
    return BadEdit(f"{said}. {advice}".strip(), field=field)
