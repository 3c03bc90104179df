"""Does a view's work once more when the database undid it to end a deadlock."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import OperationalError
from psycopg.errors import DeadlockDetected

P = ParamSpec("P")
T = TypeVar("T")


def once_more(view: Callable[P, T]) -> Callable[P, T]:
    """A view that changes rows which workers change too. It must open its own transaction."""

    @wraps(view)
    def again(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return view(*args, **kwargs)
        except OperationalError as error:
            if not isinstance(error.__cause__, DeadlockDetected):
                raise
        return view(*args, **kwargs)

    return again
