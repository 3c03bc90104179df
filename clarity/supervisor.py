"""Starts the parts of an installation on one machine and keeps them running.

Children are plain processes. One that ends unasked is started again, more slowly each time; a
SIGTERM or Ctrl+C lets all of them finish what they hold.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from django.conf import settings

STOP_SECONDS = 25
SLOWEST_RESTART = 30.0
# What ran for so long was well: when it ends it is started again without a pause.
SETTLED_SECONDS = 60.0
_PR_SET_PDEATHSIG = 1


@dataclass
class Part:
    """One child: how to start it, and what is running now."""

    name: str
    command: Sequence[str]
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[str] | None = None
    starts: int = 0
    next_start: float = 0.0
    started: float = 0.0


class Supervisor:
    """Holds the children of this process."""

    def __init__(self, log_folder: Path | None) -> None:
        """`log_folder` None: the children write where we do."""
        self._parts: list[Part] = []
        self._logs = log_folder
        self._stopping = threading.Event()
        if log_folder is not None:
            log_folder.mkdir(parents=True, exist_ok=True)

    def add(self, part: Part) -> None:
        """Starts the part and looks after it from now on."""
        self._parts.append(part)
        self._start(part)

    def add_sandbox(self, connector: str, *, seed: str, port: int = 0) -> int:
        """Starts a connector's sandbox on `port` when it is free, else on another; answers the port.

        The port stays the same when the sandbox has to be started again.
        """
        port = free_port(port)
        self.add(
            Part(
                f"sandbox-{connector}",
                [
                    sys.executable,
                    "-m",
                    "integrations.connector_kit.sandbox.server",
                    connector,
                    "--port",
                    str(port),
                    "--seed",
                    seed,
                ],
            )
        )
        return port

    def watch(self) -> list[str]:
        """Starts again what has ended; answers the names of the parts that had."""
        ended = []
        for part in self._parts:
            if part.process is None or part.process.poll() is None:
                continue
            if time.monotonic() >= part.next_start:
                ended.append(part.name)
                self._start(part)
        return ended

    def run(self, *, every: float = 0.5) -> None:
        """Watches until `stop` or a signal."""
        while not self._stopping.wait(every):
            for name in self.watch():
                sys.stderr.write(f"{name} had ended and was started again\n")

    def restart(self, names: Sequence[str]) -> None:
        """Stops the named parts and starts them anew."""
        chosen = [part for part in self._parts if part.name in names]
        _stop([part.process for part in chosen if part.process])
        for part in chosen:
            part.starts = 0
            self._start(part)

    def stop(self) -> None:
        """Asks every child to finish, and ends those that do not in time."""
        self._stopping.set()
        # Last started first: the web stops taking work in before the workers go.
        _stop([part.process for part in reversed(self._parts) if part.process])

    def _start(self, part: Part) -> None:
        if part.process is not None:
            _end_family(part.process.pid)
        now = time.monotonic()
        if part.starts and now - part.started > SETTLED_SECONDS:
            part.starts = 0
        part.starts += 1
        part.started = now
        part.next_start = now + min(SLOWEST_RESTART, 0.5 * 2**part.starts)
        with self._log_of(part) as log:
            part.process = subprocess.Popen(  # noqa: S603 - our own commands, no shell
                list(part.command),
                cwd=settings.BASE_DIR,
                env={**os.environ, **part.environment, "PYTHONUNBUFFERED": "1"},
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                text=True,
                # Ctrl+C in the terminal reaches only us; we stop the children in order.
                start_new_session=True,
                preexec_fn=end_with_parent,
            )

    def _log_of(self, part: Part) -> AbstractContextManager[TextIO | None]:
        return nullcontext() if self._logs is None else (self._logs / f"{part.name}.log").open("a")


def web(*, port: int, host: str = "127.0.0.1", workers: int = 1, threads: int = 8) -> Part:
    """The web process, and those it starts: they count their requests into one folder."""
    counts = Path(settings.CLARITY_DATA_DIR) / "metrics" / str(port)
    # What an earlier run counted is over: Prometheus takes a counter that falls for a new start.
    shutil.rmtree(counts, ignore_errors=True)
    counts.mkdir(parents=True)
    return Part(
        "web",
        [
            sys.executable,
            "-m",
            "granian",
            "--interface",
            "wsgi",
            "clarity.wsgi:application",
            "--host",
            host,
            "--port",
            str(port),
            "--workers",
            str(workers),
            "--blocking-threads",
            str(threads),
            "--no-ws",
            "--respawn-failed-workers",
            "--workers-kill-timeout",
            "20",
            "--log-level",
            "error",
        ],
        environment={"PROMETHEUS_MULTIPROC_DIR": str(counts)},
    )


def workers(count: int | None = None) -> Part:
    """The background workers: `count` processes, or as many as the settings say."""
    chosen = {} if count is None else {"CLARITY_WORKERS": str(count)}
    return Part("workers", [sys.executable, "manage.py", "qcluster"], environment=chosen)


def free_port(wanted: int = 0, *, host: str = "127.0.0.1") -> int:
    """`wanted` if nobody listens there, else any free port."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError(f"no free port on {host}")


def wait_for_port(port: int, *, host: str = "127.0.0.1", seconds: float = 30) -> None:
    """Returns when something listens there. Raises TimeoutError naming the port."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            with socket.create_connection((host, port), timeout=1):
                return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError(f"nothing answered on {host}:{port} within {seconds:.0f} s")


def interrupt_on_terminate() -> None:
    """SIGTERM ends this process as Ctrl+C does, so that its children are stopped in order."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)


def heed_no_more_signals() -> None:
    """From now on neither SIGTERM nor Ctrl+C interrupts this process."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)


def end_with_parent() -> None:
    """Linux: asks the kernel to end this child when we are killed and cannot do it ourselves."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _stop(processes: Sequence[subprocess.Popen[str]]) -> None:
    for process in processes:
        if process.poll() is None:
            process.terminate()
    end = time.monotonic() + STOP_SECONDS
    for process in processes:
        try:
            process.wait(max(0.1, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        _end_family(process.pid)


def _end_family(leader: int) -> None:
    """Ends what a child has left behind: each child leads a process group of its own."""
    with suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)
