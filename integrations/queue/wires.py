"""What the processes of one cluster tell each other, without a lock that a killed one could hold.

django-q2 ties them together with multiprocessing's queues, events and values. Each of those has a
lock that outlives its holder: an idle worker waits for work with the queue's lock in its hands, so
one `kill -9`, or the kernel's own when memory runs out, leaves the others waiting for ever, and the
installation neither works nor stops. Here a queue is a socket, which the kernel hands out message by
message, and a flag or a number is a piece of shared memory that is written in one go.
"""

from __future__ import annotations

import errno
import mmap
import os
import pickle
import select
import socket
import struct
import time
from typing import Any

# Wide enough for what django-q2 sends: ids in, and the trace of what went wrong out.
BUFFER_BYTES = 1024 * 1024
LONGEST_RESULT = 20_000
_POLL_SECONDS = 0.05


def _pair() -> tuple[socket.socket, socket.socket]:
    """Two ends that keep messages whole, in order, and wait when there is no room."""
    kinds = [getattr(socket, "SOCK_SEQPACKET", None), socket.SOCK_DGRAM]
    for kind in kinds:
        if kind is None:
            continue
        try:
            reading, writing = socket.socketpair(socket.AF_UNIX, kind)
        except OSError as error:
            if error.errno not in (errno.EPROTONOSUPPORT, errno.EPROTOTYPE, errno.ESOCKTNOSUPPORT):
                raise
            continue
        for end in (reading, writing):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER_BYTES)
            end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
        return reading, writing
    raise OSError(errno.EPROTONOSUPPORT, "this system has no sockets that keep messages whole")


class Wire:
    """A queue between processes, for those django-q2 makes of `multiprocessing.Queue`.

    With `on_request`, something is put only when someone waits for it: each reader says so first. A
    reader that dies in between leaves one thing on the wire, which the next one takes.
    """

    def __init__(self, *, on_request: bool = False) -> None:
        self._reading, self._writing = _pair()
        self._requests = _pair() if on_request else None

    def put(self, what: Any) -> None:
        """Sends it; waits for a reader when that was asked for. "STOP" never waits."""
        if self._requests is not None and what != "STOP":
            self._requests[0].recv(1)
        message = pickle.dumps(what)
        try:
            self._writing.send(message)
        except OSError as error:
            if error.errno != errno.EMSGSIZE or not isinstance(what, dict):
                raise
            cut = what | {"result": str(what.get("result"))[:LONGEST_RESULT]}
            self._writing.send(pickle.dumps(cut))

    def get(self) -> Any:
        """The next thing; waits for it."""
        if self._requests is not None:
            self._requests[1].send(b"1")
        return pickle.loads(self._reading.recv(BUFFER_BYTES))  # noqa: S301 - our own processes

    def empty(self) -> bool:
        """Whether nothing waits to be taken."""
        return not select.select([self._reading], [], [], 0)[0]

    def qsize(self) -> int:
        """0 or 1: what waits in a socket cannot be counted."""
        return 0 if self.empty() else 1

    def close(self) -> None:
        """What was put is on its way already; readers keep their end."""

    def join_thread(self) -> None:
        """Nothing is sent from a thread of its own."""


class Flag:
    """An event between processes."""

    def __init__(self) -> None:
        self._raised = mmap.mmap(-1, 1)

    def set(self) -> None:
        """Raises it, for good."""
        self._raised[0] = 1

    def is_set(self) -> bool:
        """Whether it was raised."""
        return self._raised[0] != 0

    def wait(self, seconds: float) -> bool:
        """Waits so long at most; whether it is raised."""
        end = time.monotonic() + seconds
        while not self.is_set():
            left = end - time.monotonic()
            if left <= 0:
                return False
            time.sleep(min(_POLL_SECONDS, left))
        return True


class Countdown:
    """How long a worker may still take: what django-q2 keeps in a `multiprocessing.Value`.

    The worker writes seconds when it begins, and a code (0 or less) when it is done. django-q2's
    guard counts the seconds down under a lock; here they run down by the clock, and what the guard
    writes is not taken, so that the two need no lock between them.
    """

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, 8)
        self._guard = os.getpid()
        self._write(-1.0)

    @property
    def value(self) -> float:
        """The seconds left, 0 when they are over; below 0 a code of django-q2."""
        (kept,) = struct.unpack("d", self._memory[:8])
        return float(kept) if kept <= 0 else max(0.0, float(kept) - time.monotonic())

    @value.setter
    def value(self, new: float) -> None:
        if os.getpid() != self._guard:
            self._write(time.monotonic() + new if new > 0 else float(new))

    def get_lock(self) -> _NoLock:
        """What django-q2 holds while it looks; nothing needs to be held."""
        return _NoLock()

    def _write(self, kept: float) -> None:
        self._memory[:8] = struct.pack("d", kept)


class _NoLock:
    def __enter__(self) -> None: ...
    def __exit__(self, *_: object) -> None: ...
