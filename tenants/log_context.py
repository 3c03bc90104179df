"""Whom a log line speaks of: ids that every line of a request or of a turn of a lane carries.

Ids only: no name, no address, no text that came from outside.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from types import MappingProxyType

_NOTHING: Mapping[str, str] = MappingProxyType({})
_ids: ContextVar[dict[str, str] | None] = ContextVar("clarity_log_context", default=None)


def ids() -> Mapping[str, str]:
    """The ids in force, by name, such as request_id, tenant_id, lane."""
    return _ids.get() or _NOTHING


@contextlib.contextmanager
def during(**named: object) -> Iterator[None]:
    """Lines written in the block carry these ids, and those around it."""
    token = _ids.set({**ids(), **{name: str(value) for name, value in named.items()}})
    try:
        yield
    finally:
        _ids.reset(token)


def add(**named: object) -> None:
    """More ids for the rest of the block that is open; nothing happens outside of one."""
    found = _ids.get()
    if found is not None:
        found.update({name: str(value) for name, value in named.items()})
