"""django-q2's ORM broker, woken by LISTEN/NOTIFY instead of sleeping.

The queue entry and its wake-up are one statement each in the caller's transaction, so they commit
together with the row they speak of.
"""

from __future__ import annotations

import logging
import time
from datetime import datetime
from typing import Any

import psycopg
from django.db import Error, InterfaceError, OperationalError, connection, connections
from django_q.brokers.orm import ORM
from django_q.conf import Conf

from integrations.queue.pulse import PULSE_SECONDS, Pulsing

CHANNEL = "clarity_queue"

log = logging.getLogger(__name__)


class ListeningBroker(Pulsing, ORM):  # type: ignore[misc]
    """The ORM broker with a doorbell."""

    _listener: Any = None

    def enqueue(self, task: str) -> int:
        key: int = super().enqueue(task)
        with connection.cursor() as cursor:
            if self.at_front:
                # Entries are taken in the order of the moment from which they may be.
                cursor.execute(
                    "UPDATE django_q_ormq SET lock = lock - interval '1 day' WHERE id = %s", [key]
                )
            cursor.execute(f"NOTIFY {CHANNEL}")
        return key

    def dequeue(self) -> list[tuple[int, str]] | None:
        """The next entries; None after at most a second in which there were none."""
        try:
            self.keep_pulse()
            found = self._take()
            if found:
                return found
            self._wait(PULSE_SECONDS)
            return self._take()
        except (OperationalError, InterfaceError):
            # The database went away; what is queued is in it. Left to itself, django-q would end
            # this process and leave the workers without hints for ten seconds.
            log.warning("the queue cannot be read, trying again: the database does not answer")
            connection.close()
            time.sleep(PULSE_SECONDS)
            return None

    def oldest_waiting(self) -> datetime | None:
        # Entries that were taken are locked until some time from now.
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT lock FROM django_q_ormq WHERE key = %s AND lock < now()"
                " ORDER BY lock LIMIT 1",
                [self.list_key],
            )
            row = cursor.fetchone()
        return row[0] if row else None

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
        except (psycopg.OperationalError, psycopg.InterfaceError):
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
            except Error:
                log.info("queue listener was already closed")
