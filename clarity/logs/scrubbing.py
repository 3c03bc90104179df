"""Takes out of a line what must never be in a log, whoever wrote it.

Our own lines hold ids only. This is for the words of others: a driver that repeats a row, a library
that shows the value it refused.
"""

from __future__ import annotations

import re

from integrations.connector_kit.masking import redact_secrets
from integrations.connector_kit.redact import redact_text

_REPLACED: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"[\w.+%'-]+(?:@|%40)[\w-]+(?:\.[\w-]+)+"), "[e-mail removed]"),
    # PostgreSQL repeats the row here, pydantic the value.
    (re.compile(r"(DETAIL|CONTEXT):[^\n]*"), r"\1: [removed]"),
    (re.compile(r"input_value=.*?(?=, input_type=)", re.S), "input_value=[removed]"),
    # Whoever has one of these addresses may do what it is for.
    (
        re.compile(
            r"(/(?:enter|invitation|reset|key|confirm-email|alerts/address|erasure)/)[^\s/?\"']+"
        ),
        r"\1[removed]",
    ),
    (re.compile(r"(://[^\s/:@]*):[^\s/@]+@"), r"\1:[secret removed]@"),
    # A line is a line: nothing that was sent may begin another.
    (re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u2028\u2029\u202a-\u202e\u2066-\u2069]"), "?"),
)


def scrubbed(text: str) -> str:
    """The text without e-mail addresses, card numbers, secrets and the rows of others."""
    for pattern, instead in _REPLACED:
        text = pattern.sub(instead, text)
    return redact_text(redact_secrets(text))
