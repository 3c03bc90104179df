"""Ends this process's use of the local database."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.db import connections

from clarity.postgres.embedded import stop_if_unused


def leave() -> None:
    """Stops the local database unless another process uses it; does nothing to an external one."""
    folder = settings.DATABASES["default"].get("CLARITY_EMBEDDED_DIR")
    for connection in connections.all(initialized_only=True):
        connection.close()
        if hasattr(connection, "close_pool"):
            connection.close_pool()
    if folder:
        stop_if_unused(Path(str(folder)))
