"""Whether what is done now is done on a tenant's behalf by one of our people, and by which leave.

Audit entries take the id from here, so no service has to be told.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from uuid import UUID

_active: ContextVar[UUID | None] = ContextVar("clarity_on_behalf", default=None)


def current() -> UUID | None:
    """The deputation under which this code runs, None for people at their own account."""
    return _active.get()


@contextlib.contextmanager
def of(deputation_id: UUID) -> Iterator[None]:
    """Everything inside is done under this deputation."""
    token = _active.set(deputation_id)
    try:
        yield
    finally:
        _active.reset(token)
