"""The mark in the note of a refund that says which return at the till it was made for."""

from __future__ import annotations

import re

_MARK = re.compile(r"\[clarity return ([^\]\s]+)\]")


def note_of(number: str, key: str, text: str = "") -> str:
    """The note: what a person reads, and the mark. `key` is the id of the return at the till."""
    words = text or f"Return {number or key} at the till"
    return f"{words} [clarity return {key}]"


def marked(note: str | None) -> str:
    """The id of the return the note speaks of, "" when it bears no mark."""
    found = _MARK.search(note or "")
    return found[1] if found else ""


def is_ours(note: str | None) -> bool:
    return bool(marked(note))
