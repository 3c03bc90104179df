"""What of an HTTP exchange may be kept: no secret, no card data, no more than 64 KB a body."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from urllib.parse import quote

from integrations.connector_kit import numbers
from integrations.connector_kit.exchange import Exchange
from integrations.connector_kit.masking import MASK
from integrations.connector_kit.redact import (
    contains_card,
    redact_each,
    redact_secrets,
    redact_text,
)

LONGEST_BODY = 64 * 1024
_MARGIN = 8 * 1024
"""Read beyond the cut, so that what the cut would halve is still recognised and removed."""
_SHORTEST_SECRET = 6
"""A shorter credential (a user number) is too common a text to be cut out of a body."""
CUT = "\n[cut here: longer than 64 KB]"


class Journal:
    """Knows the secrets of one account and keeps them out of what is observed."""

    def __init__(self, credentials: Iterable[str], hidden: Sequence[re.Pattern[str]] = ()) -> None:
        """`hidden`: what else must not be kept of this system's URLs and bodies, such as the code of
        a gift card: of each match its group "hidden" is removed."""
        known = {value for value in credentials if len(value) >= _SHORTEST_SECRET}
        known |= {quote(value, safe="") for value in known}
        # The longest first: one secret may be a piece of another.
        self._secrets = sorted(known, key=len, reverse=True)
        self._hidden = tuple(hidden)

    def exchange(
        self,
        *,
        method: str,
        url: str,
        request_body: bytes | None,
        status: int,
        response_body: bytes,
        seconds: float,
        request_id: str = "",
    ) -> Exchange:
        """The exchange as it may be stored and shown. Headers are not kept at all."""
        return Exchange(
            method=method,
            url=self.clean(redact_text(url)),
            request_body=self._body(request_body or b""),
            status=status,
            response_body=self._body(response_body),
            milliseconds=round(seconds * 1000),
            request_id=self.clean(redact_text(request_id[:200])),
        )

    def clean(self, text: str) -> str:
        """`text` without the secrets of the account and without anything that looks like one."""
        for secret in self._secrets:
            if secret in text:
                text = text.replace(secret, MASK)
        for pattern in self._hidden:
            text = pattern.sub(_without, text)
        return redact_secrets(text)

    def _body(self, body: bytes) -> str:
        cut = len(body) > LONGEST_BODY
        clean = self.clean(_without_cards(body[: LONGEST_BODY + _MARGIN] if cut else body))
        return clean.encode()[:LONGEST_BODY].decode("utf-8", "ignore") + CUT if cut else clean


def _without(found: re.Match[str]) -> str:
    start, end = found.span("hidden")
    whole, at = found[0], found.start()
    return whole[: start - at] + MASK + whole[end - at :]


def _without_cards(body: bytes) -> str:
    """JSON is redacted as JSON, which lets the ids in it survive; anything else as text."""
    text = body.decode("utf-8", "replace")
    if not contains_card(body):
        return text
    try:
        return numbers.encode(redact_each(numbers.decode(body))).decode()
    except ValueError:
        return redact_text(text)
