"""Which processes belong to a cluster.

A process id in a file proves nothing after a crash (ids are reused), and a working directory
cannot be read across accounts in a container. Command lines can: the postmaster's names its data
directory, and its children carry `cluster_name` in their titles.
"""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from clarity.postgres.site import digest


@dataclass(frozen=True)
class Address:
    """Where clients connect: a socket directory and a port."""

    host: str
    port: int


def cluster_name(cluster: Path) -> str:
    return f"clarity-{digest(cluster)}"


def _is_postmaster(line: list[str], cluster: Path) -> bool:
    return len(line) > 2 and Path(line[0]).name == "postgres" and str(cluster) in line[1:]


def members(cluster: Path) -> list[psutil.Process]:
    """Every live process of the cluster, orphans of a killed postmaster included."""
    title = f"postgres: {cluster_name(cluster)}: "
    found = []
    for process in psutil.process_iter():
        # A process may end while it is being looked at; a zombie has no command line.
        with contextlib.suppress(psutil.Error):
            line = process.cmdline()
            if line and (line[0].startswith(title) or _is_postmaster(line, cluster)):
                found.append(process)
    return found


def postmaster(cluster: Path) -> psutil.Process | None:
    """The live postmaster that `postmaster.pid` names."""
    lines = _pid_file(cluster)
    if not lines or not lines[0].strip().isdigit():
        return None
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(int(lines[0]))
        if _is_postmaster(process.cmdline(), cluster):
            return process
    return None


def address(cluster: Path) -> Address | None:
    """Where the running cluster listens; None unless it takes connections."""
    lines = _pid_file(cluster)
    # PostgreSQL documents the file: pid, data directory, start, port, socket directory,
    # listen address, shared memory key, status.
    if len(lines) < 8 or lines[7].strip() != "ready" or postmaster(cluster) is None:
        return None
    return Address(lines[4], int(lines[3]))


def _pid_file(cluster: Path) -> list[str]:
    try:
        return (cluster / "postmaster.pid").read_text("utf-8").splitlines()
    except (FileNotFoundError, NotADirectoryError):
        return []


def gone(cluster: Path, seconds: float) -> bool:
    """Waits until no process of the cluster is left."""
    deadline = time.monotonic() + seconds
    while members(cluster):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
