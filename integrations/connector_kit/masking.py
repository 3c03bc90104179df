"""Takes tokens and passwords out of text that is going to be kept."""

from __future__ import annotations

import re
from collections.abc import Iterable

MASK = "[secret removed]"

# Names end in one of these: client_secret, X-Shopify-Access-Token, oauth_token. Each is looked for
# as plain text before its pattern is tried, which is what keeps this fast.
_NAMES = (
    "password", "passwd", "passphrase", "secret", "token", "authorization", "hmac", "signature",
    "api_key", "api-key", "apikey", "secret_key", "secretkey", "private_key", "privatekey",
    "access_key", "accesskey", "consumer_key", "consumerkey", "code_verifier", "cookie",
)  # fmt: skip

# What follows a name, up to the value that is removed; all in lower case.
_JSON_TEXT = r"\"\s*:\s*\"(?P<a>(?:[^\"\\]|\\.)+)"
_JSON_IN_TEXT = r"\\+\"\s*:\s*\\+\"(?P<e>(?:(?!\\+\").)+)"
_JSON_NUMBER = r"\\*\"\s*:\s*(?P<b>[0-9][0-9.]*)"
_FORM = r"\]?\s?(?:=|%3d)\s?\\*[\"']?(?P<c>[^&\s\"'<>,;\\]+)"
_ELEMENT = r"(?:\s[^<>]*)?>(?P<d>[^<]+)"

_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    *(
        (
            name,
            re.compile(
                rf"{name}(?:{_JSON_TEXT}|{_JSON_IN_TEXT}|{_JSON_NUMBER}|{_FORM}|{_ELEMENT})"
            ),
        )
        for name in _NAMES
    ),
    *(
        (f"-{name}", re.compile(rf"-{name}\s*:\s*(?P<a>[^\r\n\"]+)"))
        for name in ("token", "secret", "key", "authorization", "hmac-sha256")
    ),
    ("authorization", re.compile(r"authorization\s*:\s*(?P<a>[^\r\n\"]+)")),
    ("bearer ", re.compile(r"bearer (?P<a>[a-z0-9._~+/=-]{8,})")),
    ("basic ", re.compile(r"basic (?P<a>(?=[^\s\"]*[0-9=])[a-z0-9._~+/=-]{12,})")),
    # Forms that are recognised wherever they stand: Shopify's tokens, and JSON web tokens.
    ("shp", re.compile(r"(?<![a-z0-9])(?P<a>shp[a-z]{2}_[0-9a-z]{16,})")),
    ("eyj", re.compile(r"(?<![a-z0-9])(?P<a>eyj[\w-]{8,}\.[\w-]{4,}(?:\.[\w-]*)?)")),
)
_SECRET_HEADER = re.compile(r"authori[sz]ation|token|secret|key|cookie|hmac|signature", re.I)


def redact_secrets(text: str) -> str:
    """`text` with the values of known secret names, and known token forms, replaced by a mark."""
    lowered = _lowered(text)
    for word, pattern in _PATTERNS:
        if word in lowered:
            text = _masked(text, lowered, pattern)
            lowered = _lowered(text)
    return text


def redact_headers(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Headers with the values of those that carry a secret replaced by a mark."""
    return [
        (name, MASK if _SECRET_HEADER.search(name) else redact_secrets(value))
        for name, value in headers
    ]


def _masked(text: str, lowered: str, pattern: re.Pattern[str]) -> str:
    pieces: list[str] = []
    at = 0
    for match in pattern.finditer(lowered):
        start, end = match.span(match.lastgroup or 0)
        if text.startswith(MASK, start):
            continue
        pieces += text[at:start], MASK
        at = end
    return "".join([*pieces, text[at:]])


def _lowered(text: str) -> str:
    """Lower case with every character in its place; a few grow by one when they are lowered."""
    lowered = text.lower()
    if len(lowered) == len(text):
        return lowered
    return "".join(low if len(low := letter.lower()) == 1 else letter for letter in text)
