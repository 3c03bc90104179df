"""Partial responses: `fields=items[entity_id,items[sku]],total_count`."""

from __future__ import annotations

from typing import Any

Wanted = dict[str, "Wanted"]


def parsed(text: str) -> Wanted:
    """The names wanted, each with the names wanted below it ({} for all of it)."""
    root: Wanted = {}
    stack = [root]
    name = ""
    for letter in text + ",":
        if letter not in ",[]":
            name += letter
            continue
        word = name.strip()
        name = ""
        if word:
            stack[-1].setdefault(word, {})
        if letter == "[" and word:
            stack.append(stack[-1][word])
        elif letter == "]" and len(stack) > 1:
            stack.pop()
    return root


def chosen(body: Any, wanted: Wanted) -> Any:
    """`body` with nothing but what is wanted; a list is cut row by row."""
    if not wanted:
        return body
    if isinstance(body, list):
        return [chosen(row, wanted) for row in body]
    if not isinstance(body, dict):
        return body
    return {name: chosen(body[name], deeper) for name, deeper in wanted.items() if name in body}
