"""What can be wrong with what a person asks of alert channels."""

from __future__ import annotations


class BadChannel(ValueError):
    """A field of an alert channel is wrong; `field` names it."""

    def __init__(self, message: str, *, field: str) -> None:
        super().__init__(message)
        self.field = field
