"""The target side of a slice: as many independent records at once as the account permits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice

from django.db import connection as database
from django.utils import timezone

from integrations.connector_kit.errors import NeedsOwner, TryLater
from integrations.connector_kit.pace import LONGEST_SLEEP, USED_UP
from integrations.models import Delivery
from integrations.queue import fairness, stopping
from integrations.sync import handover, lanes, pipeline
from integrations.sync.breaker import Breaker
from integrations.sync.interruptions import drop_broken
from integrations.sync.lanes import Lease
from integrations.sync.pipeline import Done
from integrations.sync.sessions import Session
from integrations.sync.stages import deliver
from integrations.sync.stages.deliver import Job
from mappings.canonical.record import Entity
from tenants import scope

TURN = timedelta(seconds=2)
LOOK_AGAIN = timedelta(seconds=1)
LOOK_EVERY = timedelta(seconds=0.25)
SLOW_CALL = timedelta(seconds=1)
# An outage makes about so many calls of a record fail before the lane is left alone.
OFTEN = 3

Trouble = TryLater | NeedsOwner


@dataclass
class Sent:
    """How many records were dealt with, and what is wrong if anything."""

    records: int = 0
    trouble: Trouble | None = None

    def count(self, done: Done) -> None:
        """Takes note of one call."""
        self.trouble = worse(self.trouble, done.trouble)


@dataclass
class Turn:
    """One turn of sending. It is short, since the lane has polls and notices to look after too."""

    session: Session
    lease: Lease
    breaker: Breaker
    until: datetime
    sent: Sent = field(default_factory=Sent)
    since: datetime = field(default_factory=timezone.now)
    has_called: bool = False

    @property
    def is_over(self) -> bool:
        """Whether no further call may begin, for whatever reason."""
        if self.breaker.is_open or wants_rest(self.sent.trouble) or stopping.is_told():
            return True
        if (delay := self.session.budget.delay()) > LONGEST_SLEEP:
            # Asked before an intent is written: nothing is noted of calls that cannot leave.
            self.sent.trouble = TryLater(USED_UP, after=delay, throttled=True, left=False)
            return True
        if not self.has_called:
            # One call at least in every slice, however long polls take: others always wait on a
            # busy host, and what is to be sent must not wait for ever.
            return timezone.now() >= self.until
        return fairness.turn_is_over(self.until)

    @property
    def is_long(self) -> bool:
        return timezone.now() - self.since >= TURN

    def hear(self, done: Done) -> None:
        self.has_called = True
        self.sent.count(done)
        self.breaker.hear(done.trouble, now=timezone.now())


class _Line:
    """What waits to be sent, the most urgent first.

    It is looked up again after a moment, since what has come meanwhile may be more urgent than
    what was found before: a stock level overtakes an initial load.
    """

    def __init__(self, session: Session, lease: Lease) -> None:
        self._session = session
        self._lease = lease
        self._look()

    def take(self, count: int, under_way: Sequence[int] = ()) -> list[list[Delivery]]:
        """The next batches; fewer than `count` when there are no more."""
        if timezone.now() - self._looked_at >= LOOK_AGAIN:
            self._look(under_way)
        found = list(islice(self._batches, count))
        if not found and under_way and timezone.now() - self._looked_at >= LOOK_EVERY:
            self._look(under_way)
            found = list(islice(self._batches, count))
        return found

    def _look(self, under_way: Sequence[int] = ()) -> None:
        rows = _claimed(self._session, self._lease, under_way)
        self.found = len(rows)
        self._looked_at = timezone.now()
        self._batches = _batches(self._session, rows)


def send_due(session: Session, lease: Lease, *, breaker: Breaker, until: datetime) -> Sent:
    """Sends what is due.

    Stops early when the time is up, when the account asks for a rest, and when it has failed so
    often in a row that asking on for every record would only take time.
    """
    turn = Turn(session, lease, breaker, until)
    if turn.is_over:
        return turn.sent
    line = _Line(session, lease)
    if line.found:
        # What was just prepared for other accounts need not wait until this one has its own.
        handover.let_go()
    width = session.connector.manifest.limits.concurrency
    if width == 1 or line.found == 1:
        return _one_after_another(turn, line)
    return _side_by_side(turn, line, width=width)


def _claimed(session: Session, lease: Lease, leave_out: Sequence[int] = ()) -> list[Delivery]:
    with scope.tenant(session.tenant_id):
        lanes.check(lease)
        return deliver.claim(
            session, now=timezone.now(), limit=_at_once(session), leave_out=leave_out
        )


def _at_once(session: Session) -> int:
    """A target that takes more in one call than is claimed else gets its batches whole."""
    ports = session.connector.entities.values()
    return max(deliver.BATCH, *(port.batch_size for port in ports if port.write_many), 0)


def _one_after_another(turn: Turn, line: _Line) -> Sent:
    """Each call begins when the outcome of the one before is kept."""
    session, lease = turn.session, turn.lease
    while not (turn.is_over or turn.is_long) and (batches := line.take(1)):
        for jobs in pipeline.begin(session, lease, batches, now=timezone.now()):
            # A call takes long, and connections to the database are few.
            database.close()
            done = pipeline.call(session, lease, jobs)
            pipeline.keep(session, lease, [done])
            turn.hear(done)
        turn.sent.records += len(batches[0])
    return turn.sent


def _side_by_side(turn: Turn, line: _Line, *, width: int) -> Sent:
    """Up to `width` calls under way at any time: a slow one holds up nobody but itself.

    This thread alone talks to the database, for whatever has come back meanwhile at once; the
    others call. A few calls are begun ahead, so that no thread waits for a commit. When one call
    is cut off, because it could not keep a checkpoint, the others land first.
    """
    sent, flying = turn.sent, _Flying(turn.session, turn.lease, width)
    try:
        while True:
            while (room := flying.room) and not (turn.is_over or flying.must_end(turn)):
                batches = line.take(room, flying.rows)
                if not batches:
                    break
                sent.records += sum(map(len, batches))
                flying.start(batches)
            if turn.is_over or flying.cut_off:
                flying.withdraw()
            if not flying.calls:
                break
            for done in flying.land():
                turn.hear(done)
    finally:
        flying.pool.shutdown(cancel_futures=True)
    if flying.cut_off:
        raise flying.cut_off[0]
    return sent


class _Flying:
    """The calls under way or begun, and the threads that make them."""

    def __init__(self, session: Session, lease: Lease, width: int) -> None:
        self._session = session
        self._lease = lease
        self._width = width
        self.calls: dict[Future[Done], tuple[Sequence[Job], datetime]] = {}
        self.cut_off: list[BaseException] = []
        self.pool = ThreadPoolExecutor(width, thread_name_prefix="call")

    @property
    def room(self) -> int:
        """For how many more calls."""
        return max(0, self._width + self._width // 2 - len(self.calls))

    @property
    def rows(self) -> list[int]:
        """Ids of the deliveries under way."""
        return [job.delivery.pk for jobs, _ in self.calls.values() for job in jobs]

    def must_end(self, turn: Turn) -> bool:
        """Whether the turn has been long enough, or was cut off.

        Not while a call is so slow that waiting for it would idle the others.
        """
        if self.cut_off:
            return True
        now = timezone.now()
        oldest = min((began for _, began in self.calls.values()), default=now)
        return turn.is_long and now - oldest <= SLOW_CALL

    def start(self, batches: Sequence[Sequence[Delivery]]) -> None:
        """Writes the intents down together, then lets the calls go."""
        now = timezone.now()
        for jobs in pipeline.begin(self._session, self._lease, batches, now=now):
            self.calls[self.pool.submit(_call, self._session, self._lease, jobs)] = jobs, now

    def land(self) -> list[Done]:
        """Keeps what has come back, together; waits for at least one.

        Nothing is known of a call that was cut off. Its intent stays, so it is tried again.
        """
        finished, _ = wait(self.calls, return_when=FIRST_COMPLETED)
        cut_off = [error for future in finished if (error := future.exception())]
        if cut_off:
            self.cut_off += cut_off
            drop_broken()
        done = [future.result() for future in finished if not future.exception()]
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
    """By rank, so that stock goes first and an initial load takes what is left."""
    groups: dict[tuple[int, Entity, int], list[Delivery]] = {}
    for row in rows:
        entity = Entity(row.entity)
        groups.setdefault((row.rank, entity, _size(session, entity, row)), []).append(row)
    for rank, entity, size in sorted(groups, key=lambda group: group[0]):
        group = groups[rank, entity, size]
        for start in range(0, len(group), size):
            yield group[start : start + size]


def _size(session: Session, entity: Entity, row: Delivery) -> int:
    """How many go together: fewer with each further failure, for one may be why all of them fail."""
    port = session.port(entity)
    size = port.batch_size if port and port.write_many else 1
    return max(1, size >> max(0, row.attempts - OFTEN))
