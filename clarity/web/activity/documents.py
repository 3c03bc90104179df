"""Kept documents as people read them: indented, coloured, cut when they are huge."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

LONGEST = 200_000
MOST_FIELDS = 400

# On escaped text: a quote is &quot; there, and an escaped quote inside a string is \&quot;.
_TOKEN = re.compile(
    r"(?P<text>&quot;(?:\\.|(?!&quot;)[^\\])*&quot;)(?P<key>\s*:)?"
    r"|(?P<word>\btrue\b|\bfalse\b|\bnull\b)"
    r"|(?P<number>(?<![\w&#;])-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)"
)
# A Decimal goes through json as a text that no content can hold; its quotes come off afterwards.
_MARK = secrets.token_hex(16)
_MARKED = re.compile(rf'"{_MARK}([-+.0-9E]+)"')


def pretty(document: Any) -> SafeString:
    """A JSON value as coloured HTML. Everything in it is escaped."""
    return _coloured(indented(document))


def indented(document: Any) -> str:
    """A JSON value as text a person can read and edit; numbers keep their digits."""
    text = json.dumps(document, indent=2, ensure_ascii=False, default=_digits)
    return _MARKED.sub(r"\1", text)


def pretty_text(body: str) -> SafeString:
    """A request or answer body: as JSON when it is, else as it came."""
    try:
        return pretty(json.loads(body, parse_float=Decimal))
    except ValueError:
        return escape(_cut(body))


def flat(fields: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every value of a document with its path: ("lines[0].sku", "TEE")."""
    if isinstance(fields, dict) and fields:
        for name, value in fields.items():
            yield from flat(value, f"{path}.{name}" if path else str(name))
    elif isinstance(fields, list) and fields:
        for index, value in enumerate(fields):
            yield from flat(value, f"{path}[{index}]")
    else:
        yield path, _shown(fields)


def _shown(value: Any) -> str:
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value in ({}, []) else str(value)


def _digits(value: Any) -> str:
    return f"{_MARK}{value}"


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}\n… {len(text) - LONGEST:,} more"


def _coloured(text: str) -> SafeString:
    def paint(found: re.Match[str]) -> str:
        if found["key"]:
            return f'<span class="j-key">{found["text"]}</span>{found["key"]}'
        kind = "text" if found["text"] else "word" if found["word"] else "number"
        return f'<span class="j-{kind}">{found[0]}</span>'

    # The text was escaped first, and only spans of ours are put around parts of it.
    return mark_safe(_TOKEN.sub(paint, escape(_cut(text))))  # noqa: S308
