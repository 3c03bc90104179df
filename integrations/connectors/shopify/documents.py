"""The GraphQL documents, one file each in queries/, with the fragments they spread."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent / "queries"
_SPREAD = re.compile(r"\.\.\.\s*(?!on\b)(\w+)")


def names() -> list[str]:
    """Every operation this connector can send."""
    return sorted(file.stem for file in _FOLDER.glob("*.graphql"))


@cache
def document(name: str) -> str:
    """The text of an operation followed by each fragment it needs, once."""
    parts = [(_FOLDER / f"{name}.graphql").read_text("utf-8")]
    wanted = _SPREAD.findall(parts[0])
    done: set[str] = set()
    while wanted:
        fragment = wanted.pop(0)
        if fragment in done:
            continue
        done.add(fragment)
        text = (_FOLDER / "fragments" / f"{fragment}.graphql").read_text("utf-8")
        parts.append(text)
        wanted.extend(_SPREAD.findall(text))
    return "\n".join(parts)


@cache
def is_mutation(name: str) -> bool:
    return document(name).lstrip().startswith("mutation")
