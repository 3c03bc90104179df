"""CPU seconds of our processes by kind, also of those that have ended meanwhile."""

from __future__ import annotations

from collections.abc import Mapping

import psutil
from django.db import connection


def postgres() -> psutil.Process | None:
    """The local PostgreSQL; None when it runs elsewhere."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    try:
        backend = psutil.Process(pid)
        return backend.parent() if "postgres" in backend.name() else None
    except psutil.Error:
        return None


def seconds(root: psutil.Process) -> float:
    """User and system time of a process, its children, and those of them that were waited for."""
    total = 0.0
    for process in (root, *root.children(recursive=True)):
        try:
            used = process.cpu_times()
        except psutil.NoSuchProcess:
            continue  # it ended just now, and its parent has its time
        total += used.user + used.system + used.children_user + used.children_system
    return total


class Meter:
    """Reads all kinds twice and tells the difference."""

    def __init__(self, kinds: Mapping[str, psutil.Process | None]) -> None:
        self._kinds = {name: process for name, process in kinds.items() if process}
        self._before = self._read()

    def _read(self) -> dict[str, float]:
        return {name: seconds(process) for name, process in self._kinds.items()}

    def per(self, count: int) -> dict[str, float]:
        """Milliseconds per piece by kind, and in all."""
        now = self._read()
        used = {
            name: round((now[name] - self._before[name]) / count * 1000, 2) for name in self._kinds
        }
        return {**used, "all": round(sum(used.values()), 2)}
