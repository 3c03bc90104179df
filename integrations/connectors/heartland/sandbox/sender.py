"""Sends the webhooks of one account, one after the other, from a thread of its own."""

from __future__ import annotations

import http.client
import queue
import threading
import time
from collections import Counter
from urllib.parse import urlsplit

from integrations.connector_kit.sandbox.faults import FaultKind, Faults
from integrations.connectors.heartland.sandbox.notices import Notice

RETRY_AFTER = (0.2, 1.0, 3.0)
_ANSWER_WITHIN = 5.0
_HELD_AT_MOST = 0.5
_HELD_USUALLY = 3


class Sender:
    """Three more tries after a failure, then the webhook is given up. `close` ends the thread."""

    def __init__(self, faults: Faults, retry_after: tuple[float, ...] = RETRY_AFTER) -> None:
        self._faults = faults
        self._retry_after = retry_after
        self._queue: queue.Queue[Notice | None] = queue.Queue()
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closed = threading.Event()

    def put(self, notice: Notice) -> None:
        """Queues a webhook; returns at once."""
        with self._lock:
            if self._closed.is_set():
                return
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, daemon=True)
                self._thread.start()
        self._queue.put(notice)

    def close(self) -> None:
        self._closed.set()
        self._queue.put(None)

    def report(self) -> dict[str, int]:
        """How many were sent, retried, failed for good, and dropped."""
        with self._lock:
            return {word: self._counts[word] for word in ("sent", "retried", "failed", "dropped")}

    def _run(self) -> None:
        held: list[Notice] = []
        wanted = 0
        until = 0.0
        while not self._closed.is_set():
            try:
                patience = max(0.01, until - time.monotonic()) if held else None
                notice = self._queue.get(timeout=patience)
            except queue.Empty:
                notice = None
            if notice is not None:
                shuffle = self._faults.take(FaultKind.SHUFFLE_WEBHOOKS, notice.event)
                if not shuffle:
                    self._send(notice)
                    continue
                wanted = max(2, int(shuffle.value) or _HELD_USUALLY)
                until = until if held else time.monotonic() + _HELD_AT_MOST
                held.append(notice)
            if held and (len(held) >= wanted or time.monotonic() >= until):
                for late in reversed(held):
                    self._send(late)
                held = []

    def _send(self, notice: Notice) -> None:
        if self._faults.take(FaultKind.DROP_WEBHOOKS, notice.event):
            self._count("dropped")
            return
        delay = self._faults.take(FaultKind.DELAY_WEBHOOKS, notice.event)
        if delay is not None and self._closed.wait(delay.value):
            return
        times = 2 if self._faults.take(FaultKind.DUPLICATE_WEBHOOKS, notice.event) else 1
        for _ in range(times):
            self._try(notice)

    def _try(self, notice: Notice) -> None:
        for pause in (*self._retry_after, None):
            if _delivered(notice):
                self._count("sent")
                return
            if pause is None:
                self._count("failed")
            else:
                self._count("retried")
                if self._closed.wait(pause):
                    return

    def _count(self, word: str) -> None:
        with self._lock:
            self._counts[word] += 1


def _delivered(notice: Notice) -> bool:
    """Whether the receiver answered 2xx in time."""
    where = urlsplit(notice.url)
    kind = http.client.HTTPSConnection if where.scheme == "https" else http.client.HTTPConnection
    try:
        connection = kind(where.hostname or "", where.port, timeout=_ANSWER_WITHIN)
    except (ValueError, http.client.HTTPException):
        return False
    path = (where.path or "/") + (f"?{where.query}" if where.query else "")
    try:
        connection.request("POST", path, body=notice.body, headers=dict(notice.headers))
        return 200 <= connection.getresponse().status < 300
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
