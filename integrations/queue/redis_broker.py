"""django-q2's Redis broker: for installations with more hosts than PostgreSQL should wake.

Redis is no part of a transaction, so a hint leaves when the row it speaks of is committed, and a
hint that Redis loses or does not take is given again by the pulse. The lanes themselves stay in
PostgreSQL.
"""

from __future__ import annotations

import logging
import time
from datetime import datetime
from functools import partial
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import InterfaceError, OperationalError, connection, transaction
from django_q.conf import Conf
from django_q.signing import BadSignature, SignedPackage

from integrations.queue.pulse import PULSE_SECONDS, Pulsing

try:
    import redis
    from django_q.brokers.redis_broker import Redis
except ImportError:
    raise ImproperlyConfigured(
        "CLARITY_BROKER names a Redis server, but the Python package redis is not installed:"
        " run pip install 'clarity-connect[redis]', or take the setting away."
    ) from None

# A webhook is answered by a process that hints: it must not wait long for a server that is away.
ANSWER_SECONDS = 2.0
AWAY_SECONDS = 5.0

log = logging.getLogger(__name__)


class HintingRedis(Pulsing, Redis):  # type: ignore[misc]
    """The Redis broker that hints after the commit, and keeps the pulse."""

    # One for the process: every call of async_task makes a broker of its own.
    _client: Any = None
    _away_until = 0.0

    def enqueue(self, task: str) -> None:
        """Hands the entry over once the transaction is committed; never raises for Redis."""
        transaction.on_commit(partial(self._push, task))

    def dequeue(self) -> list[tuple[None, bytes]] | None:
        """The next entry; None after at most a second in which there was none."""
        try:
            self.keep_pulse()
            found: list[tuple[None, bytes]] | None = super().dequeue()
            return found
        except redis.RedisError as error:
            log.warning("the queue cannot be read, trying again: %s", type(error).__name__)
        except (OperationalError, InterfaceError):
            log.warning("no pulse, trying again: the database does not answer")
            connection.close()
        time.sleep(PULSE_SECONDS)
        return None

    def queue_size(self) -> int:
        """How many entries wait; below zero while Redis does not say."""
        try:
            return int(super().queue_size())
        except redis.RedisError:
            return -1

    def oldest_waiting(self) -> datetime | None:
        # Raises when Redis is away, and so there is no pulse: a lane would count as hinted.
        # More than one is looked at, since some may have been put in front of older ones.
        times = [_queued_at(entry) for entry in self.connection.lrange(self.list_key, 0, 9)]
        return min((time for time in times if time is not None), default=None)

    def _push(self, task: str) -> None:
        if time.monotonic() < HintingRedis._away_until:
            return
        try:
            push = self.connection.lpush if self.at_front else self.connection.rpush
            push(self.list_key, task)
        except redis.RedisError as error:
            HintingRedis._away_until = time.monotonic() + AWAY_SECONDS
            log.warning("Redis took no hint, the pulse will give it: %s", type(error).__name__)

    @staticmethod
    def get_connection(list_key: str | None = None) -> Any:
        if HintingRedis._client is None:
            HintingRedis._client = redis.from_url(
                Conf.REDIS,
                socket_connect_timeout=ANSWER_SECONDS,
                # Longer than the second for which a reader waits for an entry.
                socket_timeout=ANSWER_SECONDS + 1,
                health_check_interval=30,
            )
        return HintingRedis._client


def _queued_at(entry: bytes) -> datetime | None:
    try:
        found: datetime | None = SignedPackage.loads(entry).get("started")
    except (BadSignature, TypeError):
        return None  # Not one of ours; the reader drops it when its turn comes.
    return found
