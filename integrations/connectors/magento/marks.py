"""The marks in comments that say which record of the point of sale something was made for.

Magento has no idempotency keys. What we write bears a mark in its comment, and is found again by it
when an answer was lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

RETURN, SHIPMENT = "return", "shipment"
_MARK = re.compile(r"\[clarity (return|shipment) ([^\]\s]+)\]")


def comment_of(kind: str, key: str, words: str) -> str:
    """What a person reads, and the mark. `key`: id of the record at the point of sale."""
    return f"{words} [clarity {kind} {key}]"


def marks(document: Mapping[str, Any], kind: str) -> set[str]:
    """Keys that the comments of a shipment, invoice or credit memo name."""
    return {key for text in _texts(document) for word, key in _MARK.findall(text) if word == kind}


def is_ours(document: Mapping[str, Any]) -> bool:
    """Whether we made it, for a record of the point of sale."""
    return any(_MARK.search(text) for text in _texts(document))


def _texts(document: Mapping[str, Any]) -> Iterator[str]:
    for row in document.get("comments") or ():
        yield str(row.get("comment") or "")
    yield str(document.get("customer_note") or "")
