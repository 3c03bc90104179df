"""Paths into documents: "shipping.lines[0]", "units[].sku".

`[]` stands for every element of a list, `[2]` for one. A path is parsed once and reused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

MISSING: Any = object()
"""What `read` answers when there is nothing at a path; None is a value."""

EACH = -1
"""The step that stands for every element of a list."""

Step = str | int
_PIECE = re.compile(r"([^.\[\]]+)|\[(\d*)\]")


class BadPath(ValueError):
    """A path that cannot be read."""


@lru_cache(maxsize=4096)
def parse(path: str) -> tuple[Step, ...]:
    """("shipping", "lines", 0) for "shipping.lines[0]". Raises BadPath naming the path."""
    steps: list[Step] = []
    end = 0
    for match in _PIECE.finditer(path):
        between = path[end : match.start()]
        if between not in ("", ".") or (between == "." and end == 0):
            raise BadPath(f"{path!r} is not a path")
        name, index = match.groups()
        steps.append(name if name is not None else int(index) if index else EACH)
        end = match.end()
    if end != len(path) or not steps or not isinstance(steps[0], str):
        raise BadPath(f"{path!r} is not a path")
    return tuple(steps)


def read(document: object, steps: Sequence[Step]) -> Any:
    """The value at a path without `[]`, MISSING when some step leads nowhere."""
    value = document
    for step in steps:
        if isinstance(step, str):
            # The first test is for speed: nearly every value is a plain dict.
            if type(value) is not dict and not isinstance(value, Mapping):
                return MISSING
            value = value.get(step, MISSING)
            if value is MISSING:
                return MISSING
        else:
            if not isinstance(value, (list, tuple)) or step >= len(value):
                return MISSING
            value = value[step]
    return value


def write(document: dict[str, Any], steps: Sequence[Step], value: object) -> None:
    """Sets the value at a path without list steps, making the objects on the way."""
    if len(steps) == 1:
        document[steps[0]] = value  # type: ignore[index] # of one step, so it is a name
        return
    place = document
    for step in steps[:-1]:
        place = place.setdefault(str(step), {})
    place[str(steps[-1])] = value
