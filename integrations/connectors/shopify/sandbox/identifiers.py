"""Shopify's global ids, and numbers of the size Shopify uses, the same at every start."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

_GID = re.compile(r"gid://shopify/([A-Za-z]+)/([0-9]+)(?:\?(.*))?")

# Shopify's own numbers of one kind are multiples of this apart.
_STEP = 32768


@dataclass(frozen=True)
class Gid:
    """A global id taken apart; `query` is the part after the question mark."""

    kind: str
    number: int
    query: str = ""


def gid(kind: str, number: int) -> str:
    return f"gid://shopify/{kind}/{number}"


def parse_gid(text: str) -> Gid | None:
    """The parts of a global id, None when `text` is not one that names a number."""
    found = _GID.fullmatch(text)
    if found is None:
        return None
    return Gid(found[1], int(found[2]), found[3] or "")


def number_of(text: str, *kinds: str) -> int | None:
    """The number in a global id of one of `kinds`, None for anything else."""
    parts = parse_gid(text)
    return parts.number if parts is not None and parts.kind in kinds else None


def digest(*parts: str) -> str:
    """64 hex digits that depend on `parts` alone: tokens that survive a restart of the sandbox."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


class Numbers:
    """Hands out rising numbers of 13 and 14 digits, one row for each kind of thing."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._last: dict[str, int] = {}

    def next(self, kind: str) -> int:
        last = self._last.get(kind)
        if last is None:
            spread = int(digest(self._seed, kind)[:12], 16)
            last = 6_000_000_000_000 + spread % 40_000_000_000_000
        self._last[kind] = last + _STEP
        return self._last[kind]
