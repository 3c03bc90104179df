"""Secrets of a laptop: made once and kept in the data folder, so that nothing must be set by hand.

Production sets them in the environment; settings.py refuses to make them up there.
"""

from __future__ import annotations

import base64
import os
import secrets
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path


def django_secret(folder: Path) -> str:
    return _kept(folder / "secret.key", lambda: secrets.token_urlsafe(48))


def master_key(folder: Path) -> list[str]:
    """Master keys, the active one first, as "id:base64" of 32 bytes."""
    made = _kept(
        folder / "master.keys", lambda: "local1:" + base64.b64encode(os.urandom(32)).decode()
    )
    return made.split()


def _kept(file: Path, make: Callable[[], str]) -> str:
    """Written aside and linked into place: two processes starting at once agree on one value."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, aside = tempfile.mkstemp(dir=file.parent)
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(make() + "\n")
        with suppress(FileExistsError):
            os.link(aside, file)
        os.unlink(aside)
    return file.read_text("utf-8").strip()
