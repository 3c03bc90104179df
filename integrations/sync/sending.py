"""The target side of a slice: as many independent records at once as the account permits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import islice

from django.db import connection as database
from django.utils import timezone

from integrations.connector_kit.errors import NeedsOwner, TryLater
from integrations.models import Delivery
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


def send_due(session: Session, lease: Lease, *, until: datetime) -> tuple[int, Trouble | None]:
    """Sends what is due; answers how much, and what is wrong with the account, if anything.

    Stops early when the time is up, when the account asks for a rest, and when it has failed so
    often in a row that asking on for every record would only take time.
    """
    with scope.tenant(session.tenant_id):
        lanes.check(lease)
        rows = deliver.claim(session, now=timezone.now())
    database.close()
    width = session.connector.manifest.limits.concurrency
    waiting = _batches(session, rows)
    done, failures = 0, 0
    trouble: Trouble | None = None
    with ThreadPoolExecutor(width) as pool:
        while timezone.now() < until and (window := list(islice(waiting, width))):
            futures = [pool.submit(_send, session, lease, batch) for batch in window]
            for future in futures:
                future.exception()  # an error of ours surfaces only after all threads have ended
            results = [future.result() for future in futures]
            done += sum(len(batch) for batch in window)
            for result in results:
                failures = failures + 1 if result else 0
                trouble = worse(trouble, result)
            if failures >= ILL_AFTER or _wants_rest(trouble):
                break
    return done, trouble


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
    return second if _wants_rest(second) and not isinstance(first, NeedsOwner) else first


def _wants_rest(trouble: Trouble | None) -> bool:
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
