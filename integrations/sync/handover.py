"""Hands a target lane over to the process that has just made its work, if that has time for it.

A hint through the queue passes three processes before the lane is worked; a single order is sent
sooner when whoever prepared it goes on with it. Much work at once goes through the queue, so that
other workers share it. A hand-over that is lost with its process is a lost hint: the pulse finds
the lane.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID

from integrations.queue import enqueue_lane
from tenants import scope

# More records than this at once are better shared with other workers.
FEW = 20
# Whoever has worked longer than this leaves the rest to others, so that no task grows long.
LONGEST_SECONDS = 3.0

_kept: ContextVar[dict[UUID, UUID] | None] = ContextVar("clarity_handover", default=None)


@contextmanager
def keeping() -> Iterator[dict[UUID, UUID]]:
    """Collects what is handed over meanwhile, as tenant by connection; emptied as it is taken."""
    kept: dict[UUID, UUID] = {}
    token = _kept.set(kept)
    try:
        yield kept
    finally:
        _kept.reset(token)


def hint(*, tenant_id: UUID, connection_id: UUID) -> None:
    """As `queue.enqueue_lane`, but keeps the lane for this process where one asked for it."""
    kept = _kept.get()
    if kept is None:
        enqueue_lane(tenant_id=tenant_id, connection_id=connection_id)
    else:
        kept[connection_id] = tenant_id


def let_go() -> None:
    """Queues what was kept: this process goes on with something else. Call outside any scope."""
    kept = _kept.get() or {}
    while kept:
        connection_id, tenant_id = kept.popitem()
        with scope.tenant(tenant_id):
            enqueue_lane(tenant_id=tenant_id, connection_id=connection_id)


def is_late(since: float) -> bool:
    """Whether work that began at this time.monotonic() has gone on for long enough."""
    return time.monotonic() - since > LONGEST_SECONDS
