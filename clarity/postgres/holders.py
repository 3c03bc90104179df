"""Who uses the local PostgreSQL: flock locks, which the kernel drops with their process."""

from __future__ import annotations

import contextlib
import fcntl
import os
import threading
from collections.abc import Iterator
from pathlib import Path

_holds: dict[Path, int] = {}
_holds_guard = threading.Lock()


def release(directory: Path) -> None:
    """This process (not its forked children) no longer counts as a user of the server."""
    with _holds_guard:
        held = _holds.pop(directory, None)
        if held is not None:
            # Closing, not unlocking: a forked child shares the lock and keeps it this way.
            os.close(held)


def hold(directory: Path) -> None:
    """This process counts as a user of the directory's server from now on."""
    with _holds_guard:
        held = _holds.get(directory)
        if held is not None:
            if os.fstat(held).st_nlink:
                return
            os.close(held)
        held = os.open(directory / "users.lock", os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(held, fcntl.LOCK_SH)
        _holds[directory] = held


def _after_fork() -> None:
    # Another thread of the parent may have held the guard at that moment; nobody here does.
    global _holds_guard
    _holds_guard = threading.Lock()


os.register_at_fork(after_in_child=_after_fork)


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Waits for the file's lock and keeps it for the block."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


@contextlib.contextmanager
def alone(directory: Path) -> Iterator[bool]:
    """True when no process holds the users' lock; then none gets it until the block ends."""
    handle = os.open(directory / "users.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(handle)
