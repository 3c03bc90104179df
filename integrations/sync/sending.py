"""The target side of a slice: as many independent records at once as the account permits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from django.db import connection as database
from django.utils import timezone

from integrations.connector_kit.errors import NeedsOwner, TryLater
from integrations.models import Delivery
from integrations.queue import fairness
from integrations.sync import lanes, pipeline
from integrations.sync.lanes import Lease
from integrations.sync.sessions import Session
from integrations.sync.stages import deliver
from mappings.canonical.record import Entity
from tenants import scope

# So many failures in a row say that the account itself is ill; until then only records wait.
ILL_AFTER = 3

Trouble = TryLater | NeedsOwner

# Overselling is what hurts most, so stock goes first; orders before the rest.
_FIRST = {Entity.INVENTORY: 0, Entity.ORDER: 1}


@dataclass
class Sent:
    """How many records were dealt with, whether one went through, and what is wrong if anything."""

    records: int = 0
    answered: bool = False
    trouble: Trouble | None = None


def send_due(session: Session, lease: Lease, *, until: datetime) -> Sent:
    """Sends what is due.

    Stops early when the time is up, when the account asks for a rest, and when it has failed so
    often in a row that asking on for every record would only take time.
    """
    with scope.tenant(session.tenant_id):
        lanes.check(lease)
        rows = deliver.claim(session, now=timezone.now())
    database.close()
    width = session.connector.manifest.limits.concurrency
    waiting = _batches(session, rows)
    sent, failures = Sent(), 0
    with ThreadPoolExecutor(width) as pool:
        while not fairness.turn_is_over(until) and (window := list(islice(waiting, width))):
            futures = [pool.submit(_send, session, lease, batch) for batch in window]
            for future in futures:
                future.exception()  # an error of ours surfaces only after all threads have ended
            results = [future.result() for future in futures]
            sent.records += sum(len(batch) for batch in window)
            for result in results:
                failures = failures + 1 if result else 0
                sent.answered = sent.answered or result is None
                sent.trouble = worse(sent.trouble, result)
            if failures >= ILL_AFTER or wants_rest(sent.trouble):
                break
    return sent


def _send(session: Session, lease: Lease, batch: Sequence[Delivery]) -> Trouble | None:
    try:
        return pipeline.send(session, lease, batch, now=timezone.now())
    finally:
        # The thread is done with the database: its connection goes back to the pool.
        database.close()


def worse(first: Trouble | None, second: Trouble | None) -> Trouble | None:
    """Refused credentials outweigh a wait, and a wait they asked for outweighs one of ours."""
    if first is None or second is None:
        return first or second
    return second if wants_rest(second) and not isinstance(first, NeedsOwner) else first


def wants_rest(trouble: Trouble | None) -> bool:
    """Whether the account itself said that it must not be called now."""
    return isinstance(trouble, NeedsOwner) or (trouble is not None and trouble.throttled)


def _batches(session: Session, rows: Sequence[Delivery]) -> Iterator[list[Delivery]]:
    by_entity: dict[Entity, list[Delivery]] = {}
    for row in rows:
        by_entity.setdefault(Entity(row.entity), []).append(row)
    for entity in sorted(by_entity, key=lambda entity: _FIRST.get(entity, 2)):
        port = session.port(entity)
        size = port.batch_size if port and port.write_many else 1
        group = by_entity[entity]
        for start in range(0, len(group), size):
            yield group[start : start + size]
