"""A Redis server of a test's own, when the machine has one."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from clarity import supervisor


def why_not() -> str:
    """Why Redis cannot be tested here, "" when it can."""
    if shutil.which("redis-server") is None:
        return "needs redis-server: apt-get install redis-server (or the like)"
    if find_spec("redis") is None:
        return "needs the Python package redis: pip install 'clarity-connect[redis]'"
    return ""


@contextmanager
def running(folder: Path, port: int = 0) -> Iterator[str]:
    """A server that keeps nothing on disk; gives its URL."""
    port = port or supervisor.free_port()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    server = subprocess.Popen(
        [*command, "--appendonly", "no", "--dir", str(folder)], stdout=subprocess.DEVNULL
    )
    try:
        supervisor.wait_for_port(port)
        # It listens a moment before it answers.
        time.sleep(0.05)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        server.kill()
        server.wait()
