"""One HTTP exchange as it may be kept: for the attempt log, never with a secret in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Exchange:
    """A request and its answer. `status` 0 means that no answer came. Bodies are redacted."""

    method: str
    url: str
    request_body: str
    status: int
    response_body: str
    milliseconds: int
    request_id: str = ""


Observer = Callable[[Exchange], None]
