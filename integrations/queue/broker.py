"""django-q2's ORM broker, woken by LISTEN/NOTIFY instead of sleeping.

The queue entry and its wake-up are one statement each in the caller's transaction, so they commit
together with the row they speak of. While nothing is queued the broker also keeps the pulse: once
a second it hints the lanes whose time has come.
"""

from __future__ import annotations

import logging
import time
from typing import Any

import psycopg
from django.db import DatabaseError, connection, connections
from django_q.brokers.orm import ORM
from django_q.conf import Conf

from integrations.queue.chores import hint_due_chores
from integrations.queue.pulse import hint_due_lanes

CHANNEL = "clarity_queue"
PULSE_SECONDS = 1.0

log = logging.getLogger(__name__)


class ListeningBroker(ORM):  # type: ignore[misc]
    """The ORM broker with a doorbell."""

    _listener: Any = None
    _pulsed_at = 0.0

    def enqueue(self, task: str) -> int:
        key: int = super().enqueue(task)
        with connection.cursor() as cursor:
            cursor.execute(f"NOTIFY {CHANNEL}")
        return key

    def dequeue(self) -> list[tuple[int, str]] | None:
        """The next entries; None after at most a second in which there were none."""
        self._pulse()
        found = self._take()
        if found:
            return found
        self._wait(PULSE_SECONDS)
        return self._take()

    def _take(self) -> list[tuple[int, str]] | None:
        # One statement instead of a read and a conditional write per entry; SKIP LOCKED lets
        # several hosts take different entries at the same moment.
        with connection.cursor() as cursor:
            cursor.execute(
                """
                UPDATE django_q_ormq SET lock = now() + %s * interval '1 second'
                WHERE id IN (
                    SELECT id FROM django_q_ormq WHERE key = %s AND lock < now()
                    ORDER BY lock LIMIT %s FOR UPDATE SKIP LOCKED
                ) RETURNING id, payload
                """,
                [Conf.RETRY, self.list_key, Conf.BULK],
            )
            return cursor.fetchall() or None

    def _wait(self, seconds: float) -> None:
        try:
            if self._listener is None:
                self._listener = self._listen()
            for _ in self._listener.connection.notifies(timeout=seconds, stop_after=1):
                break
        except psycopg.OperationalError:
            # The database went away; the entries are in it, so nothing is lost by waiting.
            log.warning("queue listener lost its connection, listening again")
            self._drop_listener()
            time.sleep(seconds)

    def _listen(self) -> Any:
        listener = connections.create_connection("default")
        listener.ensure_connection()
        listener.connection.autocommit = True
        listener.connection.execute(f"LISTEN {CHANNEL}")
        return listener

    def _drop_listener(self) -> None:
        listener, self._listener = self._listener, None
        if listener is not None:
            try:
                listener.close()
            except DatabaseError:
                log.info("queue listener was already closed")

    def _pulse(self) -> None:
        now = time.monotonic()
        if now - self._pulsed_at >= PULSE_SECONDS:
            self._pulsed_at = now
            hint_due_lanes()
            hint_due_chores()
