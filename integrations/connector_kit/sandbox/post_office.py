"""Delivers webhooks from a few threads, with the faults an account is set to, and repeats them.

What a letter says, and when it is tried again, is the vendor's own: a subclass of Letter.
"""

from __future__ import annotations

import heapq
import http.client
import itertools
import random
import threading
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urlsplit

from integrations.connector_kit.sandbox.faults import FaultKind, Faults
from integrations.connector_kit.sandbox.journal import Journal

_ANSWER_SECONDS = 5
_THREADS = 4
# A kept connection older than this may have been closed at the other end.
_IDLE_SECONDS = 2.0


class Sending(Protocol):
    """The account that a letter comes from. A closed one sends no more."""

    @property
    def faults(self) -> Faults: ...

    @property
    def journal(self) -> Journal: ...

    @property
    def is_closed(self) -> bool: ...


@dataclass
class Letter(ABC):
    """One webhook on its way to one address. `event` is what faults are matched with."""

    account: Sending
    event: str
    url: str
    body: bytes
    headers: dict[str, str]
    failures: int = field(default=0, kw_only=True)

    @abstractmethod
    def pause(self, status: int | None) -> float | None:
        """Seconds until the next try, None for no more. Called after each failed try, with the status
        of the answer (None without one); the try is counted in `failures` already."""

    def arrived(self) -> None:  # noqa: B027 - most vendors forget what arrived
        """Called when it was accepted."""


@dataclass
class _Line:
    """One kept connection of one thread."""

    connection: http.client.HTTPConnection
    used_at: float = field(default_factory=time.monotonic)


class PostOffice:
    """One for all accounts of a sandbox. The order of letters is not kept."""

    def __init__(self) -> None:
        self._queue: list[tuple[float, int, Letter]] = []
        self._ready = threading.Condition()
        self._count = itertools.count()
        self._is_started = False

    def send(self, letter: Letter) -> None:
        """Takes a letter, with the faults of the account laid on it."""
        faults, event = letter.account.faults, letter.event
        if faults.take(FaultKind.DROP_WEBHOOKS, event) is not None:
            letter.account.journal.count("webhooks_dropped")
            return
        copies = 2 if faults.take(FaultKind.DUPLICATE_WEBHOOKS, event) is not None else 1
        shuffle = faults.take(FaultKind.SHUFFLE_WEBHOOKS, event)
        delay = faults.take(FaultKind.DELAY_WEBHOOKS, event)
        late = delay.value if delay else 0.0
        for _ in range(copies):
            apart = random.random() * (shuffle.value or 1.0) if shuffle else 0.0  # noqa: S311
            self._put(letter, late + apart)

    def _put(self, letter: Letter, pause: float) -> None:
        with self._ready:
            if not self._is_started:
                self._is_started = True
                for _ in range(_THREADS):
                    threading.Thread(target=self._work, daemon=True).start()
            due = time.monotonic() + pause
            heapq.heappush(self._queue, (due, next(self._count), letter))
            self._ready.notify()

    def _next(self) -> Letter:
        with self._ready:
            while True:
                if not self._queue:
                    self._ready.wait()
                    continue
                pause = self._queue[0][0] - time.monotonic()
                if pause <= 0:
                    return heapq.heappop(self._queue)[2]
                self._ready.wait(pause)

    def _work(self) -> None:
        lines: dict[tuple[str, str], _Line] = {}
        while True:
            letter = self._next()
            if not letter.account.is_closed:
                self._deliver(letter, lines)

    def _deliver(self, letter: Letter, lines: dict[tuple[str, str], _Line]) -> None:
        journal = letter.account.journal
        journal.count("webhooks_sent")
        status = _attempt(letter, lines)
        if status is not None and 200 <= status < 300:
            journal.count("webhooks_delivered")
            letter.arrived()
            return
        journal.count("webhooks_failed")
        letter.failures += 1
        pause = letter.pause(status)
        if pause is not None:
            self._put(letter, pause)


def _attempt(letter: Letter, lines: dict[tuple[str, str], _Line]) -> int | None:
    """The status of the answer, None when there was none. A redirect is not followed."""
    target = urlsplit(letter.url)
    key = (target.scheme, target.netloc)
    path = f"{target.path or '/'}?{target.query}" if target.query else target.path or "/"
    kept = lines.pop(key, None)
    if kept is not None and time.monotonic() - kept.used_at > _IDLE_SECONDS:
        kept.connection.close()
        kept = None
    status = _post(kept.connection, path, letter) if kept is not None else None
    if status is None:
        # The other end may close a kept connection at any moment; that is no failed delivery.
        kept = _Line(_connection(target.scheme, target.netloc))
        status = _post(kept.connection, path, letter)
    if status is not None and kept is not None:
        kept.used_at = time.monotonic()
        lines[key] = kept
    return status


def _post(connection: http.client.HTTPConnection, path: str, letter: Letter) -> int | None:
    try:
        connection.request("POST", path, letter.body, letter.headers)
        answer = connection.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException):
        connection.close()
        return None
    return answer.status


def _connection(scheme: str, netloc: str) -> http.client.HTTPConnection:
    kind = http.client.HTTPSConnection if scheme == "https" else http.client.HTTPConnection
    return kind(netloc, timeout=_ANSWER_SECONDS)
