"""An answer of another system, and which answers are errors."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from integrations.connector_kit import numbers
from integrations.connector_kit.errors import NeedsOwner, TryLater
from integrations.connector_kit.redact import redact_secrets, redact_text

_LONGEST_WAIT = 86_400.0
"""Seconds; a longer Retry-After would park a connection out of sight."""
_BUSY = frozenset({408, 425, 429})
# What a proxy says when it waits no longer for the system behind it.
_PROXYS = frozenset({502, 504})


@dataclass(frozen=True)
class Answer:
    """Status, headers keyed in lower case, and the raw body."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    def json(self) -> Any:
        """The body with Decimal for fractions and exact integers.

        Raises TryLater when it is no JSON, as a proxy's page during an outage.
        """
        try:
            return numbers.decode(self.body)
        except ValueError:
            raise TryLater(f"answered {self.status} with something that is not JSON") from None

    @property
    def text(self) -> str:
        charset = re.search(r"charset=\"?([\w-]+)", self.headers.get("content-type", ""))
        try:
            return self.body.decode(charset[1] if charset else "utf-8", "replace")
        except LookupError:
            return self.body.decode("utf-8", "replace")


class CredentialsRefused(NeedsOwner):
    """The credentials were refused; reconnect the connection to go on."""

    def __init__(self, message: str, *, answer: Answer) -> None:
        """`answer` lets a connector tell an expired token from a missing permission."""
        super().__init__(message)
        self.answer = answer


def check(answer: Answer, host: str, clean: Callable[[str], str] = redact_secrets) -> None:
    """Raises when the status says that nobody should read the answer.

    TryLater: 408, 425, 429 and 5xx. CredentialsRefused: 401 and 403. NeedsOwner: a redirect, which
    is never followed, because it would carry the token and the record to another place. `clean`
    takes secrets out of what the message quotes.
    """
    status = answer.status
    if status in _BUSY or status >= 500:
        raise TryLater(
            f"{host} answered {status}{_said(answer, clean)}",
            after=retry_after(answer.headers.get("retry-after", "")),
            throttled=status == 429,
            unsure=status in _PROXYS,
        )
    if status in (401, 403):
        raise CredentialsRefused(
            f"{host} refused the credentials ({status}){_said(answer, clean)}", answer=answer
        )
    if 300 <= status < 400 and status != 304:
        raise NeedsOwner(
            f"{host} redirects to {_redirect_host(answer, host)} ({status})."
            " Correct the base URL of the connection."
        )


def retry_after(text: str, *, now: datetime | None = None) -> float | None:
    """Seconds from a Retry-After header, a number or an HTTP date; None when it has no meaning."""
    try:
        seconds = float(text)
    except ValueError:
        try:
            until = parsedate_to_datetime(text)
        except ValueError:
            return None
        if until.tzinfo is None:
            until = until.replace(tzinfo=UTC)
        seconds = (until - (now or datetime.now(UTC))).total_seconds()
    return min(max(seconds, 0.0), _LONGEST_WAIT) if math.isfinite(seconds) else None


def _said(answer: Answer, clean: Callable[[str], str]) -> str:
    """Their words, short and free of secrets; "" for a page made for a browser."""
    if "html" in answer.headers.get("content-type", "") or not answer.body:
        return ""
    words = clean(redact_text(answer.body[:2000].decode("utf-8", "replace")))
    short = " ".join(words.split())
    return f": {short if len(short) <= 200 else short[:197] + '...'}"


def _redirect_host(answer: Answer, host: str) -> str:
    """Where a redirect points, without path and query, which may hold secrets."""
    try:
        parts = urlsplit(answer.headers.get("location", ""))
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "an unreadable address"
    if not parts.hostname:
        return f"another page of {host}"
    return f"{parts.scheme or 'https'}://{parts.hostname}{port}"
