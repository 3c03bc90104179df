"""Receive: the next inbox items of a lane, merged by record, thin ones fetched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from integrations.connector_kit.base import EntityPort
from integrations.connector_kit.errors import ConnectorError, NeedsOwner, TryLater
from integrations.models import InboxItem, InboxState, Rank
from integrations.sync import floors
from integrations.sync.overtaking import overtaken
from integrations.sync.sessions import Session, load_many
from integrations.sync.versions import is_newer
from mappings.canonical.record import Entity

BATCH = 200
READ_AT_ONCE = 100
GIVE_UP_AFTER = 3
# A notice may overtake its record: one that is not found for so long is taken to be gone.
NOT_YET = timedelta(seconds=60)


@dataclass(frozen=True)
class Received:
    """An inbox item with the record as it came. `raw` is None while it must be fetched."""

    item: InboxItem
    raw: Mapping[str, Any] | None


def claim(session: Session, *, now: datetime) -> list[Received]:
    """The newest waiting item of each record, oldest record first; older ones are merged.

    Every notice we keep shows the whole record, so a newer one says all an older one did. What a
    backfill read is for one flow, so it speaks for no news that is for others too.
    """
    rows = list(
        InboxItem.objects.filter(
            id__gte=floors.items_from(session.connection.pk),
            connection=session.connection,
            state=InboxState.WAITING,
            due_at__lte=now,
        ).order_by("rank", "due_at", "id")[:BATCH]
    )
    newest: dict[tuple[str, str, str], InboxItem] = {}
    merged = list(overtaken(rows))
    for row in rows:
        if row.id in merged:
            continue
        key = (row.entity, row.key, row.topic if row.rank == Rank.BACKFILL else "")
        other = newest.get(key)
        if other is None:
            newest[key] = row
            continue
        keep, drop = (other, row) if is_newer(other, row) else (row, other)
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


@dataclass
class Fetched:
    """What could be read, what could not and for what reason."""

    whole: list[Received] = field(default_factory=list)
    failed: list[tuple[InboxItem, ConnectorError]] = field(default_factory=list)


def fetch(session: Session, received: Sequence[Received]) -> Fetched:
    """Thin items with their current record. Raises NeedsOwner only.

    A record that is gone comes back as an empty object; the next stage leaves it out. One that
    cannot be read does not keep the others from it.
    """
    found = Fetched(whole=[entry for entry in received if entry.raw is not None])
    thin: dict[Entity, list[Received]] = {}
    for entry in received:
        if entry.raw is None:
            thin.setdefault(Entity(entry.item.entity), []).append(entry)
    for entity, entries in thin.items():
        port = session.port(entity)
        if port is None or port.read is None:
            found.whole += [Received(entry.item, {}) for entry in entries]
            continue
        for start in range(0, len(entries), READ_AT_ONCE):
            _read(session, port, entries[start : start + READ_AT_ONCE], found)
    return found


def _read(session: Session, port: EntityPort, entries: Sequence[Received], found: Fetched) -> None:
    """Reads all at once; when that fails for another reason than a rate limit, halves."""
    assert port.read is not None  # noqa: S101 - the caller looked
    try:
        answers = port.read(session.client, [entry.item.key for entry in entries])
    except NeedsOwner:
        raise
    except ConnectorError as error:
        is_throttled = isinstance(error, TryLater) and error.throttled
        if len(entries) == 1 or is_throttled or _is_down(found):
            found.failed += [(entry.item, error) for entry in entries]
            return
        middle = len(entries) // 2
        _read(session, port, entries[:middle], found)
        _read(session, port, entries[middle:], found)
        return
    session.answers += 1
    for entry in entries:
        raw = answers.get(entry.item.key) or {}
        if raw or timezone.now() - entry.item.received_at > NOT_YET:
            found.whole.append(Received(entry.item, raw))
        else:
            not_yet = TryLater(
                "The system does not show it yet; it is asked for again.", of_record=True
            )
            found.failed.append((entry.item, not_yet))


def _is_down(found: Fetched) -> bool:
    """Whether enough single records failed with nothing read to believe that nothing can be."""
    return not found.whole and len(found.failed) >= GIVE_UP_AFTER
