"""Our own web and worker processes, on the test database."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import IO

import psutil
from django.db import connection

from clarity import supervisor
from clarity.supervisor import Part

ROOT = Path(__file__).resolve().parents[1]


@contextmanager
def running(part: Part, *, log: Path | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """The part as a process; it is asked to end, and made to, when the block is left.

    `log`: what it says is written there; else where we write.
    """
    environment = {
        **os.environ,
        **part.environment,
        "CLARITY_DB_NAME": str(connection.settings_dict["NAME"]),
    }
    said: AbstractContextManager[IO[bytes] | None] = log.open("ab") if log else nullcontext()
    with said as out:
        process = subprocess.Popen(
            part.command,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            kill_all(process)


@contextmanager
def web() -> Iterator[str]:
    """A web process; gives its address."""
    port = supervisor.free_port()
    with running(supervisor.web(port=port)):
        supervisor.wait_for_port(port)
        yield f"http://127.0.0.1:{port}"


def kill_all(process: subprocess.Popen[bytes]) -> int:
    """kill -9 to the process and everything it started, at one moment; answers how many."""
    family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
    for member in family:
        member.send_signal(signal.SIGKILL)
    process.wait(10)
    return len(family)
