"""Whether this installation's workers were asked to stop, told to every one of their processes.

django-q2 tells its workers nothing while they work: it stops handing out tasks and waits. A slice
that worked on for its 20 seconds would be cut off; told, it finishes its calls and gives the lane
back. The flag is one byte of memory that the worker processes share with the process they are
forked from. It has no lock, since a killed process would leave that locked for ever.
"""

from __future__ import annotations

import mmap

_told = mmap.mmap(-1, 1)


def tell(*, is_stopping: bool = True) -> None:
    """Asks every process forked since this module was imported to come to an end."""
    _told[0] = 1 if is_stopping else 0


def is_told() -> bool:
    """Whether nothing new should be begun."""
    return _told[0] != 0
