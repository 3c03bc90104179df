"""Errors named by what happens next, not by where they came from.

The docstring of a class is the message a person sees when none was given.
"""

from __future__ import annotations

from datetime import datetime


class ConnectorError(Exception):
    """The other system could not do what was asked."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or (type(self).__doc__ or "").splitlines()[0])

    @property
    def message(self) -> str:
        """The sentence shown to a person; never holds a secret or card data."""
        return str(self)


class TryLater(ConnectorError):
    """The other system is busy or unreachable; the record is tried again by itself."""

    def __init__(
        self,
        message: str = "",
        *,
        after: float | None = None,
        throttled: bool = False,
        left: bool = True,
        of_record: bool = False,
        unsure: bool = False,
    ) -> None:
        """`after`: seconds the other system asked us to wait; None when it did not say.

        `throttled`: it refused because of a rate limit, which is no sign of ill health. `left`: a
        request may have reached it; False when we held the call back ourselves. `of_record`: it
        answered and is well, only this record must wait. `unsure`: the request was sent and no
        answer came, or a proxy's in its place, so the other system may be at work on it still.
        """
        super().__init__(message)
        self.after = after
        self.throttled = throttled
        self.left = left
        self.of_record = of_record
        self.unsure = unsure


class NeedsOwner(ConnectorError):
    """The credentials were refused; reconnect the connection to go on."""

    def __init__(self, message: str = "", *, at: datetime | None = None) -> None:
        """`at`: when it happened there, for news that may arrive late; None means just now."""
        super().__init__(message)
        self.at = at


class Rejected(ConnectorError):
    """The record cannot be taken as it is; it waits for a person."""

    def __init__(self, message: str = "", *, field: str, said: str = "", advice: str = "") -> None:
        """`field`: full path in the record; `said`: the value or their words; `advice`: what to do."""
        super().__init__(message or f"{field}: {said}")
        self.field = field
        self.said = said
        self.advice = advice


class Unsupported(ConnectorError):
    """A real event that this connector does not carry; nothing is done with it."""


class NotTheirs(ConnectorError):
    """The request does not come from the connected account, or is not in its form."""

    def __init__(self, message: str = "", *, status: int = 401) -> None:
        super().__init__(message)
        self.status = status
