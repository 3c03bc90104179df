"""Stored records of a flow, mapped by two rule books: what a draft would change. Calls nobody."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any

from django.db.models import Exists, OuterRef, Q
from pydantic import ValidationError

from integrations.connector_kit.errors import ConnectorError, Rejected
from integrations.models import Delivery, DeliveryState, Flow
from integrations.services.veils import veiled
from integrations.sync import pipeline
from integrations.sync.rulebooks import RuleBook
from integrations.sync.sessions import Session, load_many, open_for_reading
from integrations.sync.stages.normalise import normalise
from integrations.sync.stages.transform import transform
from integrations.sync.stages.validate import validate
from mappings.canonical.record import Entity, InvalidRecord, Record, Skipped

STOPPED = (DeliveryState.HELD, DeliveryState.DEAD)
_INDEX = re.compile(r"\[\d+\]")


@dataclass(frozen=True)
class Mapped:
    """What rules make of one record: fields, or why it is held, or why it is left out."""

    fields: Mapping[str, Any] | None = None
    error: Rejected | InvalidRecord | None = None
    left_out: str = ""


@dataclass(frozen=True)
class Seen:
    """One stored record under both rule books. `record` is None when it cannot be read any more."""

    delivery: Delivery
    record: Record | None = None
    before: Mapped = field(default_factory=Mapped)
    after: Mapped = field(default_factory=Mapped)


@dataclass
class Reading:
    """Both accounts of a flow, opened for reading their settings only."""

    flow: Flow
    source: Session
    target: Session


def reading(flow: Flow) -> Reading:
    """Opens the flow's accounts without their credentials: nobody can be called with them."""
    return Reading(flow, open_for_reading(flow.source), open_for_reading(flow.target))


def stored(flow: Flow, *, below: int | None, limit: int) -> list[Delivery]:
    """The latest delivery of each record that is kept, newest first, below an id."""
    kept = Q(payload_id__isnull=False) | Q(state__in=STOPPED)
    newer = Delivery.objects.filter(kept, flow=flow, key=OuterRef("key"), pk__gt=OuterRef("pk"))
    rows = Delivery.objects.filter(kept, ~Exists(newer), flow=flow)
    if below is not None:
        rows = rows.filter(pk__lt=below)
    return list(rows.select_related("inbox_item").order_by("-id")[:limit])


def records_of(place: Reading, rows: Sequence[Delivery]) -> dict[int, Record]:
    """The canonical records by delivery; those that were pruned or cannot be read are missing.

    A record that was held was not kept in our words, so it is read from its notice once more.
    """
    documents = load_many([row.payload_id for row in rows if row.payload_id])
    notices = load_many(
        [row.inbox_item.payload_id for row in rows if row.payload_id not in documents
         and row.inbox_item.payload_id]
    )  # fmt: skip
    found: dict[int, Record] = {}
    for row in rows:
        document = veiled(row.entity, documents.get(row.payload_id or 0))
        notice = notices.get(row.inbox_item.payload_id or 0)
        record = None
        if document is not None:
            record = canonical(Entity(row.entity), document.get("record"))
        elif notice is not None:
            record = _from_notice(place, row, notice)
        if record is not None:
            found[row.pk] = record
    return found


def canonical(entity: Entity, kept: Any) -> Record | None:
    """A kept record in our words; None when this release knows it in another shape."""
    for kind in _kinds().get(entity, ()):
        with suppress(ValidationError):
            return kind.model_validate(kept)
    return None


@cache
def _kinds() -> Mapping[Entity, Sequence[type[Record]]]:
    """The canonical types by their entity: an order goes one way as itself and the other as its
    state. Connectors, which make them, are loaded by then."""
    found: dict[Entity, list[type[Record]]] = {}
    for kind in Record.__subclasses__():
        found.setdefault(kind.model_construct(key="-").entity, []).append(kind)
    return found


def _from_notice(place: Reading, row: Delivery, notice: Any) -> Record | None:
    made: list[Record] = []

    def read() -> None:
        try:
            made.append(normalise(place.source, Entity(row.entity), notice))
        except (ConnectorError, InvalidRecord, Skipped):
            return

    pipeline.survives(f"reading of the notice of delivery {row.pk}", read)
    return made[0] if made else None


def compare(
    place: Reading, rows: Sequence[Delivery], before: RuleBook, after: RuleBook
) -> Iterator[Seen]:
    """Each record by both rule books."""
    records = records_of(place, rows)
    for row in rows:
        record = records.get(row.pk)
        if record is None:
            yield Seen(row)
            continue
        found: list[Seen] = []

        def work(row: Delivery = row, record: Record = record, found: Any = found) -> None:
            first, second = mapped(place, record, before), mapped(place, record, after)
            found.append(Seen(row, record, first, second))

        pipeline.survives(f"shadow of delivery {row.pk}", work)
        yield found[0] if found else Seen(row)


def mapped(place: Reading, record: Record, book: RuleBook) -> Mapped:
    """The record by one rule book, checked as when it is prepared to be sent."""
    try:
        validate(record, target=place.target)
        made = transform(record, source=place.source, target=place.target, book=book, missed=[])
    except Skipped as error:
        return Mapped(left_out=str(error))
    except (Rejected, InvalidRecord) as error:
        return Mapped(error=error)
    return Mapped(fields=made.fields)


def flat(fields: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every value with its path: ("lines[0].sku", "TEE"). An empty list or object is a value."""
    if isinstance(fields, Mapping) and fields:
        for name, value in fields.items():
            yield from flat(value, f"{path}.{name}" if path else str(name))
    elif isinstance(fields, list) and fields:
        for index, value in enumerate(fields):
            yield from flat(value, f"{path}[{index}]")
    else:
        yield path, fields


def target_of(path: str) -> str:
    """ "lines[].sku" for "lines[3].sku"."""
    return _INDEX.sub("[]", path)


def changed_fields(
    before: Mapping[str, Any], after: Mapping[str, Any]
) -> dict[str, tuple[Any, Any]]:
    """Values that differ, by path; None where there is none."""
    old, new = dict(flat(before)), dict(flat(after))
    return {
        path: (old.get(path), new.get(path))
        for path in {**old, **new}
        if old.get(path) != new.get(path)
    }


def money_added(found: Mapping[str, tuple[Any, Any]]) -> dict[str, Decimal]:
    """What amounts of money grow by, by target. An amount is what rules made a Decimal on a side."""
    added: dict[str, Decimal] = {}
    for path, (old, new) in found.items():
        if isinstance(old, Decimal) or isinstance(new, Decimal):
            target = target_of(path)
            added[target] = added.get(target, Decimal(0)) + _amount(new) - _amount(old)
    return {target: total for target, total in added.items() if total}


def _amount(value: Any) -> Decimal:
    try:
        number = Decimal(str(value)) if value not in (None, "") else Decimal(0)
    except InvalidOperation:
        return Decimal(0)
    return number if number.is_finite() else Decimal(0)


def currency_of(place: Reading, record: Record) -> str:
    """The currency its amounts are in, as far as the record or an account says."""
    said = getattr(record, "currency", "")
    accounts = (place.target.account, place.source.account)
    return str(said) or next(filter(None, (one.setting("currency") for one in accounts)), "")
