"""Receive: the next inbox items of a lane, merged by record, thin ones fetched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from integrations.connector_kit.base import EntityPort
from integrations.models import InboxItem, InboxState
from integrations.sync.sessions import Session, load_many
from mappings.canonical.record import Entity

BATCH = 200
READ_AT_ONCE = 100


@dataclass(frozen=True)
class Received:
    """An inbox item with the record as it came. `raw` is None while it must be fetched."""

    item: InboxItem
    raw: Mapping[str, Any] | None


def claim(session: Session, *, now: datetime) -> list[Received]:
    """The newest waiting item of each record, oldest record first; older ones are merged.

    Every notice we keep shows the whole record, so a newer one says all an older one did.
    """
    rows = list(
        InboxItem.objects.filter(
            connection=session.connection, state=InboxState.WAITING, due_at__lte=now
        ).order_by("due_at", "id")[:BATCH]
    )
    newest: dict[tuple[str, str], InboxItem] = {}
    merged: list[int] = []
    for row in rows:
        key = (row.entity, row.key)
        other = newest.get(key)
        if other is None:
            newest[key] = row
            continue
        # Without versions the later arrival wins; a notice without payload is read afresh anyway.
        keep, drop = (
            (row, other) if (row.version, row.id) >= (other.version, other.id) else (other, row)
        )
        newest[key] = keep
        merged.append(drop.id)
    if merged:
        InboxItem.objects.filter(pk__in=merged).update(
            state=InboxState.MERGED,
            reason="A newer notice of the same record came",
            finished_at=now,
        )
    stored = load_many([row.payload_id for row in newest.values() if row.payload_id])
    return [Received(row, stored.get(row.payload_id or 0)) for row in newest.values()]


def fetch(session: Session, received: Sequence[Received]) -> list[Received]:
    """Thin items with their current record. Raises what the connector raises.

    A record that is gone comes back as an empty object; the next stage leaves it out.
    """
    whole = [entry for entry in received if entry.raw is not None]
    thin: dict[Entity, list[Received]] = {}
    for entry in received:
        if entry.raw is None:
            thin.setdefault(Entity(entry.item.entity), []).append(entry)
    for entity, entries in thin.items():
        port = session.port(entity)
        if port is None or port.read is None:
            whole += [Received(entry.item, {}) for entry in entries]
            continue
        whole += _read(session, port, entries)
    return whole


def _read(session: Session, port: EntityPort, entries: Sequence[Received]) -> list[Received]:
    found: list[Received] = []
    assert port.read is not None  # noqa: S101 - the caller looked
    for start in range(0, len(entries), READ_AT_ONCE):
        part = entries[start : start + READ_AT_ONCE]
        answers = port.read(session.client, [entry.item.key for entry in part])
        found += [Received(entry.item, answers.get(entry.item.key) or {}) for entry in part]
    return found
