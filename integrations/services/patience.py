"""Asks an account again when it wants to be asked less often, for as long as there is time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from integrations.connector_kit.errors import TryLater

# A worker is ended after two minutes; until then what was found must have been kept.
WORKER_SECONDS = 90.0
LONGEST_WAIT = 10.0

T = TypeVar("T")


class Patience:
    """So many seconds for everything that is asked with it; None: as long as it takes."""

    def __init__(self, seconds: float | None = WORKER_SECONDS) -> None:
        self._until = None if seconds is None else time.monotonic() + seconds

    @property
    def is_over(self) -> bool:
        return self._until is not None and time.monotonic() >= self._until

    def ask(self, question: Callable[[], T]) -> T:
        """The account's answer. Raises what it raises; that it was asked too often only when the
        time is over."""
        while True:
            try:
                return question()
            except TryLater as error:
                if self.is_over or (not error.throttled and error.left):
                    raise
                time.sleep(min(error.after or 1.0, LONGEST_WAIT))
