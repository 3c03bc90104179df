"""Crash points: named places at which a process can be made to kill itself.

They prove that a process may die anywhere: CLARITY_CRASH_AT names one, and the process that comes
to it ends as by `kill -9`, with nothing tidied up. `name:3` means the third time. Without the
setting a crash point does nothing, and production ignores it.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections import Counter

from django.conf import settings

NAMES = (
    "queue-entry-taken",
    "lane-held",
    "notice-stored",
    "before-cursor",
    "after-cursor",
    "items-claimed",
    "after-fetch",
    "after-normalise",
    "delivery-written",
    "item-passed",
    "before-intent",
    "after-intent",
    "before-checkpoint",
    "after-checkpoint",
    "after-call",
    "outcome-written",
    "after-outcome",
    "before-release",
)

_times: Counter[str] = Counter()
_lock = threading.Lock()


def reach(name: str) -> None:
    """Ends the process when CLARITY_CRASH_AT names this place."""
    wanted = settings.CLARITY_CRASH_AT
    if not wanted or wanted.partition(":")[0] != name:
        return
    with _lock:
        _times[name] += 1
        times = _times[name]
    if times == int(wanted.partition(":")[2] or 1):
        # Told before the end, since nothing can be told after it.
        sys.stderr.write(f"crash point {wanted} reached\n")
        sys.stderr.flush()
        os.kill(os.getpid(), signal.SIGKILL)
