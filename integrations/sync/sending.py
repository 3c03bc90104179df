"""The target side of a slice: as many independent records at once as the account permits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from django.db import connection as database
from django.utils import timezone

from integrations.connector_kit.errors import NeedsOwner, TryLater
from integrations.models import Delivery
from integrations.queue import fairness
from integrations.sync import lanes, pipeline
from integrations.sync.lanes import Lease
from integrations.sync.pipeline import Done
from integrations.sync.sessions import Session
from integrations.sync.stages import deliver
from integrations.sync.stages.deliver import Job
from mappings.canonical.record import Entity
from tenants import scope

# So many failures in a row say that the account itself is ill; until then only records wait.
ILL_AFTER = 3
REFILL_FOR = timedelta(seconds=2)
LOOK_EVERY = timedelta(seconds=0.25)
SLOW_CALL = timedelta(seconds=1)

Trouble = TryLater | NeedsOwner

# Overselling is what hurts most, so stock goes first; orders before the rest.
_FIRST = {Entity.INVENTORY: 0, Entity.ORDER: 1}


@dataclass
class Sent:
    """How many records were dealt with, whether one went through, and what is wrong if anything."""

    records: int = 0
    answered: bool = False
    trouble: Trouble | None = None
    failures: int = 0
    """Of the account, in a row."""

    def is_over(self, until: datetime) -> bool:
        """Whether no further call should begin."""
        return (
            self.failures >= ILL_AFTER or wants_rest(self.trouble) or fairness.turn_is_over(until)
        )

    def count(self, done: Done) -> None:
        """Takes note of one call."""
        self.failures = self.failures + 1 if done.trouble else 0
        self.answered = self.answered or done.trouble is None
        self.trouble = worse(self.trouble, done.trouble)


def send_due(session: Session, lease: Lease, *, until: datetime) -> Sent:
    """Sends what is due.

    Stops early when the time is up, when the account asks for a rest, and when it has failed so
    often in a row that asking on for every record would only take time.
    """
    rows = _claimed(session, lease)
    waiting = _batches(session, rows)
    width = session.connector.manifest.limits.concurrency
    if width == 1 or len(rows) == 1:
        return _one_after_another(session, lease, waiting, until=until)
    return _side_by_side(session, lease, waiting, width=width, until=until)


def _claimed(session: Session, lease: Lease, leave_out: Sequence[int] = ()) -> list[Delivery]:
    with scope.tenant(session.tenant_id):
        lanes.check(lease)
        return deliver.claim(session, now=timezone.now(), leave_out=leave_out)


def _one_after_another(
    session: Session, lease: Lease, waiting: Iterator[list[Delivery]], *, until: datetime
) -> Sent:
    """Each call begins when the outcome of the one before is kept."""
    sent = Sent()
    while not sent.is_over(until) and (batch := next(waiting, None)):
        for jobs in pipeline.begin(session, lease, [batch], now=timezone.now()):
            # A call takes long, and connections to the database are few.
            database.close()
            done = pipeline.call(session, lease, jobs)
            pipeline.keep(session, lease, [done])
            sent.count(done)
        sent.records += len(batch)
    return sent


def _side_by_side(
    session: Session,
    lease: Lease,
    waiting: Iterator[list[Delivery]],
    *,
    width: int,
    until: datetime,
) -> Sent:
    """Up to `width` calls under way at any time: a slow one holds up nobody but itself.

    This thread alone talks to the database, for whatever has come back meanwhile at once; the
    others call. A few calls are begun ahead, so that no thread waits for a commit.
    """
    sent, flying = Sent(), _Flying(session, lease, width)
    since = timezone.now()
    try:
        while True:
            while (room := flying.room) and not sent.is_over(until):
                batches = list(islice(waiting, room))
                if not batches and flying.may_refill(since):
                    waiting = _batches(session, _claimed(session, lease, flying.rows))
                    batches = list(islice(waiting, room))
                if not batches:
                    break
                sent.records += sum(map(len, batches))
                flying.start(batches)
            if sent.is_over(until):
                flying.withdraw()
            if not flying.calls:
                return sent
            for done in flying.land():
                sent.count(done)
    finally:
        flying.pool.shutdown(cancel_futures=True)


class _Flying:
    """The calls under way or begun, and the threads that make them."""

    def __init__(self, session: Session, lease: Lease, width: int) -> None:
        self._session = session
        self._lease = lease
        self._width = width
        self._looked_at = timezone.now()
        self.calls: dict[Future[Done], tuple[Sequence[Job], datetime]] = {}
        self.pool = ThreadPoolExecutor(width, thread_name_prefix="call")

    @property
    def room(self) -> int:
        """For how many more calls."""
        return max(0, self._width + self._width // 2 - len(self.calls))

    @property
    def rows(self) -> list[int]:
        """Ids of the deliveries under way."""
        return [job.delivery.pk for jobs, _ in self.calls.values() for job in jobs]

    def may_refill(self, since: datetime) -> bool:
        """Whether to look for further work before all calls are back.

        Not for long, since the lane has polls and notices to look after as well; unless a call is
        so slow that waiting for it would idle the others.
        """
        now = timezone.now()
        if not self.calls or now - self._looked_at < LOOK_EVERY:
            return False
        self._looked_at = now
        oldest = min(began for _, began in self.calls.values())
        return now - since < REFILL_FOR or now - oldest > SLOW_CALL

    def start(self, batches: Sequence[Sequence[Delivery]]) -> None:
        """Writes the intents down together, then lets the calls go."""
        now = timezone.now()
        for jobs in pipeline.begin(self._session, self._lease, batches, now=now):
            self.calls[self.pool.submit(_call, self._session, self._lease, jobs)] = jobs, now

    def land(self) -> list[Done]:
        """Keeps what has come back, together; waits for at least one."""
        finished, _ = wait(self.calls, return_when=FIRST_COMPLETED)
        done = [future.result() for future in finished]
        pipeline.keep(self._session, self._lease, done)
        for future in finished:
            del self.calls[future]
        return done

    def withdraw(self) -> None:
        """Takes back the intents of calls that no thread has begun."""
        idle = [future for future in self.calls if future.cancel()]
        jobs = [job for future in idle for job in self.calls.pop(future)[0]]
        pipeline.withdraw(self._session, self._lease, jobs)


def _call(session: Session, lease: Lease, jobs: Sequence[Job]) -> Done:
    try:
        return pipeline.call(session, lease, jobs)
    finally:
        # A saga that kept a checkpoint has used the database in this thread.
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
